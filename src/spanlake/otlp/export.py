"""Rows of the stored tables as the export requests they came from.

Each function takes the raw columns of one table, in any order and with others beside them, and
makes one request: by resource, by scope, as each first appears, and the items in their order.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import ResourceLogs, ScopeLogs
from opentelemetry.proto.metrics.v1.metrics_pb2 import ResourceMetrics, ScopeMetrics
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans

from spanlake.otlp.export_logs import log_records_of
from spanlake.otlp.export_metrics import metrics_of
from spanlake.otlp.export_spans import spans_of
from spanlake.otlp.regroup import by_resource

if TYPE_CHECKING:
    from google.protobuf.internal.containers import RepeatedCompositeFieldContainer


_Resource = TypeVar("_Resource", ResourceSpans, ResourceLogs, ResourceMetrics)
_Scope = TypeVar("_Scope", ScopeSpans, ScopeLogs, ScopeMetrics)


def traces_request(table: pa.Table) -> ExportTraceServiceRequest:
    """The spans of a table, whose attributes must have all their texts, as one request."""
    request = ExportTraceServiceRequest()
    for scope, rows in _scopes(table, request.resource_spans, lambda each: each.scope_spans):
        scope.spans.extend(spans_of(rows))
    return request


def logs_request(table: pa.Table) -> ExportLogsServiceRequest:
    """The log records of a table as one request."""
    request = ExportLogsServiceRequest()
    for scope, rows in _scopes(table, request.resource_logs, lambda each: each.scope_logs):
        scope.log_records.extend(log_records_of(rows))
    return request


def metrics_request(table: pa.Table) -> ExportMetricsServiceRequest:
    """The data points of a table as one request; those of equal metrics come under one metric."""
    request = ExportMetricsServiceRequest()
    for scope, rows in _scopes(table, request.resource_metrics, lambda each: each.scope_metrics):
        scope.metrics.extend(metrics_of(rows))
    return request


def _scopes(
    table: pa.Table,
    resources: "RepeatedCompositeFieldContainer[_Resource]",
    scopes_of: Callable[[_Resource], "RepeatedCompositeFieldContainer[_Scope]"],
) -> Iterator[tuple[_Scope, pa.Table]]:
    """Add the resources and scopes of a table; each scope, still empty, with its rows."""
    for of_resource in by_resource(table):
        added = resources.add(resource=of_resource.resource, schema_url=of_resource.schema_url)
        for of_scope in of_resource.scopes:
            scope = scopes_of(added).add(scope=of_scope.scope, schema_url=of_scope.schema_url)
            yield scope, of_scope.rows
