"""Files of records: JSON Lines, JSON, CSV and Parquet, read into datasets and written from them."""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any, Literal

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from spanlake.errors import UserError
from spanlake.storage.catalog.dataset_record import DatasetRecord, NewRecord, read_record
from spanlake.storage.datasets.rows import ALL_COLUMNS, RecordColumns, text_rows

FileFormat = Literal["jsonl", "json", "csv", "parquet"]
FILE_FORMATS: tuple[FileFormat, ...] = ("jsonl", "json", "csv", "parquet")

_ENDINGS: dict[str, FileFormat] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_BATCH = 10_000
_TEXT = pa.string()
# What an export has of a record; in a table the objects are JSON text.
_EXPORTED = pa.schema(
    [
        ("record_id", _TEXT),
        ("inputs", _TEXT),
        ("outputs", _TEXT),
        ("expectations", _TEXT),
        ("tags", _TEXT),
        ("split", _TEXT),
        ("source", _TEXT),
    ]
)


def format_of(path: Path) -> FileFormat:
    """The format that a file's name says. Raises UserError."""
    try:
        return _ENDINGS[path.suffix.lower()]
    except KeyError:
        raise UserError(
            f"FILE is {path}: must end with {', '.join(_ENDINGS)}; or say what it is with --format"
        ) from None


def read_file(
    path: Path, output_format: FileFormat, columns: RecordColumns = ALL_COLUMNS
) -> Iterator[NewRecord]:
    """The records of a file, as it is read.

    Raises UserError for a file that cannot be read, and for a record that is none, by its line.
    """
    try:
        with path.open("rb") as file:
            yield from read_stream(file, str(path), output_format, columns)
    except OSError as error:
        raise UserError(
            f"FILE is {path}: cannot be read ({error.strerror or error}); name another"
        ) from None


def read_stream(
    file: IO[bytes], name: str, output_format: FileFormat, columns: RecordColumns = ALL_COLUMNS
) -> Iterator[NewRecord]:
    """The records of an open file. name: what the user knows it as. Raises as `read_file` does."""
    try:
        match output_format:
            case "jsonl":
                yield from _json_lines(file, name, columns)
            case "json":
                rows = _json_array(file.read(), name)
                yield from _read(rows, columns, name, first=1, unit="element")
            case "csv":
                yield from _csv(file, name, columns)
            case "parquet":
                yield from _parquet(file, name, columns)
    except (UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
        raise UserError(
            f"FILE is {name}: is no {output_format} ({error}); say what it is with --format"
        ) from None


def write_records(
    records: Iterable[DatasetRecord], output_format: FileFormat, sink: IO[bytes]
) -> int:
    """Write records as they come; how many there were. Merged again they change nothing."""
    rows = (_exported(record) for record in records)
    match output_format:
        case "jsonl":
            return _write_lines(rows, sink)
        case "json":
            return _write_array(rows, sink)
        case "csv":
            return _write_csv(rows, sink)
        case "parquet":
            return _write_parquet(rows, sink)


def _json_lines(file: IO[bytes], name: str, columns: RecordColumns) -> Iterator[NewRecord]:
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise UserError(
                f"FILE is {name}: line {number} is no JSON ({error}); correct it"
            ) from None
        yield from _read([row], columns, name, first=number, unit="line")


def _json_array(content: bytes, name: str) -> list[Any]:
    try:
        rows = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise UserError(f"FILE is {name}: is no JSON ({error}); correct it") from None
    if not isinstance(rows, list):
        raise UserError(f"FILE is {name}: must be an array of records, or have one a line (.jsonl)")
    return rows


def _csv(file: IO[bytes], name: str, columns: RecordColumns) -> Iterator[NewRecord]:
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    try:
        reader = csv.DictReader(text, strict=True)
        # An empty cell is no value.
        rows = ({key: cell for key, cell in row.items() if cell} for row in reader)
        for record in text_rows(rows, reader.fieldnames or (), columns):
            yield read_record(record, f"line {reader.line_num} of {name}")
    finally:
        text.detach()  # the file is the caller's to close


def _parquet(file: IO[bytes], name: str, columns: RecordColumns) -> Iterator[NewRecord]:
    stored = pq.ParquetFile(file if file.seekable() else io.BytesIO(file.read()))
    rows = (row for batch in stored.iter_batches(_BATCH) for row in batch.to_pylist())
    records = text_rows(rows, stored.schema_arrow.names, columns)
    for number, record in enumerate(records, start=1):
        yield read_record(record, f"row {number} of {name}")


def _read(
    rows: Iterable[Any], columns: RecordColumns, name: str, *, first: int, unit: str
) -> Iterator[NewRecord]:
    """Records of JSON, in which null is said."""
    for number, row in enumerate(rows, start=first):
        typed = f"{unit} {number} of {name}"
        if columns.is_given and isinstance(row, dict):
            (row,) = text_rows([row], row, columns)  # noqa: PLW2901  # the same row, arranged
        yield read_record(row, typed)


def _exported(record: DatasetRecord) -> dict[str, Any]:
    """A record as plain JSON values, without what it does not say."""
    source = record.source
    ids = {"trace_id": source.trace_id, "span_id": source.span_id, "session_id": source.session_id}
    return {
        "record_id": record.record_id,
        "inputs": record.inputs,
        **({} if record.outputs is None else {"outputs": record.outputs}),
        **({"expectations": record.expectations} if record.expectations else {}),
        **({"tags": record.tags} if record.tags else {}),
        **({} if record.split is None else {"split": record.split}),
        "source": {
            "source_type": source.source_type,
            **{key: value for key, value in ids.items() if value is not None},
        },
    }


def _write_lines(rows: Iterable[dict[str, Any]], sink: IO[bytes]) -> int:
    count = 0
    for row in rows:
        sink.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
        count += 1
    return count


def _write_array(rows: Iterable[dict[str, Any]], sink: IO[bytes]) -> int:
    count = 0
    for row in rows:
        sink.write((b",\n" if count else b"[") + orjson.dumps(row))
        count += 1
    sink.write(b"]\n" if count else b"[]\n")
    return count


def _as_cells(row: dict[str, Any]) -> dict[str, str]:
    plain = ("record_id", "split")
    return {key: each if key in plain else orjson.dumps(each).decode() for key, each in row.items()}


def _write_csv(rows: Iterable[dict[str, Any]], sink: IO[bytes]) -> int:
    text = io.TextIOWrapper(sink, "utf-8", newline="", write_through=True)
    writer = csv.DictWriter(text, _EXPORTED.names, restval="", lineterminator="\n")
    writer.writeheader()
    count = 0
    for row in rows:
        writer.writerow(_as_cells(row))
        count += 1
    text.detach()  # the sink is the caller's to close
    return count


def _write_parquet(rows: Iterable[dict[str, Any]], sink: IO[bytes]) -> int:
    iterator = map(_as_cells, rows)
    count = 0
    with pq.ParquetWriter(sink, _EXPORTED, compression="zstd") as writer:
        while batch := list(islice(iterator, _BATCH)):
            writer.write_table(pa.Table.from_pylist(batch, _EXPORTED))
            count += len(batch)
    return count
