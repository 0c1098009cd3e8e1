"""Traces and sessions with all that belongs to them, in a bounded number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from spanlake.entities import Assessment, Session, Span, Trace
from spanlake.errors import NotFoundError
from spanlake.storage.lake import Lake
from spanlake.storage.search.printing import quoted
from spanlake.storage.span_tree import SpanLink, in_tree_order
from spanlake.storage.trace_reader.rows import (
    ASSESSMENT_COLUMNS,
    SPAN_COLUMNS,
    TRACE_COLUMNS,
    assessment_of,
    span_of,
    trace_of,
)
from spanlake.storage.trace_reader.selection import TraceQuery, selected_rows
from spanlake.storage.traces import full_trace_id

# What is read at once: two queries each, and what they return is in memory.
_SPANS_A_BATCH = 5_000
_TRACES_A_BATCH = 1_000

_TRACES = f"SELECT {', '.join(TRACE_COLUMNS)} FROM traces WHERE trace_id IN ($ids)"  # noqa: S608  # names of ours
# A list of constants finds its files by their filters; a join with a list of ids opens all.
_SPANS = f"""
SELECT {", ".join(SPAN_COLUMNS)}
FROM spans
WHERE trace_id IN ($ids)
-- Of a span that was sent twice, the last to end counts.
QUALIFY 1 = row_number() OVER (
    PARTITION BY trace_id, span_id ORDER BY end_time_ns DESC, received_at DESC
)
ORDER BY trace_id, start_time_ns, span_id
"""  # noqa: S608  # names of ours
_ASSESSMENTS = f"SELECT {', '.join(ASSESSMENT_COLUMNS)} FROM assessments WHERE is_valid AND "  # noqa: S608  # names of ours
_OF_TRACES = "trace_id IN ($ids) ORDER BY created_at, assessment_id"
_OF_SESSIONS = "target_type = 'session' AND session_id IN ($ids) ORDER BY created_at, assessment_id"


def read_traces(lake: Lake, query: TraceQuery, *, include_spans: bool = True) -> Iterator[Trace]:
    """The traces that a query is for, with their spans and valid assessments.

    They come in batches, so that of very many few are in memory. include_spans: else the traces
    have none, which is much faster. UserError for what is wrong in the query, at once.
    """
    rows = selected_rows(lake, query, TRACE_COLUMNS)
    return completed(lake, map(trace_of, rows), include_spans=include_spans)


def read_trace(lake: Lake, trace_id: str) -> Trace:
    """One trace by its id, or the beginning of it. NotFoundError if there is none."""
    whole = full_trace_id(lake, trace_id.strip().lower().removeprefix("tr-"))
    return lake.traces(f"trace_id = {quoted(whole)}")[0]


def read_session(lake: Lake, session_id: str) -> Session:
    """A session with its traces, the first to start first. NotFoundError if nothing names it."""
    traces = tuple(lake.traces(f"span.session_id = {quoted(session_id)}", order_by="start_time"))
    said = _said_of_sessions(lake, [session_id])[session_id]
    if not traces and not said:
        raise NotFoundError(
            f"session_id is {session_id}: no stored trace has it; "
            '`spanlake sql "FROM sessions"` shows which there are'
        )
    return Session(session_id=session_id, traces=traces, assessments=tuple(said))


def load_traces(lake: Lake, trace_ids: Sequence[str]) -> list[Trace]:
    """The stored ones of these traces, in the order of the ids."""
    rows = _asked(lake, _TRACES, trace_ids)
    whole = completed(lake, map(trace_of, rows), include_spans=True)
    found = {trace.trace_id: trace for trace in whole}
    return [found[trace_id] for trace_id in trace_ids if trace_id in found]


def load_sessions(lake: Lake, session_ids: Sequence[str]) -> list[Session]:
    """The stored ones of these sessions, with their traces by time, in the order of the ids."""
    query = "SELECT trace_id, session_id FROM traces WHERE session_id IN ($ids) ORDER BY start_time"
    session_of: dict[str, str] = dict(_asked(lake, query, session_ids))
    members: defaultdict[str, list[Trace]] = defaultdict(list)
    for trace in load_traces(lake, list(session_of)):
        members[session_of[trace.trace_id]].append(trace)
    said = _said_of_sessions(lake, session_ids)
    return [
        Session(
            session_id=session_id,
            traces=tuple(members[session_id]),
            assessments=tuple(said[session_id]),
        )
        for session_id in session_ids
        if session_id in members
    ]


def completed(lake: Lake, traces: Iterator[Trace], *, include_spans: bool) -> Iterator[Trace]:
    """Traces with their spans, if they are to have them, and what was said of each."""
    for batch in _batches(traces):
        ids = [trace.trace_id for trace in batch]
        spans = _spans(lake, ids) if include_spans else {}
        assessments = _assessments(lake, ids)
        for trace in batch:
            yield replace(
                trace,
                spans=tuple(_in_order(spans.get(trace.trace_id, []))),
                assessments=tuple(assessments.get(trace.trace_id, [])),
            )


def _batches(traces: Iterable[Trace]) -> Iterator[list[Trace]]:
    """Traces with so many spans that they fit in memory, one trace at least."""
    batch: list[Trace] = []
    spans = 0
    for trace in traces:
        spans += trace.span_count
        if batch and (spans > _SPANS_A_BATCH or len(batch) == _TRACES_A_BATCH):
            yield batch
            batch, spans = [], trace.span_count
        batch.append(trace)
    if batch:
        yield batch


def _spans(lake: Lake, trace_ids: Sequence[str]) -> Mapping[str, list[Span]]:
    found: defaultdict[str, list[Span]] = defaultdict(list)
    for row in _asked(lake, _SPANS, trace_ids):
        span = span_of(row)
        found[span.trace_id].append(span)
    return found


def _assessments(lake: Lake, trace_ids: Sequence[str]) -> Mapping[str, list[Assessment]]:
    found: defaultdict[str, list[Assessment]] = defaultdict(list)
    for row in _asked(lake, _ASSESSMENTS + _OF_TRACES, trace_ids):
        assessment = assessment_of(row)
        found[str(assessment.trace_id)].append(assessment)
    return found


def _said_of_sessions(lake: Lake, session_ids: Sequence[str]) -> Mapping[str, list[Assessment]]:
    found: defaultdict[str, list[Assessment]] = defaultdict(list)
    for row in _asked(lake, _ASSESSMENTS + _OF_SESSIONS, session_ids):
        assessment = assessment_of(row)
        found[str(assessment.session_id)].append(assessment)
    return found


def _asked(lake: Lake, query: str, ids: Sequence[str]) -> list[tuple[Any, ...]]:
    """The rows of a query about some ids, which has `$ids` where they belong."""
    if not ids:
        return []
    return lake.rows(query.replace("$ids", ", ".join("?" * len(ids))), list(ids))


def _in_order(spans: Sequence[Span]) -> Iterator[Span]:
    """Each span before its children, siblings by start time."""
    links = [SpanLink(each.span_id, each.parent_span_id, each.start_time_ns) for each in spans]
    return (spans[placed.position] for placed in in_tree_order(links))
