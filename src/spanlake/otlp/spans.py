"""Export requests for traces as one raw table, a row a span."""

import pyarrow as pa
import pyarrow.compute as pc

from spanlake.entities import Signal
from spanlake.otlp.attributes import AmbiguousValueError, attribute_columns
from spanlake.otlp.decoded import Decoded, IdRule, ItemRules, refuse
from spanlake.otlp.enums import KINDS, STATUS_CODES, enum_names
from spanlake.otlp.envelope import open_envelopes
from spanlake.otlp.fields import hex_ids, nanoseconds, nest, null_if_empty, timestamps
from spanlake.otlp.messages import canonical, to_arrow

_RULES = ItemRules(
    "span",
    "name",
    (
        IdRule("trace_id", (32,), "must be 16 bytes, not all zero"),
        IdRule("span_id", (16,), "must be 8 bytes, not all zero"),
    ),
)


def decode_spans(payloads: list[bytes]) -> Decoded:
    """The raw columns of every span in requests that `messages.parse` accepts.

    A span whose trace id is not 16 bytes or span id not 8, or all zeros, is refused alone.
    """
    try:
        return _decode(to_arrow(Signal.TRACES, payloads), len(payloads))
    except AmbiguousValueError:
        requests = [canonical(Signal.TRACES, payload) for payload in payloads]
        return _decode(to_arrow(Signal.TRACES, requests), len(payloads))


def _decode(batch: pa.RecordBatch, count: int) -> Decoded:
    items = open_envelopes(batch, "scope_spans", "spans")
    spans = items.structs
    trace_id = hex_ids(spans.field("trace_id"))
    span_id = hex_ids(spans.field("span_id"))
    status = spans.field("status")
    start = nanoseconds(spans.field("start_time_unix_nano"))
    end = nanoseconds(spans.field("end_time_unix_nano"))
    attributes = attribute_columns(spans.field("attributes"))
    table = pa.table(
        {
            "trace_id": trace_id,
            "span_id": span_id,
            "parent_span_id": hex_ids(spans.field("parent_span_id")),
            "trace_state": null_if_empty(spans.field("trace_state")),
            "flags": spans.field("flags"),
            "name": spans.field("name"),
            "otel_kind": enum_names(spans.field("kind"), KINDS),
            "start_time": timestamps(start),
            "end_time": timestamps(end),
            "start_time_ns": start,
            "end_time_ns": end,
            "status_code": pc.if_else(
                status.is_valid(), enum_names(status.field("code"), STATUS_CODES), None
            ),
            "status_message": null_if_empty(status.field("message")),
            **items.columns,
            "attributes": attributes.values,
            "attribute_types": attributes.types,
            "dropped_attributes_count": spans.field("dropped_attributes_count"),
            "events": _events(spans.field("events")),
            "dropped_events_count": spans.field("dropped_events_count"),
            "links": _links(spans.field("links")),
            "dropped_links_count": spans.field("dropped_links_count"),
        }
    )
    return refuse(table, items.requests, count, _RULES)


def _events(lists: pa.ListArray) -> pa.ListArray:
    events = lists.flatten()
    attributes = attribute_columns(events.field("attributes"))
    time_ns = nanoseconds(events.field("time_unix_nano"))
    columns = {
        "name": events.field("name"),
        "time": timestamps(time_ns),
        "time_ns": time_ns,
        "attributes": attributes.values,
        "attribute_types": attributes.types,
        "dropped_attributes_count": events.field("dropped_attributes_count"),
    }
    return nest(lists, columns)


def _links(lists: pa.ListArray) -> pa.ListArray:
    links = lists.flatten()
    attributes = attribute_columns(links.field("attributes"))
    columns = {
        "trace_id": hex_ids(links.field("trace_id")),
        "span_id": hex_ids(links.field("span_id")),
        "trace_state": null_if_empty(links.field("trace_state")),
        "attributes": attributes.values,
        "attribute_types": attributes.types,
        "dropped_attributes_count": links.field("dropped_attributes_count"),
        "flags": links.field("flags"),
    }
    return nest(lists, columns)
