"""`spanlake renormalize`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spanlake.cli.output import DataOption, FormatOption, print_json
from spanlake.cli.progress import FileProgress
from spanlake.errors import UserError
from spanlake.quantities import counted

if TYPE_CHECKING:
    from spanlake.semconv.normalise import Normaliser
    from spanlake.storage.renormalize import DamagedFile, Renormalized


def renormalize(
    *,
    since: Annotated[
        str | None,
        typer.Option(
            help="Only files with a span or log record since then: "
            "30m, 24h, 7d, 2w ago, or a date such as 2026-11-21."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Also files that are up to date.")] = False,
    config: Annotated[
        Path | None,
        typer.Option(
            help="Configuration file, for processors.genai.",
            show_default="./otel-config.yaml if there, else built in",
        ),
    ] = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Derive the columns of stored data anew, after an upgrade. A server may be running."""
    from datetime import UTC, datetime

    import spanlake
    from spanlake.cli.since import parse_since
    from spanlake.storage.renormalize import Selection
    from spanlake.storage.renormalize import renormalize as renormalize_files

    selection = Selection(
        since=None if since is None else parse_since(since, now=datetime.now(UTC)), force=force
    )
    normaliser = _normaliser(config, data)
    with spanlake.connect(data) as lake:
        layout = lake.layout
    with FileProgress() as progress:
        done = renormalize_files(layout, normaliser, selection, progress=progress)
    if output_format == "json":
        print_json([_counts(done)])
    else:
        typer.echo(_sentence(done))
    if done.damaged:
        raise UserError(_what_is_damaged(done.damaged))


def _normaliser(config: Path | None, data: str | None) -> "Normaliser":
    """What the server would map spans with that is started like this."""
    from spanlake.cli.catalog import price_book
    from spanlake.config import Overrides, load_settings
    from spanlake.semconv.normalise import Normaliser, general_normaliser
    from spanlake.semconv.tables import load_dialects

    # Where it would listen does not matter here, so nothing there is to be refused.
    settings = load_settings(config, Overrides(data=data, allow_unauthenticated=True))
    traces = settings.service.pipelines.traces
    if traces is not None and "genai" in traces.processors:
        book = price_book(data, settings.extensions.spanlake_catalog.url)
        prices = settings.processors.genai.prices
        return Normaliser(load_dialects(), prices=prices, book=lambda: book)
    return general_normaliser()


def _counts(done: "Renormalized") -> dict[str, int]:
    return {
        "files": done.files,
        "spans": done.spans,
        "logs": done.logs,
        "skipped": done.skipped,
        "damaged": len(done.damaged),
    }


def _sentence(done: "Renormalized") -> str:
    rows = f"{counted(done.spans, 'span')} and {counted(done.logs, 'log record')}"
    return f"renormalized {rows} in {counted(done.files, 'file')}; {done.skipped:,} skipped"


def _what_is_damaged(damaged: "tuple[DamagedFile, ...]") -> str:
    first, *others = damaged
    more = f", nor can {counted(len(others), 'other')}" if others else ""
    return (
        f"{first.path} cannot be read ({first.reason}){more}; all other files are done: "
        "restore it from a backup, or move it out of the data directory (`spanlake doctor`)"
    )
