"""The columns that SQL sees of queues and labels."""

import pyarrow as pa

_TEXT = pa.string()
_JSON = pa.json_(_TEXT)
_TIME = pa.timestamp("us", "UTC")
_COUNT = pa.int64()

QUEUES_SCHEMA = pa.schema(
    [
        ("queue_id", _TEXT),
        ("name", _TEXT),
        ("description", _TEXT),
        ("experiment", _TEXT),
        ("content", _TEXT),
        ("schemas", pa.list_(_TEXT)),
        ("assigned_users", pa.list_(_TEXT)),
        ("reviewers_per_item", _COUNT),
        ("rule", _TEXT),
        ("item_count", _COUNT),
        ("pending_count", _COUNT),
        ("complete_count", _COUNT),
        ("skipped_count", _COUNT),
        ("declined_count", _COUNT),
        ("created_by", _TEXT),
        ("created_at", _TIME),
        ("closed_at", _TIME),
    ]
)
LABELS_SCHEMA = pa.schema(
    [
        ("queue_id", _TEXT),
        ("queue", _TEXT),
        ("item_id", _TEXT),
        ("trace_id", _TEXT),
        ("span_id", _TEXT),
        ("session_id", _TEXT),
        ("name", _TEXT),
        ("schema_id", _TEXT),
        ("schema_version", _COUNT),
        ("kind", _TEXT),
        ("reviewer", _TEXT),
        ("role", _TEXT),
        ("value", _JSON),
        ("value_double", pa.float64()),
        ("value_string", _TEXT),
        ("value_bool", pa.bool_()),
        ("comment", _TEXT),
        ("is_final", pa.bool_()),
        ("assessment_id", _TEXT),
        ("answered_at", _TIME),
    ]
)
