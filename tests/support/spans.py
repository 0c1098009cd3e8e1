"""Raw spans of any attributes, as the OTLP codec makes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from spanlake.otlp.spans import decode_spans

Value = str | bool | int | float | bytes | Sequence["Value"] | None
Attributes = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class SpanSpec:
    """What a test says of one span. events: name and attributes. status: None for no status."""

    attributes: Attributes = field(default_factory=dict)
    resource: Attributes = field(default_factory=dict)
    events: Sequence[tuple[str, Attributes]] = ()
    status: Status | None = None


def any_value(value: Value) -> AnyValue:
    """An attribute's value of the type that Python's own has."""
    match value:
        case None:
            return AnyValue()
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case str():
            return AnyValue(string_value=value)
        case bytes():
            return AnyValue(bytes_value=value)
        case _:
            return AnyValue(array_value=ArrayValue(values=[any_value(item) for item in value]))


def key_values(attributes: Attributes) -> list[KeyValue]:
    """A list of attributes."""
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def raw_spans(*specs: SpanSpec) -> pa.Table:
    """The raw columns of these spans, one a row."""
    request = ExportTraceServiceRequest()
    for number, spec in enumerate(specs, 1):
        resource = request.resource_spans.add()
        resource.resource.attributes.extend(key_values(spec.resource))
        span = Span(
            trace_id=number.to_bytes(16),
            span_id=number.to_bytes(8),
            name=f"span {number}",
            start_time_unix_nano=1_790_000_000_000_000_000,
            end_time_unix_nano=1_790_000_001_000_000_000,
            attributes=key_values(spec.attributes),
            status=spec.status,
        )
        for name, attributes in spec.events:
            span.events.add(name=name, attributes=key_values(attributes))
        resource.scope_spans.add().spans.append(span)
    return decode_spans([request.SerializeToString()]).table
