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
    arrays = [
        columns[each.name]
        if columns[each.name].type == each.type
        else columns[each.name].cast(each.type)
        for each in SPANS
    ]
    rows = pa.Table.from_arrays(arrays, schema=SPANS)
    return rows.filter(pc.invert(placeholders(raw)))
