from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from spanlake.collector.submission import Submission
from spanlake.collector.tabulate import tabulate_logs, tabulate_metrics, tabulate_spans
from spanlake.entities import Receipt
from spanlake.storage.schema import LOGS, METRICS, SPANS

NOON_NS = 1_700_000_000_000_000_000


def submission(request: Message, experiment: str | None = None) -> Submission:
    payload = request.SerializeToString()
    return Submission.of(payload, experiment=experiment, received_ns=NOON_NS)


def attributes(texts: Mapping[str, str]) -> list[KeyValue]:
    return [KeyValue(key=key, value=AnyValue(string_value=text)) for key, text in texts.items()]


def logs(*records: LogRecord, resource: Mapping[str, str] | None = None) -> Message:
    of_resource = ResourceLogs(
        resource=None if resource is None else Resource(attributes=attributes(resource)),
        scope_logs=[ScopeLogs(log_records=records)],
    )
    return ExportLogsServiceRequest(resource_logs=[of_resource])


def metrics(*metrics: Metric, resource: Mapping[str, str] | None = None) -> Message:
    of_resource = ResourceMetrics(
        resource=None if resource is None else Resource(attributes=attributes(resource)),
        scope_metrics=[ScopeMetrics(metrics=metrics)],
    )
    return ExportMetricsServiceRequest(resource_metrics=[of_resource])


def spans(*spans: Span) -> Message:
    return ExportTraceServiceRequest(
        resource_spans=[ResourceSpans(scope_spans=[ScopeSpans(spans=spans)])]
    )


GAUGE = Metric(gauge=Gauge(data_points=[NumberDataPoint(as_int=1)]))

OF_RESOURCE = [
    ({"spanlake.experiment": "r", "service.name": "s"}, "header", ("s", "r")),
    ({"spanlake.experiment": "", "service.name": "s"}, "header", ("s", "header")),
    ({"service.name": "s"}, None, ("s", "s")),
    ({"service.name": ""}, None, (None, "default")),
    ({}, None, (None, "default")),
    (None, None, (None, "default")),
    (None, "header", (None, "header")),
]


@pytest.mark.parametrize(("resource", "header", "expected"), OF_RESOURCE)
def test_a_record_belongs_to_a_service_and_an_experiment(
    resource: Mapping[str, str] | None, header: str | None, expected: tuple[str | None, str]
) -> None:
    """The experiment is the resource's, else the header's, else the service; empty is unsaid."""
    (row,) = tabulate_logs(
        [submission(logs(LogRecord(), resource=resource), header)]
    ).rows.to_pylist()
    assert (row["service_name"], row["experiment"]) == expected


@pytest.mark.parametrize(("resource", "header", "expected"), OF_RESOURCE)
def test_a_point_belongs_to_a_service_and_an_experiment(
    resource: Mapping[str, str] | None, header: str | None, expected: tuple[str | None, str]
) -> None:
    """The experiment is the resource's, else the header's, else the service; empty is unsaid."""
    (row,) = tabulate_metrics(
        [submission(metrics(GAUGE, resource=resource), header)]
    ).rows.to_pylist()
    assert (row["service_name"], row["experiment"]) == expected


def test_a_record_may_name_its_own_experiment() -> None:
    """What a record says goes before what its resource and its request say."""
    own = LogRecord(attributes=attributes({"spanlake.experiment": "own"}))
    resource = {"spanlake.experiment": "r"}
    table = tabulate_logs([submission(logs(own, LogRecord(), resource=resource), "header")])
    assert table.rows["experiment"].to_pylist() == ["own", "r"]


def test_rows_are_as_the_tables_are_stored() -> None:
    """Every signal has exactly the columns of its table, also without any request."""
    span = Span(trace_id=b"\1" * 16, span_id=b"\2" * 8)
    for requests in ([], [submission(spans(span))]):
        assert tabulate_spans(requests).rows.schema == SPANS
    for requests in ([], [submission(logs(LogRecord()))]):
        assert tabulate_logs(requests).rows.schema == LOGS
    for requests in ([], [submission(metrics(GAUGE))]):
        assert tabulate_metrics(requests).rows.schema == METRICS


def test_every_request_has_its_receipt() -> None:
    """Records are counted one by one, and the refused ones with their reason."""
    bad = LogRecord(event_name="e", trace_id=b"\1")
    reason = "log record 'e': trace_id is '01': it must be 16 bytes, or empty"
    requests = [logs(LogRecord(), bad, LogRecord()), logs(), logs(bad), logs(LogRecord())]
    table = tabulate_logs([submission(request) for request in requests])
    assert table.receipts == [Receipt(2, 1, reason), Receipt(0), Receipt(0, 1, reason), Receipt(1)]
    assert len(table.rows) == 3


def test_receipts_of_metrics_count_data_points() -> None:
    """A metric counts as many times as it has points."""
    histogram = Metric(histogram=Histogram(data_points=[HistogramDataPoint()] * 3))
    requests = [metrics(histogram, GAUGE), metrics(), metrics(GAUGE)]
    table = tabulate_metrics([submission(request) for request in requests])
    assert table.receipts == [Receipt(4), Receipt(0), Receipt(1)]


def test_rows_carry_when_their_request_arrived() -> None:
    """The time of arrival is the collector's, in microseconds."""
    (row,) = tabulate_logs([submission(logs(LogRecord()))]).rows.to_pylist()
    assert row["received_at"] == datetime.fromtimestamp(NOON_NS // 10**9, UTC)


@pytest.mark.parametrize(
    "texts",
    [
        {"gen_ai.input.messages": '[{"role":"user"'},
        {"gen_ai.tool.call.result": ""},
    ],
)
def test_a_text_no_column_takes_stays_in_the_attributes(texts: Mapping[str, str]) -> None:
    """A text that is cut short or empty makes no canonical column, and is kept as it was sent."""
    span = Span(trace_id=b"\1" * 16, span_id=b"\2" * 8, attributes=attributes(texts))
    (row,) = tabulate_spans([submission(spans(span))]).rows.to_pylist()
    assert (dict(row["attributes"]), row["attribute_types"]) == (dict(texts), "s")
