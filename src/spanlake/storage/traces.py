"""Traces as people look at them: a list of summaries, and one trace with its spans as a tree."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from spanlake.errors import NotFoundError, UserError
from spanlake.storage.condition import Condition, all_of
from spanlake.storage.lake import Lake
from spanlake.storage.query import query_errors
from spanlake.storage.search.compile import compile_filter
from spanlake.storage.span_tree import Place, SpanLink, in_tree_order
from spanlake.storage.trace_reader.selection import narrowed
from spanlake.storage.typed_rows import columns_of, typed_rows

_ID_LENGTH = 32
_ID_PREFIX = re.compile(rf"[0-9a-f]{{1,{_ID_LENGTH}}}")


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """A row of the view `traces`; the fields are some of its columns."""

    trace_id: str
    name: str | None
    start_time: datetime | None
    end_time: datetime | None
    duration_ms: float | None
    status_code: str
    error_count: int
    span_count: int
    llm_call_count: int
    tool_call_count: int
    input: str | None
    output: str | None
    input_tokens: int | None
    output_tokens: int | None
    total_tokens: int | None
    cost_usd: float | None
    unpriced_call_count: int
    models: tuple[str, ...]
    tools: tuple[str, ...]
    session_id: str | None
    user_id: str | None
    service_name: str | None
    is_complete: bool


@dataclass(frozen=True, slots=True)
class SpanSummary:
    """A row of the view `spans`; the fields are some of its columns."""

    span_id: str
    parent_span_id: str | None
    name: str | None
    span_type: str | None
    otel_kind: str | None
    start_time_ns: int | None
    end_time_ns: int | None
    duration_ms: float | None
    status_code: str
    is_error: bool
    error_type: str | None
    error_message: str | None
    model: str | None
    tool_name: str | None
    input_tokens: int | None
    output_tokens: int | None
    usage_is_rollup: bool | None
    cost_usd: float | None
    input: str | None
    output: str | None


@dataclass(frozen=True, slots=True)
class SpanNode:
    """A span at its place in the tree of its trace.

    depth: 0 for what stands at the top. descendants: how many of the following come below it.
    """

    span: SpanSummary
    place: Place
    depth: int
    descendants: int


@dataclass(frozen=True, slots=True)
class Trace:
    """A trace. spans: each one before its children, siblings by start time."""

    summary: TraceSummary
    spans: tuple[SpanNode, ...]


@dataclass(frozen=True, slots=True)
class TraceFilter:
    """Which traces: those that meet everything given here.

    filter_string: in the filter language. where: an SQL condition over the columns of `traces`.
    since: started then or later.
    """

    filter_string: str | None = None
    where: str | None = None
    since: datetime | None = None
    session_id: str | None = None
    has_errors: bool = False


def matching_traces(lake: Lake, chosen: TraceFilter) -> duckdb.DuckDBPyRelation:
    """The chosen rows of the view `traces`. UserError for a condition or a filter that is none."""
    compiled = compile_filter(chosen.filter_string or "", since=chosen.since)
    conditions = [narrowed(lake, compiled) or Condition("false")]
    if chosen.session_id is not None:
        conditions.append(
            Condition("list_contains(session_ids, $session_id)", {"session_id": chosen.session_id})
        )
    if chosen.has_errors:
        conditions.append(Condition("error_count > 0"))
    condition = all_of(conditions)
    relation = lake.sql(f"FROM traces WHERE {condition.sql}", dict(condition.params) or None)
    if chosen.where is None:
        return relation
    lake.make_views(chosen.where)
    with query_errors(lake, chosen.where, flag="--where"):
        return relation.filter(chosen.where)


def list_traces(lake: Lake, chosen: TraceFilter, *, limit: int) -> list[TraceSummary]:
    """The newest `limit` of the chosen traces, newest first."""
    relation = matching_traces(lake, chosen).order("start_time DESC, trace_id").limit(limit)
    with query_errors(lake, chosen.where or "", flag="--where"):
        return typed_rows(TraceSummary, relation.project(columns_of(TraceSummary)).fetchall())


def matching_ids(lake: Lake, chosen: TraceFilter) -> list[str]:
    """The ids of the chosen traces, in the order they started."""
    relation = matching_traces(lake, chosen).order("start_time, trace_id").project("trace_id")
    with query_errors(lake, chosen.where or "", flag="--where"):
        return [trace_id for (trace_id,) in relation.fetchall()]


def get_trace(lake: Lake, trace_id: str) -> Trace:
    """One trace by its id or the beginning of it. NotFoundError if there is none."""
    whole = full_trace_id(lake, trace_id)
    asked = {"id": whole}
    of_trace = f"SELECT {columns_of(TraceSummary)} FROM traces WHERE trace_id = $id"  # noqa: S608  # names of ours
    of_spans = f"SELECT {columns_of(SpanSummary)} FROM spans WHERE trace_id = $id"  # noqa: S608  # the same
    (summary,) = typed_rows(TraceSummary, lake.rows(of_trace, asked))
    spans = typed_rows(SpanSummary, lake.rows(of_spans, asked))
    return Trace(summary, as_tree(spans))


def as_tree(spans: Sequence[SpanSummary]) -> tuple[SpanNode, ...]:
    """The spans of one trace, each before its children."""
    links = [SpanLink(each.span_id, each.parent_span_id, each.start_time_ns) for each in spans]
    return tuple(
        SpanNode(spans[placed.position], placed.place, placed.depth, placed.descendants)
        for placed in in_tree_order(links)
    )


def all_ids(lake: Lake) -> list[str]:
    """The id of every trace."""
    rows = lake.rows("SELECT DISTINCT trace_id FROM spans ORDER BY trace_id")
    return [trace_id for (trace_id,) in rows]


def traces_with(
    lake: Lake, *, session_id: str | None = None, user_id: str | None = None
) -> list[str]:
    """The ids of the traces in which any span is of the session, or of the user."""
    rows = lake.rows(
        "SELECT DISTINCT trace_id FROM spans"
        " WHERE session_id = $session_id OR user_id = $user_id ORDER BY trace_id",
        {"session_id": session_id, "user_id": user_id},
    )
    return [trace_id for (trace_id,) in rows]


def full_trace_id(lake: Lake, prefix: str) -> str:
    """The one stored trace id that starts with `prefix`, whatever its case."""
    wanted = prefix.strip().lower()
    if not _ID_PREFIX.fullmatch(wanted):
        raise UserError(
            f"TRACE_ID is {prefix!r}: must be up to 32 hexadecimal digits; "
            "`spanlake traces list` shows the ids"
        )
    # Files say whether they may hold one id, and not which begin so.
    is_whole = len(wanted) == _ID_LENGTH
    condition = "= $prefix" if is_whole else "BETWEEN $prefix AND $prefix || 'g'"
    found = lake.rows(
        f"SELECT DISTINCT trace_id FROM spans WHERE trace_id {condition} ORDER BY trace_id LIMIT 2",  # noqa: S608  # one of two texts
        {"prefix": wanted},
    )
    if not found:
        raise NotFoundError(
            f"TRACE_ID is {prefix}: no stored trace starts with it; "
            "`spanlake traces list` shows the newest"
        )
    ids = [trace_id for (trace_id,) in found]
    if len(ids) > 1:
        raise UserError(
            f"TRACE_ID is {prefix}: more than one trace starts with it, such as "
            f"{' and '.join(ids)}; give more digits"
        )
    return str(ids[0])
