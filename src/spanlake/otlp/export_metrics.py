"""Rows of the metrics table as OTLP metrics with their data points."""

from typing import Any

import pyarrow as pa
from google.protobuf.message import Message
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    Exemplar,
    ExponentialHistogramDataPoint,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    SummaryDataPoint,
)

from spanlake.otlp.attributes import key_values
from spanlake.otlp.enums import TEMPORALITIES, enum_number
from spanlake.otlp.fields import id_bytes, unix_nano
from spanlake.otlp.metrics import POINT_FIELDS
from spanlake.otlp.regroup import split

_POINT_OF: dict[str, type[Message]] = {
    "gauge": NumberDataPoint,
    "sum": NumberDataPoint,
    "histogram": HistogramDataPoint,
    "exponential_histogram": ExponentialHistogramDataPoint,
    "summary": SummaryDataPoint,
}
_METRIC = (
    "name",
    "description",
    "unit",
    "metric_type",
    "aggregation_temporality",
    "is_monotonic",
    "metadata",
    "metadata_types",
)
_POINT = ("start_time_ns", "time_ns", "attributes", "attribute_types", "exemplars", *POINT_FIELDS)


def metrics_of(rows: pa.Table) -> list[Metric]:
    """The metrics whose data points are in rows of the stored table, as each first appears."""
    return [_metric(of_metric) for of_metric in split(rows, _METRIC)]


def _metric(rows: pa.Table) -> Metric:
    """The one metric of all data points in `rows`."""
    first = rows.select(_METRIC).slice(0, 1).to_pylist()[0]
    metric = Metric(
        name=first["name"],
        description=first["description"],
        unit=first["unit"],
        metadata=key_values(first["metadata"], first["metadata_types"]),
    )
    data = getattr(metric, first["metric_type"])
    point_type = _POINT_OF[first["metric_type"]]
    data.data_points.extend(_point(point_type, row) for row in rows.select(_POINT).to_pylist())
    if first["aggregation_temporality"] is not None:
        data.aggregation_temporality = enum_number(first["aggregation_temporality"], TEMPORALITIES)
    if first["is_monotonic"] is not None:
        data.is_monotonic = first["is_monotonic"]
    return metric


def _point(point_type: type[Message], row: dict[str, Any]) -> Message:
    """One data point; what its type has no field for is null in `row`."""
    fields = {field: row[column] for column, field in POINT_FIELDS.items()}
    fields["exemplars"] = row["exemplars"] and [_exemplar(each) for each in row["exemplars"]]
    return point_type(
        start_time_unix_nano=unix_nano(row["start_time_ns"]),
        time_unix_nano=unix_nano(row["time_ns"]),
        attributes=key_values(row["attributes"], row["attribute_types"]),
        **{field: value for field, value in fields.items() if value is not None},
    )


def _exemplar(exemplar: dict[str, Any]) -> Exemplar:
    return Exemplar(
        time_unix_nano=unix_nano(exemplar["time_ns"]),
        as_double=exemplar["value_double"],
        as_int=exemplar["value_int"],
        trace_id=id_bytes(exemplar["trace_id"]),
        span_id=id_bytes(exemplar["span_id"]),
        filtered_attributes=key_values(exemplar["attributes"], exemplar["attribute_types"]),
    )
