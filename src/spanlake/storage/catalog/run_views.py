"""The columns that SQL sees of runs."""

import pyarrow as pa

_TEXT = pa.string()
_JSON = pa.json_(_TEXT)
_TIME = pa.timestamp("us", "UTC")
_COUNT = pa.int64()

RUNS_SCHEMA = pa.schema(
    [
        ("run_id", _TEXT),
        ("name", _TEXT),
        ("kind", _TEXT),
        ("state", _TEXT),
        ("experiment", _TEXT),
        ("dataset_id", _TEXT),
        ("dataset_name", _TEXT),
        ("dataset_version", _COUNT),
        ("dataset_digest", _TEXT),
        ("source_run_id", _TEXT),
        ("app_version", _TEXT),
        ("params", _JSON),
        ("scorers", _JSON),
        ("metrics", pa.map_(_TEXT, pa.float64())),
        ("tags", pa.map_(_TEXT, _TEXT)),
        ("quality_criteria", _TEXT),
        ("passed", pa.bool_()),
        ("reason", _TEXT),
        ("row_count", _COUNT),
        ("done_count", _COUNT),
        ("error_count", _COUNT),
        ("cost_usd", pa.float64()),
        ("error_message", _TEXT),
        ("started_at", _TIME),
        ("ended_at", _TIME),
    ]
)
