"""What users of MLflow's search_traces type."""

import pytest

from spanlake.storage.lake import Lake
from spanlake.storage.search.compile import filter_condition

# One of each form that MLflow 3.18 knows, as its users write them; the double quotes are theirs.
MLFLOW = [
    "trace.status = 'OK'",
    'trace.status != "ERROR"',
    "status IN ('OK', 'ERROR')",
    "attributes.status = 'OK'",
    "attribute.timestamp_ms > 1749006880539",
    "timestamp > 1749006880539 AND timestamp <= 1949006880539",
    "trace.end_time_ms >= 1749006880539 AND trace.end_time < 1949006880539",
    "execution_time > 1000",
    "trace.execution_time_ms >= 200 AND trace.execution_time_ms <= 800",
    "request_id = 'tr-0af7651916cd43dd8448eb211c80319c'",
    "trace_id IN ('tr-0af7651916cd43dd8448eb211c80319c')",
    "client_request_id = 'req-1'",
    "trace.client_request_id LIKE 'req-%'",
    "run_id = 'run_id_123456'",
    "metadata.`mlflow.sourceRun` = 'run_id_123456'",
    "name = 'predict'",
    "trace.name LIKE '%inference%' AND trace.name ILIKE '%PREDICT%'",
    r"trace.name RLIKE '^(predict|inference)_[0-9]+\.x$'",
    "name NOT IN ('a', 'b')",
    "tag.model_name = 'gpt-4'",
    "tags.environment ILIKE '%prod%'",
    r"tag.version RLIKE '^v[0-9]+\.[0-9]+'",
    "tags.`mlflow.traceName` = 'my_function'",
    'tags."mlflow.traceName" != "other"',
    "tag.priority IS NULL",
    "tags.priority IS NOT NULL",
    "metadata.`mlflow.trace.session` = 'session_abc'",
    "request_metadata.mlflow.trace.user = 'ada'",
    "metadata.user_id LIKE 'user%'",
    "metadata.user_id IS NULL",
    'prompt = "qa-agent-system-prompt/4"',
    "span.name = 'llm_call'",
    "span.name LIKE '%embedding%' AND span.type = 'LLM'",
    "span.type RLIKE '^LLM'",
    "span.type IN ('LLM', 'CHAT_MODEL')",
    "span.status = 'ERROR'",
    "span.content LIKE '%authentication error%'",
    "span.attributes.model_version LIKE '%v2%'",
    "span.attributes.`llm.temperature` ILIKE '%0.7%'",
    "span.attributes.model RLIKE '^gpt'",
    "feedback.rating = 'positive'",
    "feedback.rating != 'positive' AND feedback.score >= 0.5",
    "feedback.user_comment LIKE '%helpful%'",
    "feedback.`retrieval groundedness` = 'yes'",
    "feedback.rating IS NULL",
    "expectation.accuracy = 'high'",
    "expectation.label ILIKE '%success%'",
    "trace.text LIKE '%tell me a story'",
    """
        tag.environment = 'production'
        AND trace.status = 'ERROR'
        AND trace.execution_time_ms > 500
    """,
]


@pytest.mark.parametrize("text", MLFLOW)
def test_a_filter_of_mlflow(lake: Lake, text: str) -> None:
    """What MLflow's search_traces takes is taken, and is SQL that the views answer."""
    condition = filter_condition(text)
    lake.sql(f"FROM traces WHERE {condition.sql}", dict(condition.params)).fetchall()
