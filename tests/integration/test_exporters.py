"""OpenTelemetry's own Python SDK and exporters, unmodified, against a server."""

import os
import threading
from typing import NamedTuple

import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.json.http._log_exporter import OTLPLogExporter as JsonLogs
from opentelemetry.exporter.otlp.json.http.metric_exporter import OTLPMetricExporter as JsonMetrics
from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter as JsonSpans
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogs
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetrics
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogs
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetrics
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import (
    BatchLogRecordProcessor,
    InMemoryLogRecordExporter,
    LogRecordExporter,
    SimpleLogRecordProcessor,
)
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    MetricExporter,
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanKind, Status, StatusCode
from opentelemetry.util.types import AnyValue
from otlp_requests import items_of
from samples import MARK
from server import RunningServer, missing, wait_until
from stored import exported
from wire import Transport

from spanlake.entities import Signal
from spanlake.storage.layout import Layout


class Exporters(NamedTuple):
    """The official exporters of one transport."""

    spans: type[SpanExporter]
    logs: type[LogRecordExporter]
    metrics: type[MetricExporter]


EXPORTERS = {
    Transport.GRPC: Exporters(GrpcSpans, GrpcLogs, GrpcMetrics),
    Transport.PROTOBUF: Exporters(HttpSpans, HttpLogs, HttpMetrics),
    Transport.JSON: Exporters(JsonSpans, JsonLogs, JsonMetrics),
}
EVERY_WAY = pytest.mark.parametrize("transport", Transport)
GZIPPED = pytest.mark.parametrize("gzipped", [False, True], ids=["plain", "gzip"])


@pytest.fixture
def resource() -> Resource:
    """The resource of one app, with a mark of its own."""
    return Resource.create({MARK: os.urandom(8).hex(), "service.name": "shop", "rank": 7})


def mark_of(resource: Resource) -> str:
    return str(resource.attributes[MARK])


def configure(
    monkeypatch: pytest.MonkeyPatch,
    server: RunningServer,
    transport: Transport,
    *,
    gzipped: bool,
) -> Exporters:
    """Point the exporters at a server the way an app is: by the environment alone."""
    where = server.grpc if transport is Transport.GRPC else server.http
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://{where}")
    if gzipped:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    return EXPORTERS[transport]


def attributes_of(number: int) -> dict[str, AnyValue]:
    """Attributes of every type."""
    return {
        "text": "zwölf Äpfel 🍎",
        "number": 2**53 + number,
        "ratio": 0.1 * number,
        "is_new": number % 2 == 0,
        "raw": b"\x00\xff",
        "tags": ["a", "", "b"],
        "scores": [1.5, -0.0],
    }


def run_app(provider: TracerProvider) -> None:
    """Make spans of every kind, with all that a span can have."""
    tracer = provider.get_tracer("shop.checkout", "1.2", attributes={"beta": True})
    with tracer.start_as_current_span("order", kind=SpanKind.SERVER) as order:
        for number in range(600):
            attributes = attributes_of(number)
            link = Link(order.get_span_context(), {"why": "because"})
            with tracer.start_as_current_span(
                f"item {number}", kind=SpanKind.CLIENT, attributes=attributes, links=[link]
            ) as item:
                item.add_event("packed", {"weight": number})
                item.set_status(Status(StatusCode.OK))
        with pytest.raises(ValueError, match="sold out"), tracer.start_as_current_span("pay"):
            raise ValueError("sold out")


@EVERY_WAY
@GZIPPED
def test_every_span_of_the_sdk_arrives(
    server: RunningServer,
    monkeypatch: pytest.MonkeyPatch,
    resource: Resource,
    transport: Transport,
    *,
    gzipped: bool,
) -> None:
    """OTLP 59: what an app's BatchSpanProcessor exports is stored span by span as it was."""
    exporter = configure(monkeypatch, server, transport, gzipped=gzipped).spans()
    memory = InMemorySpanExporter()
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(memory))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    run_app(provider)
    provider.shutdown()
    sent = encode_spans(memory.get_finished_spans())
    kept = exported(server.data, Signal.TRACES, mark_of(resource))
    assert len(memory.get_finished_spans()) == 602
    assert items_of(Signal.TRACES, kept) == items_of(Signal.TRACES, sent)


