"""One page of a list of traces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from spanlake.storage.lake import Lake
from spanlake.storage.pages.trace_selection import STATUS, TraceSelection
from spanlake.storage.query import query_errors

SortKey = Literal[
    "start_time", "duration_ms", "total_tokens", "cost_usd", "error_count", "span_count", "name"
]
SORT_KEYS: tuple[SortKey, ...] = (
    "start_time",
    "duration_ms",
    "total_tokens",
    "cost_usd",
    "error_count",
    "span_count",
    "name",
)
_TEXTS = ("input", "output")
_LISTS = ("models", "tools", "tags", "span_types")
# A list shows the beginning of a text; a page is a few hundred kilobytes at most.
_SHOWN_LENGTH = 400
_MARKS = f"""
SELECT
    trace_id,
    name,
    kind,
    left(coalesce(
        value_string, value_bool::VARCHAR, value_double::VARCHAR, value::VARCHAR, 'error'
    ), 80),
    left(rationale, {_SHOWN_LENGTH}),
    source_type,
    source_id,
    left(error_message, {_SHOWN_LENGTH})
FROM assessments
WHERE is_valid AND trace_id IN $ids
ORDER BY created_at, name
"""  # noqa: S608  # a number of ours


@dataclass(frozen=True, slots=True)
class Mark:
    """An assessment as small as it can be: what it is called, what it says, and why."""

    name: str
    kind: str
    value: str
    rationale: str | None
    source_type: str | None
    source_id: str | None
    error_message: str | None


@dataclass(frozen=True, slots=True)
class TraceRow:
    """A trace in a list; input and output are the beginnings of the texts."""

    trace_id: str
    name: str | None
    start_time: datetime | None
    duration_ms: float | None
    status: str
    error_count: int
    span_count: int
    llm_call_count: int
    tool_call_count: int
    input: str | None
    output: str | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    unpriced_call_count: int
    models: tuple[str, ...]
    tools: tuple[str, ...]
    session_id: str | None
    user_id: str | None
    tags: tuple[str, ...]
    service_name: str | None
    environment: str | None
    experiment: str | None
    app_version: str | None
    is_complete: bool
    span_types: tuple[str, ...]
    marks: tuple[Mark, ...]


_COLUMNS = {
    field.name: {
        "status": STATUS,
        **{text: f"left({text}, {_SHOWN_LENGTH})" for text in _TEXTS},
    }.get(field.name, field.name)
    for field in fields(TraceRow)
    if field.name != "marks"
}


@dataclass(frozen=True, slots=True)
class TraceList:
    """The rows of one page, and whether another page follows."""

    rows: tuple[TraceRow, ...]
    has_more: bool

    @property
    def longest_ms(self) -> float:
        """The longest duration on the page."""
        return max((row.duration_ms or 0.0 for row in self.rows), default=0.0)


def read_trace_list(  # noqa: PLR0913  # what a list is about, and which part of it
    lake: Lake,
    selection: TraceSelection,
    *,
    sort: SortKey = "start_time",
    ascending: bool = False,
    offset: int = 0,
    limit: int = 50,
) -> TraceList:
    """A page of the chosen traces. UserError for a wrong filter."""
    condition = selection.condition()
    direction = "ASC" if ascending else "DESC"
    # What is sorted is narrow: all other columns are read of the rows on the page alone.
    query = (
        f"SELECT trace_id, start_time FROM traces WHERE {condition.sql}"  # noqa: S608  # names of ours; its values are bound
        f" ORDER BY {sort} {direction} NULLS LAST, trace_id LIMIT {limit + 1} OFFSET {offset}"
    )
    with query_errors(lake, query):
        found = lake.rows(query, dict(condition.params) or None)
    shown = dict(found[:limit])
    rows, marks = _rows(lake, shown), _marks(lake, list(shown))
    return TraceList(
        tuple(_row(rows[each], marks.get(each, ())) for each in shown if each in rows),
        has_more=len(found) > limit,
    )


def count_new_traces(lake: Lake, selection: TraceSelection, *, received_after: datetime) -> int:
    """How many of the chosen traces have only come since then, by the collector's clock."""
    # Most of the time nothing has, and that is cheap to see.
    after = {"after": received_after}
    query = "SELECT DISTINCT trace_id FROM spans WHERE received_at > $after"
    touched = [trace_id for (trace_id,) in lake.rows(query, after)]
    if not touched:
        return 0
    newer = lake.rows(
        "SELECT trace_id FROM spans WHERE list_contains($ids, trace_id)"
        " GROUP BY trace_id HAVING min(received_at) > $after",
        {"ids": touched, **after},
    )
    condition = selection.condition()
    rows = lake.rows(
        f"SELECT count(*) FROM traces WHERE {condition.sql} AND list_contains($new_ids, trace_id)",  # noqa: S608  # its values are bound
        {**condition.params, "new_ids": [trace_id for (trace_id,) in newer]},
    )
    return int(rows[0][0])


def _rows(lake: Lake, starts: Mapping[str, datetime | None]) -> Mapping[str, Mapping[str, Any]]:
    """The columns of some traces, by id. starts: of each, when it started."""
    if not starts:
        return {}
    asked: dict[str, object] = {"ids": list(starts)}
    query = f"SELECT {', '.join(_COLUMNS.values())} FROM traces WHERE trace_id IN $ids"  # noqa: S608  # names of ours
    moments = [each for each in starts.values() if each is not None]
    if len(moments) == len(starts):
        # Traces that started at another time are not even looked at.
        query += " AND start_time IN $moments"
        asked["moments"] = moments
    rows = (dict(zip(_COLUMNS, row, strict=True)) for row in lake.rows(query, asked))
    return {row["trace_id"]: row for row in rows}


def _marks(lake: Lake, ids: Sequence[str]) -> Mapping[str, Sequence[Mark]]:
    if not ids:
        return {}
    found: dict[str, list[Mark]] = {}
    for trace_id, *values in lake.rows(_MARKS, {"ids": ids}):
        found.setdefault(trace_id, []).append(Mark(*values))
    return found


def _row(values: Mapping[str, Any], marks: Sequence[Mark]) -> TraceRow:
    lists: dict[str, tuple[str, ...]] = {name: tuple(values[name] or ()) for name in _LISTS}
    return TraceRow(**{**values, **lists}, marks=tuple(marks))
