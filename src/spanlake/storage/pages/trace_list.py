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


# What a list is sorted and filtered by; texts are read of the rows on the page alone.
_COLUMNS = {
    field.name: f"{STATUS} AS status" if field.name == "status" else field.name
    for field in fields(TraceRow)
    if field.name not in {*_TEXTS, "marks"}
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
    query = (
        f"SELECT {', '.join(_COLUMNS.values())} FROM (FROM traces WHERE {condition.sql})"  # noqa: S608  # names of ours; its values are bound
        f" ORDER BY {sort} {direction} NULLS LAST, trace_id LIMIT {limit + 1} OFFSET {offset}"
    )
    with query_errors(lake, query):
        found = lake.rows(query, dict(condition.params) or None)
    rows = [dict(zip(_COLUMNS, row, strict=True)) for row in found]
    shown = rows[:limit]
    texts, marks = _texts(lake, shown), _marks(lake, shown)
    return TraceList(
        tuple(
            _row(row, texts.get(row["trace_id"], (None, None)), marks.get(row["trace_id"], ()))
            for row in shown
        ),
        has_more=len(rows) > limit,
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


def _texts(
    lake: Lake, rows: Sequence[Mapping[str, Any]]
) -> Mapping[str, tuple[str | None, str | None]]:
    """How questions and answers begin, by trace: of those on the page alone, as texts are long."""
    if not rows:
        return {}
    asked: dict[str, object] = {"ids": [row["trace_id"] for row in rows]}
    query = (
        f"SELECT trace_id, left(input, {_SHOWN_LENGTH}), left(output, {_SHOWN_LENGTH})"  # noqa: S608  # a number of ours
        " FROM traces WHERE trace_id IN $ids"
    )
    starts = [row["start_time"] for row in rows]
    if None not in starts:
        # Traces that started at another time are not even looked at.
        query += " AND start_time BETWEEN $first AND $last"
        asked |= {"first": min(starts), "last": max(starts)}
    found = lake.rows(query, asked)
    return {trace_id: (asked_text, answer) for trace_id, asked_text, answer in found}


def _marks(lake: Lake, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Sequence[Mark]]:
    if not rows:
        return {}
    found: dict[str, list[Mark]] = {}
    asked = {"ids": [row["trace_id"] for row in rows]}
    for trace_id, *values in lake.rows(_MARKS, asked):
        found.setdefault(trace_id, []).append(Mark(*values))
    return found


def _row(
    values: Mapping[str, Any], texts: tuple[str | None, str | None], marks: Sequence[Mark]
) -> TraceRow:
    lists: dict[str, tuple[str, ...]] = {name: tuple(values[name] or ()) for name in _LISTS}
    asked, answered = texts
    return TraceRow(**{**values, **lists}, input=asked, output=answered, marks=tuple(marks))
