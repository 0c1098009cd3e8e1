"""The columns that SQL sees of datasets, their versions and their records."""

import pyarrow as pa

TEXT = pa.string()
JSON = pa.json_(TEXT)
_TIME = pa.timestamp("us", "UTC")
_COUNT = pa.int64()
_TAGS = pa.map_(TEXT, TEXT)

DATASETS_SCHEMA = pa.schema(
    [
        ("dataset_id", TEXT),
        ("name", TEXT),
        ("description", TEXT),
        ("experiment", TEXT),
        ("tags", _TAGS),
        ("granularity", TEXT),
        ("version", _COUNT),
        ("digest", TEXT),
        ("record_count", _COUNT),
        ("inputs_schema", JSON),
        ("expectations_schema", JSON),
        ("created_at", _TIME),
        ("updated_at", _TIME),
    ]
)
VERSIONS_SCHEMA = pa.schema(
    [
        ("dataset_id", TEXT),
        ("dataset", TEXT),
        ("version", _COUNT),
        ("digest", TEXT),
        ("record_count", _COUNT),
        ("added", _COUNT),
        ("changed", _COUNT),
        ("removed", _COUNT),
        ("note", TEXT),
        ("created_at", _TIME),
    ]
)
RECORDS_SCHEMA = pa.schema(
    [
        ("dataset_id", TEXT),
        ("dataset", TEXT),
        ("record_id", TEXT),
        ("position", _COUNT),
        ("inputs", JSON),
        ("outputs", JSON),
        ("expectations", JSON),
        ("tags", _TAGS),
        ("split", TEXT),
        ("source_type", TEXT),
        ("trace_id", TEXT),
        ("span_id", TEXT),
        ("session_id", TEXT),
        ("digest", TEXT),
        ("created_at", _TIME),
        ("updated_at", _TIME),
    ]
)
HISTORY_SCHEMA = pa.schema([*RECORDS_SCHEMA, ("from_version", _COUNT), ("to_version", _COUNT)])
