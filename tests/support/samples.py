"""Export requests to send: each its own, with a mark by which its rows are found again."""

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

MARK = "test.mark"
"""The resource attribute that holds a request's mark."""

_SCOPE = InstrumentationScope(name="tests", version="1")


class Sample(NamedTuple):
    """A request of some items, and the mark on its resource."""

    request: Message
    mark: str

    @property
    def payload(self) -> bytes:
        """The request in protobuf."""
        return self.request.SerializeToString()


def sample(signal: Signal, items: int = 1, *, bad: int = 0) -> Sample:
    """Make a request of `items` good items and before them `bad` ones whose trace id is too short.

    Data points have no ids, so none of them can be bad.
    """
    mark = os.urandom(8).hex()
    resource = Resource(attributes=[text("service.name", "tests"), text(MARK, mark)])
    match signal:
        case Signal.TRACES:
            return Sample(_traces(resource, items, bad), mark)
        case Signal.LOGS:
            return Sample(_logs(resource, items, bad), mark)
        case Signal.METRICS:
            return Sample(_metrics(resource, items), mark)


def traces(*spans: Span) -> Sample:
    """Make a request of these spans."""
    mark = os.urandom(8).hex()
    resource = Resource(attributes=[text("service.name", "tests"), text(MARK, mark)])
    return Sample(_request_of(resource, spans), mark)


def span(name: str = "step", **fields: object) -> Span:
    """Make a span that is good, but for what `fields` say otherwise."""
    now = time.time_ns()
    good = {
        "trace_id": os.urandom(16),
        "span_id": os.urandom(8),
        "name": name,
        "start_time_unix_nano": now,
        "end_time_unix_nano": now + 1_000_000,
    }
    return Span(**(good | fields))  # type: ignore[arg-type]  # the fields are the caller's


def resource_of(request: Any) -> Resource:  # noqa: ANN401  # any of the three
    """The first resource of a request."""
    (of_resources,) = request.DESCRIPTOR.fields
    resource: Resource = getattr(request, of_resources.name)[0].resource
    return resource


def text(key: str, value: str) -> KeyValue:
    """Make an attribute of text."""
    return KeyValue(key=key, value=AnyValue(string_value=value))


def _traces(resource: Resource, items: int, bad: int) -> ExportTraceServiceRequest:
    trace_id = os.urandom(16)
    spoiled = [span(f"bad {n}", trace_id=b"short") for n in range(bad)]
    return _request_of(
        resource, spoiled + [span(f"step {n}", trace_id=trace_id) for n in range(items)]
    )


def _request_of(
    resource: Resource, spans: "list[Span] | tuple[Span, ...]"
) -> ExportTraceServiceRequest:
    scope_spans = ScopeSpans(scope=_SCOPE, spans=spans)
    return ExportTraceServiceRequest(
        resource_spans=[ResourceSpans(resource=resource, scope_spans=[scope_spans])]
    )


def _logs(resource: Resource, items: int, bad: int) -> ExportLogsServiceRequest:
    now = time.time_ns()
    spoiled = [LogRecord(event_name=f"bad {n}", trace_id=b"short") for n in range(bad)]
    records = [
        LogRecord(time_unix_nano=now, body=AnyValue(string_value=f"line {n}")) for n in range(items)
    ]
    scope_logs = ScopeLogs(scope=_SCOPE, log_records=spoiled + records)
    return ExportLogsServiceRequest(
        resource_logs=[ResourceLogs(resource=resource, scope_logs=[scope_logs])]
    )


def _metrics(resource: Resource, items: int) -> ExportMetricsServiceRequest:
    now = time.time_ns()
    points = [NumberDataPoint(time_unix_nano=now, as_int=n) for n in range(items)]
    scope_metrics = ScopeMetrics(
        scope=_SCOPE, metrics=[Metric(name="queue.length", gauge=Gauge(data_points=points))]
    )
    return ExportMetricsServiceRequest(
        resource_metrics=[ResourceMetrics(resource=resource, scope_metrics=[scope_metrics])]
    )
