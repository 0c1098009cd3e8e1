"""Requests to send: each has a trace of its own, by which it is read back."""

import json
import os
import time
from typing import Any, NamedTuple

from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    Gauge,
    Metric,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from spanlake.entities import Signal

_SCOPE = InstrumentationScope(name="otlp-conformance", version="1")
_RESOURCE = {"service.name": "otlp-conformance"}


class Sample(NamedTuple):
    """An export request of spans, and the id of their trace in hex."""

    request: ExportTraceServiceRequest
    trace_id: str


def new_trace_id() -> bytes:
    """An id that no trace has."""
    return os.urandom(16)


def text(key: str, value: str) -> KeyValue:
    """An attribute of text."""
    return KeyValue(key=key, value=AnyValue(string_value=value))


def span(trace_id: bytes, name: str = "step", /, **fields: object) -> Span:
    """A span that is good, but for what `fields` say otherwise."""
    now = time.time_ns()
    good = {
        "trace_id": trace_id,
        "span_id": os.urandom(8),
        "name": name,
        "start_time_unix_nano": now,
        "end_time_unix_nano": now + 1_000_000,
    }
    return Span(**(good | fields))  # type: ignore[arg-type]  # the fields are the caller's


def request_of(*spans: Span) -> ExportTraceServiceRequest:
    """An export request of these spans."""
    resource = Resource(attributes=[text(key, value) for key, value in _RESOURCE.items()])
    scope_spans = ScopeSpans(scope=_SCOPE, spans=spans)
    return ExportTraceServiceRequest(
        resource_spans=[ResourceSpans(resource=resource, scope_spans=[scope_spans])]
    )


def sample(spans: int = 1, *, bad: int = 0, attribute: KeyValue | None = None) -> Sample:
    """A request of good spans, and before them bad ones whose trace id is too short."""
    trace_id = new_trace_id()
    attributes = [] if attribute is None else [attribute]
    spoiled = [span(b"short", f"bad {number}") for number in range(bad)]
    good = [span(trace_id, f"step {number}", attributes=attributes) for number in range(spans)]
    return Sample(request_of(*spoiled, *good), trace_id.hex())


def other_sample(signal: Signal) -> Message:
    """A request of one item of any signal."""
    now = time.time_ns()
    resource = Resource(attributes=[text(key, value) for key, value in _RESOURCE.items()])
    match signal:
        case Signal.TRACES:
            return sample().request
        case Signal.LOGS:
            record = LogRecord(time_unix_nano=now, body=AnyValue(string_value="line"))
            logs = ScopeLogs(scope=_SCOPE, log_records=[record])
            return ExportLogsServiceRequest(
                resource_logs=[ResourceLogs(resource=resource, scope_logs=[logs])]
            )
        case Signal.METRICS:
            gauge = Gauge(data_points=[NumberDataPoint(time_unix_nano=now, as_int=1)])
            points = ScopeMetrics(scope=_SCOPE, metrics=[Metric(name="length", gauge=gauge)])
            return ExportMetricsServiceRequest(
                resource_metrics=[ResourceMetrics(resource=resource, scope_metrics=[points])]
            )


class Document(NamedTuple):
    """An export request of one span written in JSON, and the id of its trace."""

    body: bytes
    trace_id: str


def document(members: dict[str, Any] | None = None, **around: object) -> Document:
    """A span with these members beside its ids, times and name. around: of the outer objects."""
    trace_id = new_trace_id().hex()
    now = str(time.time_ns())
    written = {
        "traceId": trace_id,
        "spanId": os.urandom(8).hex(),
        "name": "step",
        "startTimeUnixNano": now,
        "endTimeUnixNano": now,
    } | (members or {})
    return Document(json.dumps(around_span(written, **around)).encode(), trace_id)


def around_span(written: object, **around: object) -> dict[str, Any]:
    """A request around one span."""
    attribute = {"key": "service.name", "value": {"stringValue": "otlp-conformance"}}
    of_scope = {"scope": {"name": "otlp-conformance"}, "spans": [written], **around}
    of_resource = {
        "resource": {"attributes": [attribute], **around},
        "scopeSpans": [of_scope],
        **around,
    }
    return {"resourceSpans": [of_resource], **around}
