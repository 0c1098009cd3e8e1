"""One Parquet file in memory: the layout of its columns, and the requests it answers for."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from spanlake.entities import Receipt
from spanlake.errors import SpanlakeError
from spanlake.semconv.columns import TEXT_COLUMNS
from spanlake.storage.digest import DIGEST_KEY, DIGEST_PLACEHOLDER, with_digest
from spanlake.storage.files.stores import store_of

_REQUESTS_KEY = b"spanlake.requests"
# A column of distinct values gains nothing from a dictionary but the time to give it up.
_DISTINCT = frozenset(
    {
        "trace_id",
        "span_id",
        "start_time",
        "end_time",
        "start_time_ns",
        "end_time_ns",
        "time",
        "time_ns",
        "response_id",
        "tool_call_id",
        "record_id",
        "assessment_id",
        "content_digest",
        "body",
        "attributes.key_value.value",
        *TEXT_COLUMNS,
    }
)
_LOOKED_UP = ("trace_id",)
_SEALED_LEVEL = 3
# Pages far larger than usual: texts repeat within a trace, and compression sees only one page.
_PAGE_BYTES = 8 << 20
# A lone request's commit spends more on zstd's set-up, a column at a time, than on all the rest.
_SMALL_BYTES = 128 << 10


class DamagedFileError(SpanlakeError):
    """A file is not what was once written to it."""


class StoredRequest(NamedTuple):
    """A request that a file holds the items of. digest: hex, of its protobuf bytes."""

    digest: str
    receipt: Receipt


def encode(
    table: pa.Table, requests: Sequence[StoredRequest], *, compression_level: int
) -> pa.Buffer:
    """The bytes of a Parquet file of `table` that names the requests it came with."""
    small = table.nbytes < _SMALL_BYTES
    sink = pa.BufferOutputStream()
    options = _small_options(table) if small else _column_options(table.schema)
    with pq.ParquetWriter(
        sink,
        table.schema,
        compression="snappy" if small else "zstd",
        compression_level=None if small else compression_level,
        **options,
    ) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata(metadata_of(requests))
    return with_digest(sink.getvalue())


def sealed_options(schema: pa.Schema, rows: int) -> dict[str, Any]:
    """What a `pq.ParquetWriter` of a sealed file is told. rows: of a row group."""
    looked_up = [name for name in _LOOKED_UP if name in schema.names]
    return {
        **_column_options(schema),
        "compression": "zstd",
        "compression_level": _SEALED_LEVEL,
        "bloom_filter_options": {name: {"ndv": rows, "fpp": 0.01} for name in looked_up},
    }


def metadata_of(requests: Sequence[StoredRequest]) -> dict[bytes, bytes]:
    """The metadata of a file that answers for these requests, with room for its digest."""
    told = [(r.digest, r.receipt.accepted, r.receipt.rejected, r.receipt.reason) for r in requests]
    return {_REQUESTS_KEY: orjson.dumps(told), DIGEST_KEY: DIGEST_PLACEHOLDER}


def _small_options(table: pa.Table) -> dict[str, Any]:
    """A handful of rows repeats little: what dictionaries would save is not worth their making."""
    options = _column_options(table.schema)
    safe = [
        name
        for name in options["write_statistics"]
        if not pa.types.is_string(table.schema.field(name).type) or not table[name].null_count
    ]
    return {**options, "use_dictionary": False, "write_statistics": safe}


@cache
def _column_options(schema: pa.Schema) -> dict[str, Any]:
    return {
        "use_dictionary": _dictionary_columns(schema),
        "write_statistics": _statistics_columns(schema),
        "data_page_size": _PAGE_BYTES,
        "store_schema": False,
    }


def read_requests(path: Path) -> list[StoredRequest]:
    """The requests whose items are in the file at `path`; none in a file that names none.

    Raises FileNotFoundError, or DamagedFileError for a file that is not as it was written.
    """
    try:
        metadata = pq.read_metadata(store_of(path).arrow_source(path)).metadata or {}
        stored = orjson.loads(metadata.get(_REQUESTS_KEY, b"[]"))
        return [
            StoredRequest(str(digest), Receipt(int(accepted), int(rejected), str(reason)))
            for digest, accepted, rejected, reason in stored
        ]
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException, ValueError, TypeError) as error:
        raise DamagedFileError(f"{path}: {error}") from None


def _leaves(field: pa.Field, prefix: str = "") -> list[str]:
    """The paths of a field's Parquet columns, as the writer's options name them."""
    path = f"{prefix}{field.name}"
    kind = field.type
    if pa.types.is_map(kind):
        return [f"{path}.key_value.key", f"{path}.key_value.value"]
    if pa.types.is_list(kind):
        return _leaves(kind.field(0).with_name("element"), f"{path}.list.")
    if pa.types.is_struct(kind):
        return [leaf for child in kind for leaf in _leaves(child, f"{path}.")]
    return [path]


def _dictionary_columns(schema: pa.Schema) -> list[str]:
    leaves = [leaf for field in schema for leaf in _leaves(field)]
    return [leaf for leaf in leaves if leaf not in _DISTINCT]


def _statistics_columns(schema: pa.Schema) -> list[str]:
    """Minima and maxima of short columns only: those of texts would fill the footer with text.

    None of texts without a dictionary that may be NULL. DuckDB 2.0.0 takes any value of such a
    column for NULL where all others are equal by these and another condition is checked first.
    """
    never_null = {"trace_id", "span_id"} if "parent_span_id" in schema.names else set()
    return [
        field.name
        for field in schema
        if not pa.types.is_nested(field.type)
        and field.name not in {*TEXT_COLUMNS, "body"}
        and (
            not pa.types.is_string(field.type)
            or field.name not in _DISTINCT
            or field.name in never_null
        )
    ]
