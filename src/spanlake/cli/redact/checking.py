"""`spanlake redact check`: what redaction would find in what is stored already."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, console, print_json
from spanlake.cli.progress import FileProgress

if TYPE_CHECKING:
    from spanlake.collector.redaction.processor import Redactor
    from spanlake.config import RedactProcessor
    from spanlake.storage.lake import Lake


def check(
    *,
    config: Annotated[
        Path | None,
        typer.Option(help="A file with processors.redact.", show_default="./otel-config.yaml"),
    ] = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Count what the rules would find in everything that is stored, and change nothing."""
    from rich.table import Table

    import spanlake
    from spanlake.collector.redaction.processor import Redactor
    from spanlake.config import Overrides, data_path, load_settings

    settings = load_settings(config, Overrides()).processors.redact
    redactor = Redactor.in_lake(_dry(settings), Path(data_path(data)))
    with spanlake.connect(data) as lake, FileProgress() as progress:
        found, rows = _counted(lake, redactor, progress)
    ordered = sorted(found, key=lambda each: (-found[each], each))
    if output_format == "json":
        print_json(
            [
                {
                    "signal": signal,
                    "rule": rule,
                    "findings": found[signal, rule],
                    "rows": rows[signal, rule],
                }
                for signal, rule in ordered
            ]
        )
        return
    if not ordered:
        typer.echo("nothing would be redacted")
        return
    table = Table("signal", "rule", "findings", "rows", box=None, pad_edge=False)
    for signal, rule in ordered:
        table.add_row(signal, rule, f"{found[signal, rule]:,}", f"{rows[signal, rule]:,}")
    console().print(table)


def _dry(settings: "RedactProcessor") -> "RedactProcessor":
    return settings.model_copy(update={"dry_run": True})


def _counted(
    lake: "Lake", redactor: "Redactor", progress: FileProgress
) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """Findings, and rows with any, by signal and rule."""
    from spanlake.collector.redaction.processor import DRY_RUN
    from spanlake.storage.raw_rows import count_rows, raw_rows
    from spanlake.storage.schema import TABLE_OF

    found: Counter[tuple[str, str]] = Counter()
    rows: Counter[tuple[str, str]] = Counter()
    total = sum(count_rows(lake, table) for table in TABLE_OF.values())
    done = 0
    for signal, table in TABLE_OF.items():
        for part in raw_rows(lake, table):
            progress(done, total)
            done += len(part)
            for of_row in redactor.rows(signal, part)["redactions"].to_pylist():
                for name, count in of_row or ():
                    key = (str(signal), name.removeprefix(DRY_RUN))
                    found[key] += count
                    rows[key] += 1
    return found, rows
