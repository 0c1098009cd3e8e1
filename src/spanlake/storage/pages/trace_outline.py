"""A trace as its page shows it: what it says as a whole, and its spans without their texts."""

from dataclasses import dataclass, fields
from typing import NamedTuple

from spanlake.errors import NotFoundError
from spanlake.storage.lake import Lake
from spanlake.storage.span_tree import PlacedSpan, SpanLink, in_tree_order
from spanlake.storage.traces import TraceSummary, full_trace_id
from spanlake.storage.typed_rows import typed_rows

# What the head of a page shows of a question or an answer; the rest is a click away.
_TEXT_LENGTH = 20_000


@dataclass(frozen=True, slots=True)
class TraceHead(TraceSummary):
    """A trace as a whole; input and output are cut, their lengths are whole."""

    input_length: int | None
    output_length: int | None
    tags: tuple[str, ...]
    environment: str | None
    experiment: str | None
    app_version: str | None
    root_span_id: str | None


class OutlineSpan(NamedTuple):
    """A row of the view `spans`, as far as the tree needs it; quick to make by thousands."""

    span_id: str
    parent_span_id: str | None
    name: str | None
    span_type: str | None
    otel_kind: str | None
    start_time_ns: int | None
    end_time_ns: int | None
    duration_ms: float | None
    is_error: bool
    error_type: str | None
    error_message: str | None
    model: str | None
    tool_name: str | None
    agent_name: str | None
    input_tokens: int | None
    output_tokens: int | None
    usage_is_rollup: bool | None
    cost_usd: float | None
    time_to_first_token_ms: float | None


class OutlineNode(NamedTuple):
    """A span at its place in the tree."""

    span: OutlineSpan
    placed: PlacedSpan


@dataclass(frozen=True, slots=True)
class SessionTurn:
    """Which of the traces of its session a trace is, and the ids of those beside it.

    number: from 1 on.
    """

    number: int
    total: int
    previous: str | None
    following: str | None


@dataclass(frozen=True, slots=True)
class TraceOutline:
    """A trace. nodes: each span before its children."""

    head: TraceHead
    nodes: tuple[OutlineNode, ...]


_HEAD_COLUMNS = ", ".join(
    {
        "input": f"left(input, {_TEXT_LENGTH}) AS input",
        "output": f"left(output, {_TEXT_LENGTH}) AS output",
        "input_length": "length(input) AS input_length",
        "output_length": "length(output) AS output_length",
    }.get(field.name, field.name)
    for field in fields(TraceHead)
)
_SPAN_COLUMNS = ", ".join(
    {"error_message": "left(error_message, 400) AS error_message"}.get(name, name)
    for name in OutlineSpan._fields
)

_TURNS = """
SELECT
    count(*),
    count(*) FILTER (start_time < $start),
    max(start_time) FILTER (start_time < $start),
    min(start_time) FILTER (start_time > $start)
FROM traces
WHERE session_id = $id
"""
_NEAR = """
SELECT trace_id, start_time
FROM traces
WHERE session_id = $id AND start_time BETWEEN $first AND $last
ORDER BY start_time, trace_id
"""


def read_trace_outline(lake: Lake, trace_id: str) -> TraceOutline:
    """One trace by its id or the beginning of it. NotFoundError if there is none."""
    head = _head(lake, trace_id) or _head(lake, full_trace_id(lake, trace_id))
    if head is None:  # deleted just now
        raise NotFoundError(f"TRACE_ID is {trace_id}: no stored trace has it")
    nodes = read_outline_nodes(lake, head.trace_id)
    return TraceOutline(head, nodes)


def read_outline_nodes(lake: Lake, trace_id: str) -> tuple[OutlineNode, ...]:
    """The spans of a trace, each one before its children.

    Of one that was sent twice it is the last to end that counts.
    """
    rows = lake.rows(
        f"SELECT {_SPAN_COLUMNS} FROM spans WHERE trace_id = $id",  # noqa: S608  # names of ours
        {"id": trace_id},
    )
    by_id: dict[str, OutlineSpan] = {}
    for span in map(OutlineSpan._make, rows):
        other = by_id.get(span.span_id)
        if other is None or (span.end_time_ns or 0) > (other.end_time_ns or 0):
            by_id[span.span_id] = span
    spans = list(by_id.values())
    links = [SpanLink(each.span_id, each.parent_span_id, each.start_time_ns) for each in spans]
    return tuple(OutlineNode(spans[placed.position], placed) for placed in in_tree_order(links))


def read_trace_text(lake: Lake, trace_id: str, column: str) -> str | None:
    """The whole `input` or `output` of a trace. NotFoundError if there is no such trace."""
    assert column in {"input", "output"}  # noqa: S101  # a programmer's mistake
    rows = lake.rows(
        f"SELECT {column} FROM traces WHERE trace_id = $id",  # noqa: S608  # one of two names
        {"id": full_trace_id(lake, trace_id)},
    )
    return rows[0][0] if rows else None


def _head(lake: Lake, trace_id: str) -> TraceHead | None:
    found = lake.rows(
        f"SELECT {_HEAD_COLUMNS} FROM traces WHERE trace_id = $id",  # noqa: S608  # names of ours
        {"id": trace_id},
    )
    return next(iter(typed_rows(TraceHead, found)), None)


def read_session_turn(lake: Lake, head: TraceHead) -> SessionTurn | None:
    """The place of a trace in its session, by time and id; None if it is of none."""
    if head.session_id is None or head.start_time is None:
        return None
    asked = {"id": head.session_id, "start": head.start_time}
    total, earlier, before, after = lake.rows(_TURNS, asked)[0]
    # What started at a moment is found sooner than the ids of a long session are read.
    between = {"first": before or head.start_time, "last": after or head.start_time}
    near = lake.rows(_NEAR, {"id": head.session_id, **between})
    ids = [trace_id for trace_id, _ in near]
    if head.trace_id not in ids:
        return None  # it has changed just now
    at = ids.index(head.trace_id)
    return SessionTurn(
        number=earlier + sum(1 for _, start in near[:at] if start == head.start_time) + 1,
        total=total,
        previous=ids[at - 1] if at else None,
        following=ids[at + 1] if at + 1 < len(ids) else None,
    )
