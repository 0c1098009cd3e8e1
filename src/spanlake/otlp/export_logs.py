"""Rows of the logs table as OTLP log records."""

from typing import Any

import pyarrow as pa
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from spanlake.otlp.anyvalue import any_value
from spanlake.otlp.attributes import key_values
from spanlake.otlp.fields import id_bytes, unix_nano

_COLUMNS = (
    "time_ns",
    "observed_time_ns",
    "severity_number",
    "severity_text",
    "event_name",
    "body",
    "body_type",
    "trace_id",
    "span_id",
    "flags",
    "attributes",
    "attribute_types",
    "dropped_attributes_count",
)


def log_records_of(rows: pa.Table) -> list[LogRecord]:
    """The log records in rows of the stored table."""
    return [_log_record(row) for row in rows.select(_COLUMNS).to_pylist()]


def _log_record(row: dict[str, Any]) -> LogRecord:
    return LogRecord(
        time_unix_nano=unix_nano(row["time_ns"]),
        observed_time_unix_nano=unix_nano(row["observed_time_ns"]),
        severity_number=row["severity_number"],
        severity_text=row["severity_text"],
        event_name=row["event_name"],
        body=_body(row["body"], row["body_type"]),
        trace_id=id_bytes(row["trace_id"]),
        span_id=id_bytes(row["span_id"]),
        flags=row["flags"],
        attributes=key_values(row["attributes"], row["attribute_types"]),
        dropped_attributes_count=row["dropped_attributes_count"],
    )


def _body(text: str | None, letter: str | None) -> AnyValue | None:
    return None if letter is None else any_value(text, letter)
