"""Rows of the views as entities; columns that hold JSON are parsed."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import orjson

from spanlake.entities import Assessment, Span, SpanEvent, Trace
from spanlake.storage.assessments.row import COLUMNS as STORED_ASSESSMENT
from spanlake.storage.assessments.row import AssessmentRow

TRACE_COLUMNS = tuple(
    field.name for field in fields(Trace) if field.name not in {"spans", "assessments"}
)
SPAN_COLUMNS = tuple(field.name for field in fields(Span))
ASSESSMENT_COLUMNS = tuple(name for name in STORED_ASSESSMENT if name != "is_deletion")
_SPAN_JSON = {
    "request_params",
    "system_instructions",
    "input_messages",
    "output_messages",
    "tool_definitions",
    "documents",
}
_MAPS = {"metadata", "attributes"}
_LISTS = {"finish_reasons", "tags", "models", "tools"}


def trace_of(row: Sequence[Any]) -> Trace:
    """A trace without its spans and assessments. row: the TRACE_COLUMNS."""
    values = dict(zip(TRACE_COLUMNS, row, strict=True))
    return Trace(**{name: _plain(name, value) for name, value in values.items()})


def span_of(row: Sequence[Any]) -> Span:
    """A span. row: the SPAN_COLUMNS."""
    values = dict(zip(SPAN_COLUMNS, row, strict=True))
    events = tuple(map(_event, values.pop("events") or ()))
    return Span(
        **{
            name: parsed(value) if name in _SPAN_JSON else _plain(name, value)
            for name, value in values.items()
        },
        events=events,
    )


def assessment_of(row: Sequence[Any]) -> Assessment:
    """A valid assessment. row: the ASSESSMENT_COLUMNS."""
    values = dict(zip(ASSESSMENT_COLUMNS, row, strict=True))
    return AssessmentRow(**values | {"metadata": values["metadata"] or {}}).assessment()


def parsed(text: str | None) -> Any:  # noqa: ANN401  # whatever JSON holds
    """A column of JSON; what orjson does not take for it, such as a lone surrogate, stays text."""
    if text is None:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _plain(name: str, value: Any) -> Any:  # noqa: ANN401  # whatever a column holds
    """A value as an entity has it: what is not there is an empty list, or an empty mapping."""
    if name in _LISTS:
        return tuple(value or ())
    if name in _MAPS:
        return value or {}
    return value


def _event(event: Mapping[str, Any]) -> SpanEvent:
    return SpanEvent(event["name"], event["time"], event["attributes"] or {})
