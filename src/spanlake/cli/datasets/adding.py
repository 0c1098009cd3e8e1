"""The commands of `spanlake datasets` that add records: from files and from traces."""

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spanlake.cli.datasets.options import (
    Expectations,
    FileFormatOption,
    Inputs,
    Name,
    Note,
    Outputs,
    RecordFile,
    Tags,
    record_columns,
)
from spanlake.cli.output import DataOption, FormatOption, print_json
from spanlake.quantities import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from spanlake.storage.catalog.catalog import Catalog
    from spanlake.storage.catalog.dataset_merge import Merged
    from spanlake.storage.catalog.dataset_record import NewRecord
    from spanlake.storage.datasets.rows import RecordColumns


def add(  # noqa: PLR0913  # a flag each
    name: Name,
    file: RecordFile,
    *,
    inputs: Inputs = None,
    outputs: Outputs = None,
    expectations: Expectations = None,
    tags: Tags = None,
    file_format: FileFormatOption = None,
    note: Note = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Merge the records of a file into a dataset, all or none, as its next version."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.datasets import get_dataset

    columns = record_columns(inputs, outputs, expectations, tags)
    with open_catalog(data) as catalog:
        get_dataset(catalog, name)
        merged = _merge(catalog, name, _records(file, file_format, columns), note)
    _say(name, merged, output_format)


def import_(  # noqa: PLR0913  # a flag each
    name: Name,
    file: RecordFile,
    *,
    inputs: Inputs = None,
    outputs: Outputs = None,
    expectations: Expectations = None,
    tags: Tags = None,
    file_format: FileFormatOption = None,
    description: Annotated[str | None, typer.Option(help="What it is about.")] = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Make a new dataset of the records of a file, such as an export."""
    from spanlake.cli.catalog import open_catalog
    from spanlake.storage.catalog.datasets import create_dataset, delete_dataset

    columns = record_columns(inputs, outputs, expectations, tags)
    with open_catalog(data) as catalog:
        made = create_dataset(catalog, name, description=description)
        try:
            merged = _merge(catalog, name, _records(file, file_format, columns), None)
        except BaseException:
            delete_dataset(catalog, made.dataset_id)
            raise
    _say(name, merged, output_format)


def from_traces(  # noqa: PLR0913  # a flag each
    name: Name,
    *,
    where: Annotated[
        str | None,
        typer.Option(metavar="SQL", help="Condition on columns of the view traces."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="30m, 24h, 7d, 2w ago, or a date such as 2026-11-21.")
    ] = None,
    session: Annotated[str | None, typer.Option(help="Only those of a session.")] = None,
    sessions: Annotated[
        bool, typer.Option("--sessions", help="A record a session, not a trace.")
    ] = False,
    sample: Annotated[float, typer.Option(help="The share to take, above 0 and at most 1.")] = 1.0,
    limit: Annotated[int | None, typer.Option(min=1, help="How many at most.")] = None,
    note: Note = None,
    data: DataOption = None,
    output_format: FormatOption = "table",
) -> None:
    """Merge stored traces into a dataset, which is made if it is new; expectations come along."""
    from datetime import UTC, datetime

    import spanlake
    from spanlake.cli.catalog import open_catalog
    from spanlake.cli.since import parse_since
    from spanlake.errors import NotFoundError
    from spanlake.storage.catalog.datasets import create_dataset, get_dataset
    from spanlake.storage.datasets.traces import records_from_traces
    from spanlake.storage.traces import TraceFilter

    chosen = TraceFilter(
        where=where,
        since=None if since is None else parse_since(since, now=datetime.now(UTC)),
        session_id=session,
    )
    with spanlake.connect(data) as lake, open_catalog(data) as catalog:
        records = records_from_traces(
            lake,
            chosen,
            granularity="session" if sessions else "trace",
            sample=sample,
            limit=limit,
        )
        first = list(_first(records))
        try:
            get_dataset(catalog, name)
        except NotFoundError:
            create_dataset(catalog, name)
        merged = _merge(catalog, name, [*first, *records], note)
    _say(name, merged, output_format)


def _first(records: "Iterator[NewRecord]") -> "Iterator[NewRecord]":
    """The first record, read before a dataset is made: what is wrong with the query shows here."""
    for record in records:
        yield record
        return


def _records(
    file: Path, file_format: FileFormatOption, columns: "RecordColumns"
) -> "Iterator[NewRecord]":
    from spanlake.storage.datasets.files import format_of, read_file, read_stream

    if str(file) == "-":
        return read_stream(sys.stdin.buffer, "-", file_format or "jsonl", columns)
    return read_file(file, file_format or format_of(file), columns)


def _merge(
    catalog: "Catalog", name: str, records: "Iterable[NewRecord]", note: str | None
) -> "Merged":
    from spanlake.storage.catalog.dataset_merge import merge_records

    with _progress() as told:
        return merge_records(catalog, name, records, note=note, progress=told)


@contextmanager
def _progress() -> "Iterator[Callable[[int], None]]":
    from spanlake.cli.progress import CountProgress

    with CountProgress("records") as progress:
        yield progress


def _say(name: str, merged: "Merged", output_format: FormatOption) -> None:
    if output_format == "json":
        print_json([{"dataset": name, **_as_json(merged)}])
        return
    typer.echo(
        f"{name}@{merged.version}: {counted(merged.added, 'record')} added, "
        f"{merged.changed:,} changed, {merged.unchanged:,} unchanged"
    )


def _as_json(merged: "Merged") -> dict[str, int]:
    from dataclasses import asdict

    return asdict(merged)
