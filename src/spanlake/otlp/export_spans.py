"""Rows of the spans table as OTLP spans."""

from typing import Any

import pyarrow as pa
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from spanlake.otlp.attributes import key_values
from spanlake.otlp.enums import KINDS, STATUS_CODES, enum_number
from spanlake.otlp.fields import id_bytes, unix_nano

_COLUMNS = (
    "trace_id",
    "span_id",
    "parent_span_id",
    "trace_state",
    "flags",
    "name",
    "otel_kind",
    "start_time_ns",
    "end_time_ns",
    "status_code",
    "status_message",
    "attributes",
    "attribute_types",
    "dropped_attributes_count",
    "events",
    "dropped_events_count",
    "links",
    "dropped_links_count",
)


def spans_of(rows: pa.Table) -> list[Span]:
    """The spans in rows of the stored table, whose attributes must have all their texts."""
    return [_span(row) for row in rows.select(_COLUMNS).to_pylist()]


def _span(row: dict[str, Any]) -> Span:
    return Span(
        trace_id=id_bytes(row["trace_id"]),
        span_id=id_bytes(row["span_id"]),
        parent_span_id=id_bytes(row["parent_span_id"]),
        trace_state=row["trace_state"],
        flags=row["flags"],
        name=row["name"],
        kind=Span.SpanKind.ValueType(enum_number(row["otel_kind"], KINDS)),
        start_time_unix_nano=unix_nano(row["start_time_ns"]),
        end_time_unix_nano=unix_nano(row["end_time_ns"]),
        attributes=key_values(row["attributes"], row["attribute_types"]),
        dropped_attributes_count=row["dropped_attributes_count"],
        events=[_event(event) for event in row["events"]],
        dropped_events_count=row["dropped_events_count"],
        links=[_link(link) for link in row["links"]],
        dropped_links_count=row["dropped_links_count"],
        status=_status(row["status_code"], row["status_message"]),
    )


def _status(code: str | None, message: str | None) -> Status | None:
    if code is None:
        return None
    number = Status.StatusCode.ValueType(enum_number(code, STATUS_CODES))
    return Status(code=number, message=message or "")


def _event(event: dict[str, Any]) -> Span.Event:
    return Span.Event(
        name=event["name"],
        time_unix_nano=unix_nano(event["time_ns"]),
        attributes=key_values(event["attributes"], event["attribute_types"]),
        dropped_attributes_count=event["dropped_attributes_count"],
    )


def _link(link: dict[str, Any]) -> Span.Link:
    return Span.Link(
        trace_id=id_bytes(link["trace_id"]),
        span_id=id_bytes(link["span_id"]),
        trace_state=link["trace_state"],
        attributes=key_values(link["attributes"], link["attribute_types"]),
        dropped_attributes_count=link["dropped_attributes_count"],
        flags=link["flags"],
    )
