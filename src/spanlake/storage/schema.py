"""The stored tables: the single source of what a Parquet file of each one holds."""

import pyarrow as pa

from spanlake.entities import Signal
from spanlake.semconv.columns import CANONICAL, CANONICAL_EVENT

_TEXT = pa.string()
_TIME = pa.timestamp("us", "UTC")
_ATTRIBUTES = pa.map_(_TEXT, _TEXT)
_UINT = pa.uint32()

_ENTITY_REF = pa.struct(
    [
        ("schema_url", _TEXT),
        ("type", _TEXT),
        ("id_keys", pa.list_(_TEXT)),
        ("description_keys", pa.list_(_TEXT)),
    ]
)
_ENVELOPE = [
    ("resource", _ATTRIBUTES),
    ("resource_types", _TEXT),
    ("resource_dropped_attributes_count", _UINT),
    ("resource_entity_refs", pa.list_(_ENTITY_REF)),
    ("resource_schema_url", _TEXT),
    ("scope_name", _TEXT),
    ("scope_version", _TEXT),
    ("scope_attributes", _ATTRIBUTES),
    ("scope_attribute_types", _TEXT),
    ("scope_dropped_attributes_count", _UINT),
    ("scope_schema_url", _TEXT),
]
_EVENT = pa.struct(
    [
        ("name", _TEXT),
        ("time", _TIME),
        ("time_ns", pa.int64()),
        ("attributes", _ATTRIBUTES),
        ("attribute_types", _TEXT),
        ("dropped_attributes_count", _UINT),
    ]
)
_LINK = pa.struct(
    [
        ("trace_id", _TEXT),
        ("span_id", _TEXT),
        ("trace_state", _TEXT),
        ("attributes", _ATTRIBUTES),
        ("attribute_types", _TEXT),
        ("dropped_attributes_count", _UINT),
        ("flags", _UINT),
    ]
)
# How often rules of redaction found something in a row; null where they found nothing.
REDACTIONS = pa.map_(_TEXT, pa.int32())
_RECEIVED = [("received_at", _TIME)]
_REDACTED = [("redactions", REDACTIONS)]
# For how many traces its own stands: by what was decided when it came, or before, null standing for
# 1; and by what was decided once the trace was whole, null as long as nothing is.
_SAMPLED = [("sample_weight", pa.float64()), ("tail_weight", pa.float64())]

SPANS = pa.schema(
    [
        ("trace_id", _TEXT),
        ("span_id", _TEXT),
        ("parent_span_id", _TEXT),
        ("trace_state", _TEXT),
        ("flags", _UINT),
        ("name", _TEXT),
        ("otel_kind", _TEXT),
        ("start_time", _TIME),
        ("end_time", _TIME),
        ("start_time_ns", pa.int64()),
        ("end_time_ns", pa.int64()),
        ("status_code", _TEXT),
        ("status_message", _TEXT),
        *_ENVELOPE,
        ("attributes", _ATTRIBUTES),
        ("attribute_types", _TEXT),
        ("dropped_attributes_count", _UINT),
        ("events", pa.list_(_EVENT)),
        ("dropped_events_count", _UINT),
        ("links", pa.list_(_LINK)),
        ("dropped_links_count", _UINT),
        *_RECEIVED,
        *CANONICAL,
        *_REDACTED,
        *_SAMPLED,
    ]
)

# What is derived of a log record: what it says of its span, and how to put it together.
LOG_CONTENT = pa.schema(
    [
        *CANONICAL_EVENT,
        # 'whole' speaks for all of the call, 'part' is one message of several, 'context' none;
        # null for a record that says nothing of its span.
        ("content_kind", _TEXT),
        # When it was said; messages that one clock tick brought are a nanosecond apart.
        ("said_at_ns", pa.int64()),
        ("response_id", _TEXT),
    ]
)

LOGS = pa.schema(
    [
        ("time", _TIME),
        ("time_ns", pa.int64()),
        ("observed_time", _TIME),
        ("observed_time_ns", pa.int64()),
        ("severity_number", pa.int32()),
        ("severity_text", _TEXT),
        ("event_name", _TEXT),
        ("body", _TEXT),
        ("body_type", _TEXT),
        ("trace_id", _TEXT),
        ("span_id", _TEXT),
        ("flags", _UINT),
        *_ENVELOPE,
        ("attributes", _ATTRIBUTES),
        ("attribute_types", _TEXT),
        ("dropped_attributes_count", _UINT),
        *_RECEIVED,
        ("service_name", _TEXT),
        ("experiment", _TEXT),
        *LOG_CONTENT,
        *_REDACTED,
    ]
)

_EXEMPLAR = pa.struct(
    [
        ("time_ns", pa.int64()),
        ("value_double", pa.float64()),
        ("value_int", pa.int64()),
        ("trace_id", _TEXT),
        ("span_id", _TEXT),
        ("attributes", _ATTRIBUTES),
        ("attribute_types", _TEXT),
    ]
)
_BUCKETS = pa.struct([("offset", pa.int32()), ("bucket_counts", pa.list_(pa.uint64()))])
_QUANTILE = pa.struct([("quantile", pa.float64()), ("value", pa.float64())])

