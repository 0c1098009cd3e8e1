"""What log records of GenAI events say of their spans, as columns of the logs table.

The view `lake.span_content` puts together what the records of a span say, in whatever order they
came.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.semconv.arrays import whole
from spanlake.semconv.columns import CANONICAL_EVENT
from spanlake.semconv.events import event_columns
from spanlake.storage.schema import LOG_CONTENT

_DETAILS = "gen_ai.client.inference.operation.details"
# It may name a session, but is said of the span by others.
_EVALUATION = "gen_ai.evaluation.result"
_CONTENT = ("input_messages", "output_messages", "system_instructions", "tool_definitions")
_MOMENT = ["trace_id", "span_id", "time_ns", "observed_time_ns"]
_LATEST = 2**63 - 1

Flags = npt.NDArray[np.bool_]


def log_content(logs: pa.Table) -> pa.Table:
    """The columns of `schema.LOG_CONTENT` for each raw log record, in order of their export.

    logs: the columns that the OTLP codec makes. Never raises.
    """
    events = event_columns(logs)
    name = pc.coalesce(whole(logs["event_name"]), _attribute(logs, "event.name"))
    kind = pc.if_else(pc.fill_null(pc.equal(name, _EVALUATION), False), None, _kind(events, name))
    columns = {field: whole(events[field]) for field in CANONICAL_EVENT.names}
    columns["content_kind"] = kind
    columns["said_at_ns"] = _said_at(logs.select(_MOMENT), events, kind)
    columns["response_id"] = _attribute(logs, "gen_ai.response.id")
    return pa.table([columns[field] for field in LOG_CONTENT.names], schema=LOG_CONTENT)


def _kind(events: pa.Table, name: pa.StringArray) -> pa.StringArray:
    is_details = _flags(pc.fill_null(pc.equal(name, _DETAILS), False))
    speaks = _says(events, _CONTENT)
    rest = _says(events, [each for each in events.column_names if each not in _CONTENT])
    kinds = np.select(
        [is_details & (speaks | rest), speaks, rest], ["whole", "part", "context"], default=""
    )
    return pa.array(kinds, pa.string(), mask=kinds == "")


def _says(events: pa.Table, columns: Iterable[str]) -> Flags:
    """Which records have a value in any of these columns."""
    said = np.zeros(len(events), bool)
    for column in columns:
        said |= _flags(whole(events[column]).is_valid())
    return said


def _flags(array: pa.BooleanArray) -> Flags:
    flags: Flags = array.to_numpy(zero_copy_only=False)
    return flags


def _said_at(logs: pa.Table, events: pa.Table, kind: pa.StringArray) -> pa.Int64Array:
    """When each record that says something did.

    Of records of one span and time each that says something else comes later than those before
    it, and the same said again does not: so an order survives a coarse clock, and a repetition
    is known for one.
    """
    said = np.flatnonzero(_flags(kind.is_valid()))
    times: list[int | None] = [None] * len(logs)
    ranks: dict[tuple[object, ...], dict[tuple[object, ...], int]] = {}
    rows = pa.array(said)
    for row, record, event in zip(
        said.tolist(), logs.take(rows).to_pylist(), events.take(rows).to_pylist(), strict=True
    ):
        told_ns = record["time_ns"] or record["observed_time_ns"] or 0
        told = ranks.setdefault((record["trace_id"], record["span_id"], told_ns), {})
        rank = told.setdefault(tuple(event.values()), len(told))
        times[row] = min(told_ns + rank, _LATEST)
    return pa.array(times, pa.int64())


def _attribute(logs: pa.Table, key: str) -> pa.StringArray:
    """The text of one attribute of each record; the empty one is no value."""
    text = whole(pc.map_lookup(logs["attributes"], pa.scalar(key), "first"))
    return pc.if_else(pc.equal(text, ""), None, text)
