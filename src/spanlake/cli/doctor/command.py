"""`spanlake doctor`."""

from typing import TYPE_CHECKING

import typer

from spanlake.cli.output import DataOption, FormatOption, console, print_json, printable

if TYPE_CHECKING:
    from rich.table import Table

    from spanlake.cli.doctor.check import Check


def doctor(*, data: DataOption = None, output_format: FormatOption = "table") -> None:
    """Check this machine, the data directory and the ports; exit 1 if something must be mended."""
    from spanlake.cli.doctor.bucket import check_bucket
    from spanlake.cli.doctor.catalog import check_catalog
    from spanlake.cli.doctor.check import Verdict
    from spanlake.cli.doctor.directory import check_directory
    from spanlake.cli.doctor.machine import check_machine
    from spanlake.cli.doctor.serving import check_serving
    from spanlake.cli.doctor.stored import check_stored
    from spanlake.config import data_path
    from spanlake.storage.files.object_path import ObjectPath, path_of

    root = path_of(data_path(data))
    checks = [
        *check_machine(),
        *(check_bucket(root) if isinstance(root, ObjectPath) else check_directory(root)),
        *check_stored(root),
        *check_catalog(root),
        *check_serving(data),
    ]
    if output_format == "json":
        print_json(checks)
    else:
        console().print(_table(checks))
    if any(check.verdict is Verdict.FAIL for check in checks):
        raise typer.Exit(1)


def _table(checks: "list[Check]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    styles = {"ok": "green", "warn": "yellow", "fail": "bold red"}
    table = Table.grid(padding=(0, 2))
    for check in checks:
        finding = Text(printable(check.fact))
        if check.next_step:
            finding.append(f"\n→ {printable(check.next_step)}", style="bold")
        table.add_row(Text(check.verdict.value, styles[check.verdict]), Text(check.name), finding)
    return table
