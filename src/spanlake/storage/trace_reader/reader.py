"""Traces and sessions with all that belongs to them, in a bounded number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

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

_SPANS = f"""
SELECT {", ".join(SPAN_COLUMNS)}
FROM spans
WHERE trace_id IN (SELECT unnest($ids::VARCHAR[]))
-- Of a span that was sent twice, the last to end counts.
QUALIFY 1 = row_number() OVER (
    PARTITION BY trace_id, span_id ORDER BY end_time_ns DESC, received_at DESC
)
ORDER BY trace_id, start_time_ns, span_id
"""  # noqa: S608  # names of ours
_ASSESSMENTS = f"SELECT {', '.join(ASSESSMENT_COLUMNS)} FROM assessments WHERE is_valid AND "  # noqa: S608  # names of ours
_OF_TRACES = "trace_id IN (SELECT unnest($ids::VARCHAR[])) ORDER BY created_at, assessment_id"
_OF_SESSION = (
    "target_type = 'session' AND session_id = $session_id ORDER BY created_at, assessment_id"
)


def read_traces(lake: Lake, query: TraceQuery, *, include_spans: bool = True) -> Iterator[Trace]:
    """The traces that a query is for, with their spans and valid assessments.

    They come in batches, so that of very many few are in memory. include_spans: else the traces
    have none, which is much faster. UserError for what is wrong in the query, at once.
    """
    rows = selected_rows(lake, query, TRACE_COLUMNS)
    return _completed(lake, map(trace_of, rows), include_spans=include_spans)


def read_trace(lake: Lake, trace_id: str) -> Trace:
    """One trace by its id, or the beginning of it. NotFoundError if there is none."""
    whole = full_trace_id(lake, trace_id.strip().lower().removeprefix("tr-"))
    query = TraceQuery(filter_string=f"trace_id = {quoted(whole)}")
    return next(read_traces(lake, query))


def read_session(lake: Lake, session_id: str) -> Session:
    """A session with its traces, the first to start first. NotFoundError if nothing names it."""
    query = TraceQuery(
        filter_string=f"span.session_id = {quoted(session_id)}", order_by=["start_time"]
    )
    traces = tuple(read_traces(lake, query))
    rows = lake.sql(_ASSESSMENTS + _OF_SESSION, {"session_id": session_id}).fetchall()
    if not traces and not rows:
        raise NotFoundError(
            f"session_id is {session_id}: no stored trace has it; "
            '`spanlake sql "FROM sessions"` shows which there are'
        )
    return Session(
        session_id=session_id, traces=traces, assessments=tuple(map(assessment_of, rows))
    )


def _completed(lake: Lake, traces: Iterator[Trace], *, include_spans: bool) -> Iterator[Trace]:
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
    for row in lake.sql(_SPANS, {"ids": list(trace_ids)}).iter_rows():
        span = span_of(row)
        found[span.trace_id].append(span)
    return found


def _assessments(lake: Lake, trace_ids: Sequence[str]) -> Mapping[str, list[Assessment]]:
    found: defaultdict[str, list[Assessment]] = defaultdict(list)
    for row in lake.sql(_ASSESSMENTS + _OF_TRACES, {"ids": list(trace_ids)}).iter_rows():
        assessment = assessment_of(row)
        found[str(assessment.trace_id)].append(assessment)
    return found


def _in_order(spans: Sequence[Span]) -> Iterator[Span]:
    """Each span before its children, siblings by start time."""
    links = [SpanLink(each.span_id, each.parent_span_id, each.start_time_ns) for each in spans]
    return (spans[placed.position] for placed in in_tree_order(links))