@EVERY_WAY
@GZIPPED
def test_every_log_record_of_the_sdk_arrives(
    server: RunningServer,
    monkeypatch: pytest.MonkeyPatch,
    resource: Resource,
    transport: Transport,
    *,
    gzipped: bool,
) -> None:
    """OTLP 59: what an app's LoggerProvider exports is stored record by record as it was."""
    exporter = configure(monkeypatch, server, transport, gzipped=gzipped).logs()
    memory = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]  # the SDK's
    provider = LoggerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(memory))
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    logger = provider.get_logger("shop.audit", "3")
    for number in range(600):
        record = LogRecord(
            timestamp=number,
            severity_number=SeverityNumber.WARN,
            severity_text="WARN",
            body={"line": number, "parts": ["a", 1, 2.5, None, {"deep": True}]},
            attributes={"n": number, "nested": {"a": [1, "2"]}},
            event_name="audit.line",
        )
        logger.emit(record)
    provider.shutdown()
    sent = encode_logs(memory.get_finished_logs())
    kept = exported(server.data, Signal.LOGS, mark_of(resource))
    assert items_of(Signal.LOGS, kept).total() == 600
    assert items_of(Signal.LOGS, kept) == items_of(Signal.LOGS, sent)


class Noting(MetricExporter):
    """Another exporter, whose exports are noted."""

    noted: list[ExportMetricsServiceRequest]

    def __init__(self, exporter: MetricExporter) -> None:
        super().__init__()
        self._exporter = exporter
        self.noted = []

    def export(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **more: object
    ) -> MetricExportResult:
        self.noted.append(encode_metrics(metrics_data))
        result = self._exporter.export(metrics_data, timeout_millis, **more)
        assert result is MetricExportResult.SUCCESS
        return result

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        return self._exporter.force_flush(timeout_millis)

    def shutdown(self, timeout_millis: float = 30_000, **more: object) -> None:
        self._exporter.shutdown(timeout_millis, **more)


@EVERY_WAY
@GZIPPED
def test_every_data_point_of_the_sdk_arrives(
    server: RunningServer,
    monkeypatch: pytest.MonkeyPatch,
    resource: Resource,
    transport: Transport,
    *,
    gzipped: bool,
) -> None:
    """OTLP 59: what an app's MeterProvider exports is stored point by point as it was."""
    exporter = Noting(configure(monkeypatch, server, transport, gzipped=gzipped).metrics())
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
    provider = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
    meter = provider.get_meter("shop.stock", "2")
    counter = meter.create_counter("sold", "1", "Items sold.")
    balance = meter.create_up_down_counter("balance", "EUR")
    latency = meter.create_histogram("latency", "ms")
    gauge = meter.create_gauge("temperature", "Cel")
    for number in range(100):
        counter.add(1, {"item": number % 10})
        balance.add(-0.5, {"till": "a"})
        latency.record(number * 1.5, {"route": f"/{number % 3}"})
        gauge.set(-number / 3)
    provider.force_flush()
    counter.add(5, {"item": 3})
    provider.shutdown()
    assert len(exporter.noted) == 2
    kept = exported(server.data, Signal.METRICS, mark_of(resource))
    sent = items_of(Signal.METRICS, *exporter.noted)
    assert sent.total() == 2 * (10 + 1 + 3 + 1)
    assert items_of(Signal.METRICS, kept) == sent


@EVERY_WAY
def test_an_exporter_comes_again_after_a_refusal(
    small_server: RunningServer,
    monkeypatch: pytest.MonkeyPatch,
    resource: Resource,
    transport: Transport,
) -> None:
    """OTLP 30, 59: an exporter that is told to come again does so, until its spans are stored."""
    exporter = configure(monkeypatch, small_server, transport, gzipped=False).spans()
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    provider.get_tracer("shop").start_span("patient").end()
    failures = small_server.metric("spanlake_commit_failures_total")
    folder = Layout(small_server.data).hot("spans", "0001")
    with missing(folder):
        flushing = threading.Thread(target=provider.shutdown)
        flushing.start()
        wait_until(lambda: small_server.metric("spanlake_commit_failures_total") > failures)
    flushing.join()
    kept = exported(small_server.data, Signal.TRACES, mark_of(resource))
    assert items_of(Signal.TRACES, kept).total() == 1
