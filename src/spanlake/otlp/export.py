"""Rows of the stored tables as the export requests they came from.

Each function takes the raw columns of one table, in any order and with others beside them, and
makes one request: by resource, by scope, as each first appears, and the items in their order.
"""

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


def traces_request(table: pa.Table) -> ExportTraceServiceRequest:
    """The spans of a table, whose attributes must have all their texts, as one request."""
    return ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(
                resource=of_resource.resource,
                schema_url=of_resource.schema_url,
                scope_spans=[
                    ScopeSpans(
                        scope=of_scope.scope,
                        schema_url=of_scope.schema_url,
                        spans=spans_of(of_scope.rows),
                    )
                    for of_scope in of_resource.scopes
                ],
            )
            for of_resource in by_resource(table)
        ]
    )


def logs_request(table: pa.Table) -> ExportLogsServiceRequest:
    """The log records of a table as one request."""
    return ExportLogsServiceRequest(
        resource_logs=[
            ResourceLogs(
                resource=of_resource.resource,
                schema_url=of_resource.schema_url,
                scope_logs=[
                    ScopeLogs(
                        scope=of_scope.scope,
                        schema_url=of_scope.schema_url,
                        log_records=log_records_of(of_scope.rows),
                    )
                    for of_scope in of_resource.scopes
                ],
            )
            for of_resource in by_resource(table)
        ]
    )


def metrics_request(table: pa.Table) -> ExportMetricsServiceRequest:
    """The data points of a table as one request; those of equal metrics come under one metric."""
    return ExportMetricsServiceRequest(
        resource_metrics=[
            ResourceMetrics(
                resource=of_resource.resource,
                schema_url=of_resource.schema_url,
                scope_metrics=[
                    ScopeMetrics(
                        scope=of_scope.scope,
                        schema_url=of_scope.schema_url,
                        metrics=metrics_of(of_scope.rows),
                    )
                    for of_scope in of_resource.scopes
                ],
            )
            for of_resource in by_resource(table)
        ]
    )
