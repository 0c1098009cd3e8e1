from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    ConsoleSpanExporter,
    SimpleSpanProcessor,
    SpanExporter,
)

from spanlake.instrumentation.existing_exporters import exporter_to


@contextmanager
def exporting(exporter: SpanExporter, *, in_batches: bool = False) -> Iterator[TracerProvider]:
    """A provider of an app that exports its spans already."""
    provider = TracerProvider()
    processor = BatchSpanProcessor(exporter) if in_batches else SimpleSpanProcessor(exporter)
    provider.add_span_processor(processor)
    try:
        yield provider
    finally:
        provider.shutdown()


@pytest.mark.parametrize("in_batches", [True, False])
@pytest.mark.parametrize(
    ("endpoint", "is_same"),
    [
        ("http://localhost:4318", True),
        ("http://127.0.0.1:4318/v1/traces", True),
        ("http://localhost:4317", True),
        ("localhost:4317", True),
        ("http://localhost:9999", False),
        ("http://collector:4318", False),
        ("http://localhost:4318/other", False),
    ],
)
def test_the_collector_of_an_http_exporter(
    endpoint: str, *, is_same: bool, in_batches: bool
) -> None:
    """The same collector is recognised under its names, and by both of its ports."""
    exporter = HttpExporter("http://localhost:4318/v1/traces")
    with exporting(exporter, in_batches=in_batches) as provider:
        assert (exporter_to(provider, "spans", endpoint, None) is not None) is is_same


@pytest.mark.parametrize(
    ("endpoint", "is_same"),
    [
        ("http://collector:4317", True),
        ("http://collector:4318", True),
        ("http://other:4317", False),
    ],
)
def test_the_collector_of_a_grpc_exporter(endpoint: str, *, is_same: bool) -> None:
    """What sends over gRPC is recognised too."""
    with exporting(GrpcExporter("http://collector:4317", insecure=True)) as provider:
        assert (exporter_to(provider, "spans", endpoint, None) is not None) is is_same


@pytest.mark.parametrize(
    ("headers", "is_same"),
    [(None, True), ({"authorization": "Bearer a"}, True), ({"Authorization": "Bearer b"}, False)],
)
@pytest.mark.parametrize("make", [HttpExporter, GrpcExporter])
def test_another_key_is_another_destination(
    make: type[SpanExporter], headers: Mapping[str, str] | None, *, is_same: bool
) -> None:
    """Spans that are asked for under another key go there besides."""
    exporter = make(endpoint="http://localhost:4318", headers={"authorization": "Bearer a"})  # type: ignore[call-arg]  # both exporters have them
    with exporting(exporter) as provider:
        found = exporter_to(provider, "spans", "http://localhost:4318", headers)
    assert (found is not None) is is_same


def test_log_records_and_other_exporters() -> None:
    """Exporters of log records are found as well, and those that are not OTLP never."""
    logs = LoggerProvider()
    logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter("http://c:4318/v1/logs")))
    assert exporter_to(logs, "log records", "http://c:4318", None) is not None
    logs.shutdown()
    with exporting(ConsoleSpanExporter()) as provider:
        assert exporter_to(provider, "spans", "http://localhost:4318", None) is None
    assert exporter_to(object(), "spans", "http://localhost:4318", None) is None
