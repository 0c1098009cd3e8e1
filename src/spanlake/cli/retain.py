"""`spanlake retain`."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, print_json
from spanlake.cli.progress import FileProgress
from spanlake.errors import UserError
from spanlake.quantities import counted

if TYPE_CHECKING:
    from datetime import timedelta

    from spanlake.storage.retention import Keep

_SIZE = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?) ?(?P<unit>[KMGT]?)i?B?", re.IGNORECASE)
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_KEPT = ("errors", "assessed")
# What the rows of the tables are called.
_ROWS = {"spans": "span", "logs": "log record", "metrics": "data point"}


def retain(
    *,
    max_age: Annotated[
        str | None, typer.Option(help="Remove days that are older, such as 30d or 12w.")
    ] = None,
    max_size: Annotated[
        str | None,
        typer.Option(help="Remove the oldest days until the rest is smaller, such as 50GB."),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(help="Traces that stay however old: errors, assessed. May be given twice."),
    ] = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Remove old spans, log records and metrics for good. A server may be running.

    `spanlake serve` does so by itself if exporters.lake.retention says what is too old. Assessments
    stay: they go with their trace when it is deleted.
    """
    from datetime import UTC, datetime

    import spanlake
    from spanlake.cli.access_catalog import whoever_runs_this
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.audit_log import record_alone, rows_retained
    from spanlake.storage.retention import Retention
    from spanlake.storage.retention import retain as retain_files
    from spanlake.storage.upkeep import Upkeep

    if max_age is None and max_size is None:
        raise UserError("retain needs --max-age, --max-size or both: say what is too old")
    policy = Retention(
        max_age=None if max_age is None else _age(max_age),
        max_bytes=None if max_size is None else _bytes(max_size),
        keep=_kept(keep or []),
    )
    with spanlake.connect(data) as lake:
        layout = lake.layout
    upkeep = Upkeep(layout)
    with FileProgress() as progress:
        for table in _ROWS:
            upkeep.run(table)
        done = retain_files(layout, policy, now=datetime.now(UTC), progress=progress)
    if done.days:
        with open_catalog(data) as catalog:
            record_alone(catalog, [rows_retained(whoever_runs_this(), done)])
    if output_format == "json":
        days = [day.isoformat() for day in done.days]
        print_json([{**done.rows, "freed_bytes": done.freed_bytes, "days": days}])
    elif not done.days:
        typer.echo("nothing is too old")
    else:
        rows = ", ".join(counted(done.rows[table], noun) for table, noun in _ROWS.items())
        typer.echo(
            f"removed {rows} of {counted(len(done.days), 'day')}; "
            f"{done.freed_bytes / 1e6:,.1f} MB are free again"
        )


def _age(text: str) -> "timedelta":
    from datetime import UTC, datetime

    from spanlake.cli.since import parse_since

    now = datetime.now(UTC)
    return now - parse_since(text, now=now, flag="--max-age")


def _bytes(text: str) -> int:
    found = _SIZE.fullmatch(text.strip())
    if not found:
        raise UserError(f"--max-size is {text}: must be a size such as 500MB or 50GB")
    return int(float(found["number"]) * _UNITS[found["unit"].upper()])


def _kept(names: list[str]) -> "tuple[Keep, ...]":
    for name in names:
        if name not in _KEPT:
            raise UserError(f"--keep is {name}: must be {' or '.join(_KEPT)}")
    return tuple(rule for rule in _KEPT if rule in names)  # type: ignore[misc]  # checked above
