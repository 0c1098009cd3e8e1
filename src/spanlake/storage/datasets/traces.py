"""Stored traces and sessions as records of a dataset; what was expected of them comes along."""

from collections.abc import Iterator
from typing import Any

import duckdb
import orjson

from spanlake.errors import UserError
from spanlake.storage.catalog.dataset_record import (
    Granularity,
    NewRecord,
    RecordSource,
    record_id_of,
)
from spanlake.storage.catalog.json_text import json_text
from spanlake.storage.lake import Lake
from spanlake.storage.query import query_errors
from spanlake.storage.traces import TraceFilter, matching_traces

_TRACES = """
SELECT
    chosen.trace_id,
    chosen.root_span_id,
    chosen.session_id,
    chosen.input,
    chosen.output,
    root.span_type IS NOT DISTINCT FROM 'LLM' AS is_said_by_a_model,
    expected.expectations
FROM lake.matching_traces AS chosen
LEFT JOIN (
    SELECT trace_id, span_id, any_value(span_type) AS span_type
    FROM lake.span_facts
    GROUP BY trace_id, span_id
) AS root ON root.trace_id = chosen.trace_id AND root.span_id = chosen.root_span_id
LEFT JOIN (
    SELECT trace_id, to_json(map_from_entries(list((name, value)))) AS expectations
    FROM (
        SELECT trace_id, name, arg_max(value, created_at) AS value
        FROM assessments
        WHERE kind = 'expectation' AND is_valid AND target_type IN ('trace', 'span')
        GROUP BY trace_id, name
    )
    GROUP BY trace_id
) AS expected ON expected.trace_id = chosen.trace_id
WHERE chosen.input IS NOT NULL
ORDER BY chosen.start_time, chosen.trace_id
"""

_SESSIONS = """
SELECT
    chosen.session_id,
    list(chosen.input ORDER BY chosen.start_time, chosen.trace_id) AS inputs,
    list(chosen.output ORDER BY chosen.start_time, chosen.trace_id) AS outputs,
    any_value(expected.expectations) AS expectations
FROM lake.matching_traces AS chosen
LEFT JOIN (
    SELECT session_id, to_json(map_from_entries(list((name, value)))) AS expectations
    FROM (
        SELECT session_id, name, arg_max(value, created_at) AS value
        FROM assessments
        WHERE kind = 'expectation' AND is_valid AND target_type = 'session'
        GROUP BY session_id, name
    )
    GROUP BY session_id
) AS expected ON expected.session_id = chosen.session_id
WHERE chosen.session_id IS NOT NULL AND chosen.input IS NOT NULL
GROUP BY chosen.session_id
ORDER BY min(chosen.start_time), chosen.session_id
"""


def records_from_traces(
    lake: Lake,
    chosen: TraceFilter,
    *,
    granularity: Granularity = "trace",
    sample: float = 1.0,
    limit: int | None = None,
) -> Iterator[NewRecord]:
    """A record for each of the chosen traces with an input, or for each session they belong to.

    A trace's inputs are the object that its root was called with, or {"input": TEXT}; a session's
    are {"turns": [TEXT, ...]}, and its outputs the list of answers. sample: the share to take, the
    same ones every time. limit: how many at most, the first ones. Raises UserError.
    """
    if not 0 < sample <= 1:
        raise UserError(f"--sample is {sample}: must be above 0 and at most 1, such as 0.1")
    with query_errors(lake, chosen.where or "", flag="--where" if chosen.where else None):
        traces = _sampled(matching_traces(lake, chosen), granularity, sample)
        lake.sql("DROP TABLE IF EXISTS lake.matching_traces")
        traces.create("lake.matching_traces")
        found = lake.sql(_TRACES if granularity == "trace" else _SESSIONS)
        if limit is not None:
            found = found.limit(limit)
        for row in found.iter_rows():
            yield _of_trace(*row) if granularity == "trace" else _of_session(*row)


def _sampled(
    traces: duckdb.DuckDBPyRelation, granularity: Granularity, sample: float
) -> duckdb.DuckDBPyRelation:
    """Those whose id hashes low: a smaller sample is a part of a larger one."""
    if sample == 1:
        return traces
    key = "trace_id" if granularity == "trace" else "session_id"
    return traces.filter(f"md5_number_lower('sample ' || {key}) / 18446744073709551616 < {sample}")


def _of_trace(  # noqa: PLR0913, PLR0917  # the columns of the query
    trace_id: str,
    span_id: str,
    session_id: str | None,
    given: str,
    answer: str | None,
    is_said_by_a_model: bool,  # noqa: FBT001
    expectations: str | None,
) -> NewRecord:
    inputs = _said(given, is_text=is_said_by_a_model)
    return _record(
        inputs if isinstance(inputs, dict) and inputs else {"input": given},
        _said(answer, is_text=is_said_by_a_model),
        expectations,
        RecordSource("TRACE", trace_id, span_id, session_id),
        "trace",
    )


def _of_session(
    session_id: str, given: list[str], answers: list[str | None], expectations: str | None
) -> NewRecord:
    source = RecordSource("TRACE", session_id=session_id)
    return _record({"turns": given}, answers, expectations, source, "session")


def _record(
    inputs: dict[str, Any],
    outputs: Any,  # noqa: ANN401  # any JSON
    expectations: str | None,
    source: RecordSource,
    granularity: Granularity,
) -> NewRecord:
    text = json_text(inputs, typed="the input of a trace")
    return NewRecord(
        record_id=record_id_of(text),
        inputs=text,
        outputs=None if outputs is None else json_text(outputs, typed="the output of a trace"),
        has_outputs=outputs is not None,
        expectations=orjson.loads(expectations) if expectations else {},
        source=source,
        granularity=granularity,
    )


def _said(text: str | None, *, is_text: bool) -> Any:  # noqa: ANN401  # any JSON
    """What a function took or returned; what a model wrote is text, also where it is JSON."""
    if text is None or is_text or not text.startswith("{"):
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
