"""Export requests for metrics as one raw table, a row a data point."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.entities import Signal
from spanlake.otlp.attributes import attribute_columns
from spanlake.otlp.decoded import Decoded
from spanlake.otlp.enums import TEMPORALITIES, enum_names
from spanlake.otlp.envelope import open_envelopes
from spanlake.otlp.fields import hex_ids, nanoseconds, nest, timestamps
from spanlake.otlp.messages import canonical, to_arrow
from spanlake.otlp.repeat import Indices, repeat

_METRIC_TYPES = ("gauge", "sum", "histogram", "exponential_histogram", "summary")
# Columns that are fields of data points as they are, in the types of metrics that have them.
POINT_FIELDS = {
    "value_double": "as_double",
    "value_int": "as_int",
    "count": "count",
    "sum": "sum",
    "min": "min",
    "max": "max",
    "bucket_counts": "bucket_counts",
    "explicit_bounds": "explicit_bounds",
    "scale": "scale",
    "zero_count": "zero_count",
    "zero_threshold": "zero_threshold",
    "positive": "positive",
    "negative": "negative",
    "quantile_values": "quantile_values",
    "flags": "flags",
}


class _Points(NamedTuple):
    """The data points of some metrics, and for each of them the metric it belongs to."""

    table: pa.Table
    metrics: Indices


def decode_metrics(payloads: list[bytes]) -> Decoded:
    """The raw columns of every data point in requests that `messages.parse` accepts.

    None is refused; a metric without data points leaves no row. Raises TooLargeError for one that
    says too much for its number of data points.
    """
    requests = [canonical(Signal.METRICS, payload) for payload in payloads]
    items = open_envelopes(to_arrow(Signal.METRICS, requests), "scope_metrics", "metrics")
    points = _in_order([_points(items.structs, name) for name in _METRIC_TYPES])
    columns = repeat(_metric_columns(items.structs) | items.columns, points.metrics)
    columns |= {name: points.table[name] for name in points.table.column_names}
    return Decoded(
        pa.table(columns),
        items.requests[points.metrics],
        [0] * len(payloads),
        [""] * len(payloads),
    )


def _metric_columns(metrics: pa.StructArray) -> dict[str, pa.Array]:
    metadata = attribute_columns(metrics.field("metadata"))
    return {
        "name": metrics.field("name"),
        "description": metrics.field("description"),
        "unit": metrics.field("unit"),
        "metadata": metadata.values,
        "metadata_types": metadata.types,
    }


def _in_order(parts: list[_Points]) -> _Points:
    """The data points of all types of metrics in the order of their metrics."""
    metrics = np.concatenate([part.metrics for part in parts])
    order = np.argsort(metrics, kind="stable")
    table = pa.concat_tables([part.table for part in parts], promote_options="default")
    return _Points(table.combine_chunks().take(order), metrics[order])


def _points(metrics: pa.StructArray, metric_type: str) -> _Points:
    """The data points of all metrics of one type; columns it does not have are left out."""
    data = metrics.field(metric_type)
    lists = data.field("data_points")
    points = lists.flatten()
    of_metric = pc.list_parent_indices(lists)
    attributes = attribute_columns(points.field("attributes"))
    start_time = nanoseconds(points.field("start_time_unix_nano"))
    time = nanoseconds(points.field("time_unix_nano"))
    columns = {
        "metric_type": pa.repeat(metric_type, len(points)),
        "start_time": timestamps(start_time),
        "time": timestamps(time),
        "start_time_ns": start_time,
        "time_ns": time,
        "attributes": attributes.values,
        "attribute_types": attributes.types,
    }
    names = {field.name for field in (*data.type, *points.type)}
    if "aggregation_temporality" in names:
        temporality = enum_names(data.field("aggregation_temporality"), TEMPORALITIES)
        columns["aggregation_temporality"] = temporality.take(of_metric)
    if "is_monotonic" in names:
        columns["is_monotonic"] = data.field("is_monotonic").take(of_metric)
    if "exemplars" in names:
        columns["exemplars"] = _exemplars(points.field("exemplars"))
    columns |= {name: points.field(field) for name, field in POINT_FIELDS.items() if field in names}
    return _Points(pa.table(columns), of_metric.to_numpy())


def _exemplars(lists: pa.ListArray) -> pa.ListArray:
    exemplars = lists.flatten()
    attributes = attribute_columns(exemplars.field("filtered_attributes"))
    columns = {
        "time_ns": nanoseconds(exemplars.field("time_unix_nano")),
        "value_double": exemplars.field("as_double"),
        "value_int": exemplars.field("as_int"),
        "trace_id": hex_ids(exemplars.field("trace_id")),
        "span_id": hex_ids(exemplars.field("span_id")),
        "attributes": attributes.values,
        "attribute_types": attributes.types,
    }
    return nest(lists, columns)
