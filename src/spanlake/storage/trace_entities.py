"""Stored traces and sessions as the objects that Python code, such as a scorer, sees."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import orjson

from spanlake.entities import (
    Assessment,
    AssessmentError,
    AssessmentSource,
    Session,
    Span,
    SpanEvent,
    Trace,
)
from spanlake.storage.lake import Lake
from spanlake.storage.span_tree import SpanLink, in_tree_order

_JSON = frozenset(
    {
        "request_params",
        "system_instructions",
        "input_messages",
        "output_messages",
        "tool_definitions",
        "documents",
    }
)
_SPAN = tuple(each.name for each in fields(Span))
_TRACE = tuple(each.name for each in fields(Trace) if each.name not in ("spans", "assessments"))
_ASSESSMENT = (
    "assessment_id",
    "kind",
    "name",
    "value",
    "rationale",
    "source_type",
    "source_id",
    "error_code",
    "error_message",
    "target_type",
    "trace_id",
    "span_id",
    "session_id",
    "run_id",
    "scorer_name",
    "scorer_digest",
    "created_at",
    "metadata",
    "overrides",
    "is_valid",
)


def load_traces(lake: Lake, trace_ids: Sequence[str]) -> list[Trace]:
    """The stored ones of these traces, with spans and assessments, in the order of the ids."""
    summaries = {row[0]: row for row in _rows(lake, _TRACE, "traces", "trace_id", trace_ids)}
    spans: dict[str, list[Span]] = defaultdict(list)
    for row in _rows(lake, _SPAN, "spans", "trace_id", trace_ids):
        spans[row[0]].append(_span(dict(zip(_SPAN, row, strict=True))))
    said: dict[str | None, list[Assessment]] = defaultdict(list)
    for row in _rows(lake, _ASSESSMENT, "assessments", "trace_id", trace_ids):
        assessment = _assessment(dict(zip(_ASSESSMENT, row, strict=True)))
        if assessment.is_valid:
            said[assessment.trace_id].append(assessment)
    return [
        Trace(
            **dict(zip(_TRACE, map(_frozen, summaries[trace_id]), strict=True)),
            spans=_in_order(spans[trace_id]),
            assessments=_by_time(said[trace_id]),
        )
        for trace_id in trace_ids
        if trace_id in summaries
    ]


def load_sessions(lake: Lake, session_ids: Sequence[str]) -> list[Session]:
    """The stored ones of these sessions, with their traces by time, in the order of the ids."""
    pairs = _rows(lake, ("session_id", "trace_id"), "traces", "session_id", session_ids)
    members: dict[str | None, list[Trace]] = defaultdict(list)
    session_of = {trace_id: session_id for session_id, trace_id in pairs}
    for trace in load_traces(lake, list(session_of)):
        members[session_of[trace.trace_id]].append(trace)
    said: dict[str | None, list[Assessment]] = defaultdict(list)
    for row in _rows(lake, _ASSESSMENT, "assessments", "session_id", session_ids):
        assessment = _assessment(dict(zip(_ASSESSMENT, row, strict=True)))
        if assessment.is_valid and assessment.target_type == "session":
            said[assessment.session_id].append(assessment)
    return [
        Session(
            session_id=session_id,
            traces=tuple(sorted(members[session_id], key=_started)),
            assessments=_by_time(said[session_id]),
        )
        for session_id in session_ids
        if session_id in members
    ]


def _rows(
    lake: Lake, columns: Sequence[str], view: str, key: str, ids: Sequence[str]
) -> list[tuple[Any, ...]]:
    """The rows of a view with these ids."""
    if not ids:
        return []
    # A list of constants is pushed down to the files; a join with a list of ids is not.
    query = f"SELECT {', '.join(columns)} FROM {view} WHERE {key} IN ({', '.join('?' * len(ids))})"  # noqa: S608  # constants
    return lake.sql(query, list(ids)).fetchall()


def _started(trace: Trace) -> tuple[float, str]:
    return (trace.start_time.timestamp() if trace.start_time else 0.0, trace.trace_id)


def _by_time(assessments: Iterable[Assessment]) -> tuple[Assessment, ...]:
    return tuple(
        sorted(assessments, key=lambda each: each.created_at.timestamp() if each.created_at else 0)
    )


def _span(values: dict[str, Any]) -> Span:
    for name in _JSON:
        values[name] = _parsed(values[name])
    events = values.pop("events") or ()
    return Span(
        **{name: _frozen(value) for name, value in values.items() if value is not None},
        events=tuple(map(_event, events)),
    )


def _event(event: Mapping[str, Any]) -> SpanEvent:
    return SpanEvent(event.get("name"), event.get("time"), dict(event.get("attributes") or {}))


def _in_order(spans: Sequence[Span]) -> tuple[Span, ...]:
    links = [SpanLink(each.span_id, each.parent_span_id, each.start_time_ns) for each in spans]
    return tuple(spans[placed.position] for placed in in_tree_order(links))


def _assessment(values: dict[str, Any]) -> Assessment:
    source = AssessmentSource(values.pop("source_type"), values.pop("source_id"))
    code, message = values.pop("error_code"), values.pop("error_message")
    values["value"] = _parsed(values["value"])
    values["metadata"] = dict(values["metadata"] or {})
    error = None if code is None else AssessmentError(code, message)
    return Assessment(**values, source=source, error=error)


def _parsed(text: Any) -> Any:  # noqa: ANN401  # JSON, as DuckDB gives it
    if not isinstance(text, str):
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _frozen(value: Any) -> Any:  # noqa: ANN401  # whatever a column holds
    return tuple(value) if isinstance(value, list) else value
