"""A query's answer in the formats that people read and other programs load."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Literal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from spanlake.errors import UserError
from spanlake.storage.results.columns import as_text, is_number, unique_names
from spanlake.storage.results.json import json_rows

ResultFormat = Literal["json", "jsonl", "csv", "parquet", "arrow"]

# That a double holds of any decimal number.
_DIGITS = 15
_NEEDS_QUOTES = re.compile(r'[",\r\n]')


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of an answer, as text, doubles to fifteen digits; None for NULL.

    numeric: for each column, whether it holds numbers. is_all: there are no further rows.
    """

    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str | None, ...], ...]
    is_all: bool


def preview(relation: duckdb.DuckDBPyRelation, *, limit: int) -> Preview:
    """Run the query as far as its first `limit` rows need."""
    rows = as_text(relation.limit(limit + 1)).fetchall()
    doubles = [kind.id == "double" for kind in relation.types]
    return Preview(
        columns=tuple(relation.columns),
        numeric=tuple(map(is_number, relation.types)),
        rows=tuple(
            tuple(_rounded(text) if told else text for text, told in zip(row, doubles, strict=True))
            for row in rows[:limit]
        ),
        is_all=len(rows) <= limit,
    )


def _rounded(double: str | None) -> str | None:
    """0.1 + 0.2 is 0.3 to people. NULL, nan and what has fewer digits stay as they are."""
    if double is None or len(double) <= _DIGITS:
        return double
    return str(float(f"{float(double):.{_DIGITS}g}"))


def write_result(
    relation: duckdb.DuckDBPyRelation, output_format: ResultFormat, sink: IO[bytes]
) -> None:
    """Run the query, and write all rows as they come. UserError for a type the format lacks."""
    try:
        _WRITERS[output_format](relation, sink)
    except (pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise UserError(
            f"{output_format} cannot hold this answer ({error}); cast the column in the query"
        ) from None


def _write_json(relation: duckdb.DuckDBPyRelation, sink: IO[bytes]) -> None:
    separator = b"["
    for row in json_rows(relation):
        sink.write(separator + row)
        separator = b",\n"
    sink.write(b"[]\n" if separator == b"[" else b"]\n")


def _write_jsonl(relation: duckdb.DuckDBPyRelation, sink: IO[bytes]) -> None:
    for row in json_rows(relation):
        sink.write(row + b"\n")


def _write_csv(relation: duckdb.DuckDBPyRelation, sink: IO[bytes]) -> None:
    """With a header; NULL is nothing, and the empty text is in quotes."""
    sink.write(_csv_line(unique_names(relation.columns)))
    for row in as_text(relation).iter_rows():
        sink.write(_csv_line(row))


def _csv_line(values: Iterable[str | None]) -> bytes:
    return (",".join(map(_csv_field, values)) + "\n").encode()


def _csv_field(value: str | None) -> str:
    if value is None:
        return ""
    if value and not _NEEDS_QUOTES.search(value):
        return value
    return '"' + value.replace('"', '""') + '"'


def _write_parquet(relation: duckdb.DuckDBPyRelation, sink: IO[bytes]) -> None:
    reader = relation.to_arrow_reader()
    schema = _with_unique_names(reader.schema)
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for batch in _batches(reader):
            writer.write_batch(batch.rename_columns(schema.names))


def _write_arrow(relation: duckdb.DuckDBPyRelation, sink: IO[bytes]) -> None:
    """As an IPC stream."""
    reader = relation.to_arrow_reader()
    schema = _with_unique_names(reader.schema)
    with pa.ipc.new_stream(sink, schema) as writer:
        for batch in _batches(reader):
            writer.write_batch(batch.rename_columns(schema.names))


def _batches(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """All batches; through Arrow what DuckDB raises meanwhile is an OSError, and is ours to tell.

    Raises duckdb.Error like a query that fails earlier.
    """
    try:
        yield from reader
    except OSError as error:
        kind = duckdb.InterruptException if "INTERRUPT" in str(error) else duckdb.Error
        raise kind(str(error)) from None


def _with_unique_names(schema: pa.Schema) -> pa.Schema:
    names = unique_names(schema.names)
    return pa.schema([field.with_name(name) for field, name in zip(schema, names, strict=True)])


_WRITERS: dict[ResultFormat, Callable[[duckdb.DuckDBPyRelation, IO[bytes]], None]] = {
    "json": _write_json,
    "jsonl": _write_jsonl,
    "csv": _write_csv,
    "parquet": _write_parquet,
    "arrow": _write_arrow,
}
