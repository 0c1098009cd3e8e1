"""One page of a list of traces, with what is counted of all that were chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Literal

from spanlake.storage.lake import Lake
from spanlake.storage.pages.trace_selection import FACETS, TraceSelection, chosen_traces

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
# A list shows the beginning of a text; a page is a few hundred kilobytes at most.
_SHOWN_LENGTH = 400
_MAX_VALUES = 12
_MAX_BUCKETS = 72
_SECOND, _MINUTE, _HOUR, _DAY = 1, 60, 3600, 86400
# How long a bar of the histogram may stand for, in seconds.
_WIDTHS = (
    *(_SECOND * n for n in (1, 2, 5, 10, 30)),
    *(_MINUTE * n for n in (1, 2, 5, 10, 30)),
    *(_HOUR * n for n in (1, 2, 4, 12)),
    *(_DAY * n for n in (1, 2, 7, 30, 91, 365)),
)


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


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bar of the histogram: how many of the traces that started then failed, or did not."""

    start: datetime
    end: datetime
    ok: int
    errors: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.ok + self.errors


@dataclass(frozen=True, slots=True)
class FacetCounts:
    """The most frequent values of a facet. others: how many further values there are."""

    name: str
    values: tuple[tuple[str, int], ...]
    others: int


@dataclass(frozen=True, slots=True)
class TracePage:
    """The rows of one page, and what all chosen traces come to.

    longest_ms: the longest duration on the page.
    """

    rows: tuple[TraceRow, ...]
    total: int
    errors: int
    longest_ms: float
    histogram: tuple[Bucket, ...]
    facets: tuple[FacetCounts, ...]


def read_trace_page(  # noqa: PLR0913  # what a list is about, and which part of it
    lake: Lake,
    selection: TraceSelection,
    *,
    sort: SortKey = "start_time",
    ascending: bool = False,
    offset: int = 0,
    limit: int = 50,
) -> TracePage:
    """A page of the chosen traces, and the counts over all of them. UserError for the filter."""
    with chosen_traces(lake, selection):
        counted = lake.sql(
            "SELECT count(*), count(*) FILTER (status = 'error') FROM chosen_traces"
        ).fetchall()
        total, errors = counted[0]
        rows = _rows(lake, sort, ascending=ascending, offset=offset, limit=limit)
        longest = max((row.duration_ms or 0.0 for row in rows), default=0.0)
        return TracePage(rows, total, errors, longest, _histogram(lake, selection), _facets(lake))


def count_new_traces(lake: Lake, selection: TraceSelection, *, received_after: datetime) -> int:
    """How many of the chosen traces have only come since then, by the collector's clock."""
    # Most of the time nothing has, and that is cheap to see.
    after = {"after": received_after}
    query = "SELECT DISTINCT trace_id FROM spans WHERE received_at > $after"
    touched = [trace_id for (trace_id,) in lake.sql(query, after).fetchall()]
    if not touched:
        return 0
    newer = lake.sql(
        "SELECT trace_id FROM spans WHERE list_contains($ids, trace_id)"
        " GROUP BY trace_id HAVING min(received_at) > $after",
        {"ids": touched, **after},
    ).fetchall()
    condition = selection.condition()
    rows = lake.sql(
        f"SELECT count(*) FROM traces WHERE {condition.sql} AND list_contains($new_ids, trace_id)",  # noqa: S608  # its values are bound
        {**condition.params, "new_ids": [trace_id for (trace_id,) in newer]},
    ).fetchall()
    return int(rows[0][0])


def bucket_seconds(first: datetime, last: datetime) -> int:
    """How long a piece of this time should be so that a chart has some dozens of them."""
    seconds = (last - first).total_seconds()
    return next((each for each in _WIDTHS if seconds / each <= _MAX_BUCKETS), _WIDTHS[-1])


def _rows(
    lake: Lake, sort: SortKey, *, ascending: bool, offset: int, limit: int
) -> tuple[TraceRow, ...]:
    names = ", ".join(field.name for field in fields(TraceRow) if field.name not in _TEXTS)
    direction = "ASC" if ascending else "DESC"
    found = lake.sql(
        f"SELECT {names} FROM chosen_traces"  # noqa: S608  # names of ours
        f" ORDER BY {sort} {direction} NULLS LAST, trace_id LIMIT $limit OFFSET $offset",
        {"limit": limit, "offset": offset},
    )
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    texts = _texts(lake, rows)
    return tuple(_row(row, *texts.get(row["trace_id"], (None, None))) for row in rows)


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
    found = lake.sql(query, asked).fetchall()
    return {trace_id: (asked_text, answer) for trace_id, asked_text, answer in found}


def _row(values: Mapping[str, Any], asked: str | None, answered: str | None) -> TraceRow:
    frozen: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
    marks = tuple(Mark(**mark) for mark in frozen.pop("marks"))
    return TraceRow(**frozen, input=asked, output=answered, marks=marks)


def _histogram(lake: Lake, selection: TraceSelection) -> tuple[Bucket, ...]:
    """Bars of one width over the time asked for, or over that of the traces."""
    ends = lake.sql("SELECT min(start_time), max(start_time) FROM chosen_traces").fetchall()
    first, last = ends[0]
    if first is None:
        return ()
    first = selection.since or first
    last = max(last, selection.until or last)
    width = bucket_seconds(first, last)
    counts = lake.sql(
        "SELECT epoch(start_time)::BIGINT // $width AS bucket,"
        " count(*) FILTER (status = 'ok'), count(*) FILTER (status = 'error')"
        " FROM chosen_traces WHERE start_time IS NOT NULL GROUP BY bucket ORDER BY bucket",
        {"width": width},
    ).fetchall()
    by_bucket = {bucket: (ok, errors) for bucket, ok, errors in counts}
    start = int(first.timestamp()) // width
    end = max(start + 1, min(int(last.timestamp()) // width + 1, start + 4 * _MAX_BUCKETS))
    zone = first.tzinfo
    return tuple(
        Bucket(
            datetime.fromtimestamp(number * width, zone),
            datetime.fromtimestamp(number * width, zone) + timedelta(seconds=width),
            *by_bucket.get(number, (0, 0)),
        )
        for number in range(start, end)
    )


def _facets(lake: Lake) -> tuple[FacetCounts, ...]:
    """All facets in one query: planning one takes longer than counting."""
    parts = [
        f"SELECT '{facet.name}' AS facet, value, count(*) AS n FROM (SELECT "  # noqa: S608  # of FACETS
        + (f"unnest({facet.counted})" if facet.is_list else facet.counted)
        + " AS value FROM chosen_traces) WHERE value IS NOT NULL GROUP BY value"
        for facet in FACETS
    ]
    counted = lake.sql(
        "SELECT facet, value, n, count(*) OVER (PARTITION BY facet) AS values FROM ("  # noqa: S608  # of FACETS
        + " UNION ALL ".join(parts)
        + ") QUALIFY row_number() OVER (PARTITION BY facet ORDER BY n DESC, value) <= $most"
        " ORDER BY n DESC, value",
        {"most": _MAX_VALUES},
    ).fetchall()
    found: dict[str, list[tuple[str, int]]] = {facet.name: [] for facet in FACETS}
    totals = dict.fromkeys(found, 0)
    for name, value, n, values in counted:
        found[name].append((value, n))
        totals[name] = values
    return tuple(
        FacetCounts(name, tuple(values), totals[name] - len(values))
        for name, values in found.items()
        if values
    )
