"""Spans of this process as rows of the table `spans`, where no collector is between them."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from spanlake.otlp.spans import decode_spans
from spanlake.semconv.normalise import Normaliser, placeholders
from spanlake.storage.canonical_spans import derived_columns
from spanlake.storage.schema import SPANS


def span_rows(requests: Sequence[bytes], normaliser: Normaliser) -> pa.Table:
    """The spans of export requests with their canonical columns, as `storage.schema.SPANS`."""
    raw = decode_spans(list(requests)).table
    columns = {name: raw[name] for name in raw.column_names}
    columns |= derived_columns(raw, pa.nulls(len(raw), pa.string()), normaliser)
    now = pa.scalar(datetime.now(UTC), pa.timestamp("us", "UTC"))
    columns["received_at"] = pa.repeat(now, len(raw))
    rows = pa.Table.from_arrays([_column(columns, each) for each in SPANS], schema=SPANS)
    return rows.filter(pc.invert(placeholders(raw)))


def _column(columns: dict[str, pa.ChunkedArray], wanted: pa.Field) -> pa.Array:
    """A column with the type of the table; what only a collector knows is null."""
    if wanted.name not in columns:
        return pa.nulls(len(columns["received_at"]), wanted.type)
    column = columns[wanted.name]
    return column if column.type == wanted.type else column.cast(wanted.type)