METRICS = pa.schema(
    [
        ("name", _TEXT),
        ("description", _TEXT),
        ("unit", _TEXT),
        ("metric_type", _TEXT),
        ("aggregation_temporality", _TEXT),
        ("is_monotonic", pa.bool_()),
        ("metadata", _ATTRIBUTES),
        ("metadata_types", _TEXT),
        ("start_time", _TIME),
        ("time", _TIME),
        ("start_time_ns", pa.int64()),
        ("time_ns", pa.int64()),
        ("value_double", pa.float64()),
        ("value_int", pa.int64()),
        ("count", pa.uint64()),
        ("sum", pa.float64()),
        ("min", pa.float64()),
        ("max", pa.float64()),
        ("bucket_counts", pa.list_(pa.uint64())),
        ("explicit_bounds", pa.list_(pa.float64())),
        ("scale", pa.int32()),
        ("zero_count", pa.uint64()),
        ("zero_threshold", pa.float64()),
        ("positive", _BUCKETS),
        ("negative", _BUCKETS),
        ("quantile_values", pa.list_(_QUANTILE)),
        ("exemplars", pa.list_(_EXEMPLAR)),
        ("flags", _UINT),
        *_ENVELOPE,
        ("attributes", _ATTRIBUTES),
        ("attribute_types", _TEXT),
        *_RECEIVED,
        ("service_name", _TEXT),
        ("experiment", _TEXT),
        *_REDACTED,
    ]
)

# What is said outside of OTLP: by notebooks, the evaluator, the pages and the HTTP API.
ASSESSMENTS = pa.schema(
    [
        ("assessment_id", _TEXT),
        ("kind", _TEXT),
        ("name", _TEXT),
        # JSON; what it is besides stands in the column of its type.
        ("value", _TEXT),
        ("value_double", pa.float64()),
        ("value_string", _TEXT),
        ("value_bool", pa.bool_()),
        ("rationale", _TEXT),
        ("source_type", _TEXT),
        ("source_id", _TEXT),
        ("target_type", _TEXT),
        ("trace_id", _TEXT),
        ("span_id", _TEXT),
        ("session_id", _TEXT),
        ("run_id", _TEXT),
        ("error_code", _TEXT),
        ("error_message", _TEXT),
        ("metadata", _ATTRIBUTES),
        ("scorer_name", _TEXT),
        ("scorer_digest", _TEXT),
        ("judge_model", _TEXT),
        ("judge_input_tokens", pa.int64()),
        ("judge_output_tokens", pa.int64()),
        ("judge_cost_usd", pa.float64()),
        ("content_digest", _TEXT),
        ("created_at", _TIME),
        ("overrides", _TEXT),
        # Says nothing but that the assessment it overrides is taken back.
        ("is_deletion", pa.bool_()),
        ("record_id", _TEXT),
        ("experiment", _TEXT),
        *_RECEIVED,
    ]
)

# What came of a run: a row for each record and repetition, and one for each verdict on it.
RUN_RESULTS = pa.schema(
    [
        ("run_id", _TEXT),
        # 'row' or 'verdict'.
        ("kind", _TEXT),
        ("record_id", _TEXT),
        ("position", pa.int64()),
        ("repetition", pa.int64()),
        ("target_type", _TEXT),
        ("trace_id", _TEXT),
        ("span_id", _TEXT),
        ("session_id", _TEXT),
        ("split", _TEXT),
        # Of a row: JSON. Expectations and tags are objects.
        ("inputs", _TEXT),
        ("outputs", _TEXT),
        ("expectations", _TEXT),
        ("tags", _TEXT),
        ("latency_ms", pa.float64()),
        # Of a verdict, as an assessment has them.
        ("assessment_id", _TEXT),
        ("name", _TEXT),
        ("scorer_name", _TEXT),
        ("scorer_digest", _TEXT),
        ("value", _TEXT),
        ("value_double", pa.float64()),
        ("value_string", _TEXT),
        ("value_bool", pa.bool_()),
        ("passed", pa.bool_()),
        ("rationale", _TEXT),
        ("source_type", _TEXT),
        ("source_id", _TEXT),
        ("metadata", _ATTRIBUTES),
        ("judge_model", _TEXT),
        ("judge_input_tokens", pa.int64()),
        ("judge_output_tokens", pa.int64()),
        ("judge_cost_usd", pa.float64()),
        ("content_digest", _TEXT),
        # Of both.
        ("error_code", _TEXT),
        ("error_message", _TEXT),
        ("experiment", _TEXT),
        ("created_at", _TIME),
        *_RECEIVED,
    ]
)

TABLES: dict[str, pa.Schema] = {
    "spans": SPANS,
    "logs": LOGS,
    "metrics": METRICS,
    "assessments": ASSESSMENTS,
    "run_results": RUN_RESULTS,
}
TABLE_OF: dict[Signal, str] = {
    Signal.TRACES: "spans",
    Signal.LOGS: "logs",
    Signal.METRICS: "metrics",
}
