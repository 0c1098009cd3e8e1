import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import NumberDataPoint
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from spanlake.entities import Signal
from spanlake.errors import TooLargeError
from spanlake.otlp.items import MAX_ITEMS, check_item_count


def request_of_spans(count: int) -> bytes:
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    scope.spans.extend([Span(name="a", start_time_unix_nano=1)] * count)
    return request.SerializeToString()


def test_as_many_items_as_allowed_are_allowed() -> None:
    """A request of the largest number of items passes, and one item more does not."""
    check_item_count(Signal.TRACES, request_of_spans(MAX_ITEMS))
    with pytest.raises(TooLargeError, match="more than 500,000 items"):
        check_item_count(Signal.TRACES, request_of_spans(MAX_ITEMS + 1))


def test_data_points_are_items() -> None:
    """One metric with too many data points is too large as well."""
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="m")
    metric.gauge.data_points.extend([NumberDataPoint(as_int=1)] * (MAX_ITEMS + 1))
    with pytest.raises(TooLargeError):
        check_item_count(Signal.METRICS, request.SerializeToString())


@pytest.mark.parametrize("byte", [0x00, 0x0A, 0x12, 0x7F, 0x80, 0xFF])
def test_what_is_no_protobuf_is_left_to_the_decoder(byte: int) -> None:
    """Bytes that make no sense end the count without an error."""
    check_item_count(Signal.TRACES, bytes([byte]) * (3 * MAX_ITEMS))
