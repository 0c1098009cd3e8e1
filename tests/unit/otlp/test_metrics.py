from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    Exemplar,
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
    Summary,
    SummaryDataPoint,
)

from spanlake.otlp.metrics import decode_metrics

DELTA = AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
CUMULATIVE = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
# What every row has, apart from what it is asked about.
SHARED = {"start_time", "time", "flags", "start_time_ns", "time_ns", "attributes"}
SHARED |= {"name", "description", "unit", "metadata", "exemplars"}


def text(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def request(*metrics: Metric) -> bytes:
    of_resource = ResourceMetrics(scope_metrics=[ScopeMetrics(metrics=metrics)])
    return ExportMetricsServiceRequest(resource_metrics=[of_resource]).SerializeToString()


def rows(*metrics: Metric) -> list[dict[str, Any]]:
    table = decode_metrics([request(*metrics)]).table
    return list(table.to_pylist())


def told(row: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is null, and what every row has."""
    surrounding = ("resource", "scope")
    return {
        name: value
        for name, value in row.items()
        if value is not None
        and name not in SHARED
        and not name.startswith(surrounding)
        and not name.endswith("_types")
    }


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (
            Metric(gauge=Gauge(data_points=[NumberDataPoint(as_double=0.5)])),
            {"metric_type": "gauge", "value_double": 0.5},
        ),
        (
            Metric(
                sum=Sum(
                    data_points=[NumberDataPoint(as_int=-3)],
                    aggregation_temporality=DELTA,
                    is_monotonic=True,
                )
            ),
            {
                "metric_type": "sum",
                "value_int": -3,
                "aggregation_temporality": "DELTA",
                "is_monotonic": True,
            },
        ),
        (
            Metric(
                histogram=Histogram(
                    data_points=[
                        HistogramDataPoint(
                            count=2**64 - 1,
                            sum=0.0,
                            min=-1.0,
                            max=1.0,
                            bucket_counts=[0, 2**64 - 1],
                            explicit_bounds=[0.5],
                        )
                    ],
                    aggregation_temporality=CUMULATIVE,
                )
            ),
            {
                "metric_type": "histogram",
                "aggregation_temporality": "CUMULATIVE",
                "count": 2**64 - 1,
                "sum": 0.0,
                "min": -1.0,
                "max": 1.0,
                "bucket_counts": [0, 2**64 - 1],
                "explicit_bounds": [0.5],
            },
        ),
        (
            Metric(histogram=Histogram(data_points=[HistogramDataPoint()])),
            {
                "metric_type": "histogram",
                "aggregation_temporality": "UNSPECIFIED",
                "count": 0,
                "bucket_counts": [],
                "explicit_bounds": [],
            },
        ),
        (
            Metric(
                exponential_histogram=ExponentialHistogram(
                    data_points=[
                        ExponentialHistogramDataPoint(
                            count=2**64 - 1,
                            scale=-2,
                            zero_count=2**64 - 1,
                            zero_threshold=0.25,
                            positive=ExponentialHistogramDataPoint.Buckets(
                                offset=-1, bucket_counts=[2**64 - 1]
                            ),
                        )
                    ],
                    aggregation_temporality=7,  # type: ignore[arg-type]  # none of today
                )
            ),
            {
                "metric_type": "exponential_histogram",
                "aggregation_temporality": "7",
                "count": 2**64 - 1,
                "scale": -2,
                "zero_count": 2**64 - 1,
                "zero_threshold": 0.25,
                "positive": {"offset": -1, "bucket_counts": [2**64 - 1]},
            },
        ),
        (
            Metric(
                summary=Summary(
                    data_points=[
                        SummaryDataPoint(
                            count=2,
                            sum=3.0,
                            quantile_values=[
                                SummaryDataPoint.ValueAtQuantile(quantile=0.5, value=1.0)
                            ],
                        )
                    ]
                )
            ),
            {
                "metric_type": "summary",
                "count": 2,
                "sum": 3.0,
                "quantile_values": [{"quantile": 0.5, "value": 1.0}],
            },
        ),
    ],
)
def test_each_type_of_metric_has_its_columns(metric: Metric, expected: dict[str, Any]) -> None:
    """A data point has what its type has; all else is null, and counts keep all 64 bits."""
    (row,) = rows(metric)
    assert told(row) == expected


def test_every_point_has_what_its_metric_says() -> None:
    """Name, description, unit and metadata are those of the metric, times and flags the point's."""
    metric = Metric(
        name="n",
        description="d",
        unit="{token}",
        metadata=[text("m", "v")],
        gauge=Gauge(
            data_points=[
                NumberDataPoint(
                    start_time_unix_nano=1_700_000_000_000_000_123,
                    time_unix_nano=2**64 - 1,
                    flags=1,
                    attributes=[text("k", "v")],
                )
            ]
        ),
    )
    (row,) = rows(metric)
    assert (row["name"], row["description"], row["unit"]) == ("n", "d", "{token}")
    assert (row["metadata"], row["metadata_types"]) == ([("m", "v")], "s")
    assert (row["attributes"], row["attribute_types"]) == ([("k", "v")], "s")
    assert (row["start_time_ns"], row["time_ns"]) == (1_700_000_000_000_000_123, -1)
    assert row["start_time"].isoformat() == "2023-11-14T22:13:20+00:00"
    assert (row["flags"], row["value_int"], row["value_double"]) == (1, None, None)


def test_exemplars_are_kept_with_the_spans_they_point_to() -> None:
    """An exemplar has its value, time, attributes, and the trace it was measured in."""
    exemplars = [
        Exemplar(
            time_unix_nano=5,
            as_int=3,
            trace_id=b"\xaa" * 16,
            span_id=b"\xbb" * 8,
            filtered_attributes=[text("k", "v")],
        ),
        Exemplar(as_double=0.5),
    ]
    point = HistogramDataPoint(exemplars=exemplars)
    (row,) = rows(Metric(histogram=Histogram(data_points=[point])))
    assert row["exemplars"] == [
        {
            "time_ns": 5,
            "value_double": None,
            "value_int": 3,
            "trace_id": "aa" * 16,
            "span_id": "bb" * 8,
            "attributes": [("k", "v")],
            "attribute_types": "s",
        },
        {
            "time_ns": 0,
            "value_double": 0.5,
            "value_int": None,
            "trace_id": None,
            "span_id": None,
            "attributes": [],
            "attribute_types": "",
        },
    ]


def test_points_keep_their_order_across_types_and_requests() -> None:
    """Rows come in the order of the requests, then of their metrics, then of the points."""

    def numbers(*values: int) -> list[NumberDataPoint]:
        return [NumberDataPoint(as_int=value) for value in values]

    first = request(
        Metric(name="summary", summary=Summary(data_points=[SummaryDataPoint(count=1)])),
        Metric(name="gauge", gauge=Gauge(data_points=numbers(3, 1, 2))),
        Metric(name="sum", sum=Sum(data_points=numbers(5, 4))),
    )
    second = request(Metric(name="gauge", gauge=Gauge(data_points=numbers(0))))
    result = decode_metrics([first, second])
    names = ["summary", "gauge", "gauge", "gauge", "sum", "sum", "gauge"]
    assert result.table["name"].to_pylist() == names
    assert result.table["value_int"].to_pylist() == [None, 3, 1, 2, 5, 4, 0]
    assert result.requests.tolist() == [0] * 6 + [1]


def test_a_metric_without_points_leaves_no_row() -> None:
    """Neither does one without data; nothing is refused, not even a metric without a name."""
    payloads = [request(Metric(name="none"), Metric(name="empty", sum=Sum())), b""]
    payloads.append(request(Metric(gauge=Gauge(data_points=[NumberDataPoint()]))))
    result = decode_metrics(payloads)
    assert result.table["name"].to_pylist() == [""]
    assert result.requests.tolist() == [2]
    assert (result.rejected, result.reasons) == ([0, 0, 0], ["", "", ""])


def test_no_requests_are_no_rows() -> None:
    """An empty batch has all the columns and no rows."""
    result = decode_metrics([])
    assert (len(result.table), result.rejected) == (0, [])
    gauge = Metric(gauge=Gauge(data_points=[NumberDataPoint()]))
    assert result.table.column_names == list(rows(gauge)[0])
