"""Export requests for logs as one raw table, a row a log record."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.entities import Signal
from spanlake.otlp.attributes import any_value_column, attribute_columns
from spanlake.otlp.decoded import Decoded, IdRule, ItemRules, refuse
from spanlake.otlp.envelope import open_envelopes
from spanlake.otlp.fields import hex_ids, nanoseconds, null_if_empty, timestamps
from spanlake.otlp.messages import canonical, to_arrow

_RULES = ItemRules(
    "log record",
    "event_name",
    (
        IdRule("trace_id", (0, 32), "must be 16 bytes, or empty"),
        IdRule("span_id", (0, 16), "must be 8 bytes, or empty"),
    ),
)


def decode_logs(payloads: list[bytes]) -> Decoded:
    """The raw columns of every log record in requests that `messages.parse` accepts.

    A record whose trace id is neither 16 bytes nor none, or span id neither 8 nor none, is refused
    alone.
    """
    requests = [canonical(Signal.LOGS, payload) for payload in payloads]
    items = open_envelopes(to_arrow(Signal.LOGS, requests), "scope_logs", "log_records")
    records = items.structs
    time = nanoseconds(records.field("time_unix_nano"))
    observed_time = nanoseconds(records.field("observed_time_unix_nano"))
    attributes = attribute_columns(records.field("attributes"))
    table = pa.table(
        {
            # OTLP's advice where one time must do: when it happened, else when it was seen.
            "time": timestamps(pc.if_else(pc.equal(time, 0), observed_time, time)),
            "time_ns": time,
            "observed_time": timestamps(observed_time),
            "observed_time_ns": observed_time,
            "severity_number": records.field("severity_number"),
            "severity_text": null_if_empty(records.field("severity_text")),
            "event_name": null_if_empty(records.field("event_name")),
            **_body_columns(records.field("body")),
            "trace_id": hex_ids(records.field("trace_id")),
            "span_id": hex_ids(records.field("span_id")),
            "flags": records.field("flags"),
            **items.columns,
            "attributes": attributes.values,
            "attribute_types": attributes.types,
            "dropped_attributes_count": records.field("dropped_attributes_count"),
        }
    )
    return refuse(table, items.requests, len(payloads), _RULES)


def _body_columns(bodies: pa.StructArray) -> dict[str, pa.StringArray]:
    """A record without a body has no type; one with an empty body has the type of no value."""
    column = any_value_column(bodies)
    offsets = np.arange(len(bodies) + 1, dtype=np.int32)
    types = pa.StringArray.from_buffers(
        len(bodies), pa.py_buffer(offsets), pa.py_buffer(column.letters)
    )
    return {"body": column.text, "body_type": pc.if_else(bodies.is_valid(), types, None)}
