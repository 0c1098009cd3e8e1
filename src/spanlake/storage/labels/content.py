"""What a reviewer reads of a trace: question and answer, the last model call, and the steps."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import orjson

from spanlake.errors import NotFoundError
from spanlake.storage.lake import Lake

MOST_STEPS = 200
"""Steps that are read; a person reads fewer."""

_LONGEST_TEXT = 200_000
_LONGEST_OF_STEP = 20_000
# What a person recognises as a step of the work; other spans are machinery.
_STEP_TYPES = ("RETRIEVER", "RERANKER", "TOOL", "AGENT", "GUARDRAIL")
_MESSAGES = ("system_instructions", "input_messages", "output_messages", "documents")
_TEXTS = ("input", "output", "tool_arguments", "tool_result", "error_message")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedSpan:
    """A span; its texts are cut at 20,000 characters. Messages and documents are plain JSON."""

    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str | None
    span_type: str | None
    is_error: bool
    error_type: str | None
    error_message: str | None
    tool_name: str | None
    tool_call_id: str | None
    tool_arguments: str | None
    tool_result: str | None
    input: str | None
    output: str | None
    system_instructions: Any
    input_messages: Any
    output_messages: Any
    documents: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedTrace:
    """A trace as reviewers read it.

    input, output: of the trace, or of the span that is reviewed. call: the span whose messages are
    the conversation, None if none has any. steps: tools, documents and the like, by time; is_cut:
    there are more of them.
    """

    trace_id: str
    span_id: str | None
    name: str | None
    start_time: datetime | None
    session_id: str | None
    error_count: int
    input: str | None
    output: str | None
    call: ReviewedSpan | None
    steps: tuple[ReviewedSpan, ...]
    is_cut: bool


_COLUMNS = ", ".join(
    f"left({field.name}, {_LONGEST_OF_STEP}) AS {field.name}"
    if field.name in _TEXTS
    else field.name
    for field in fields(ReviewedSpan)
)
# Of a span that was sent twice, the last to end counts.
_ONCE = """
QUALIFY 1 = row_number() OVER (
    PARTITION BY trace_id, span_id ORDER BY end_time_ns DESC, received_at DESC
)
"""
_HEAD = f"""
SELECT
    name, start_time, session_id, error_count,
    left(input, {_LONGEST_TEXT}) AS input, left(output, {_LONGEST_TEXT}) AS output
FROM traces WHERE trace_id = $trace_id
"""  # noqa: S608  # a number of ours
_CALL = f"""
SELECT {_COLUMNS} FROM spans
WHERE trace_id = $trace_id AND (input_messages IS NOT NULL OR output_messages IS NOT NULL)
    AND ($span_id::VARCHAR IS NULL OR span_id = $span_id)
ORDER BY (span_type IS NOT DISTINCT FROM 'LLM') DESC, end_time_ns DESC, received_at DESC
LIMIT 1
"""  # noqa: S608  # names of ours


def step_query(condition: str, *, limit: int) -> str:
    """SQL for the spans under a condition that are steps of the work, by time."""
    types = ", ".join(f"'{each}'" for each in _STEP_TYPES)
    return f"""
SELECT {_COLUMNS} FROM spans
WHERE {condition} AND (span_type IN ({types}) OR is_error OR documents IS NOT NULL)
{_ONCE}
ORDER BY start_time_ns, span_id
LIMIT {limit}
"""  # noqa: S608  # names of ours


_STEPS = step_query(
    "trace_id = $trace_id AND ($span_id::VARCHAR IS NULL OR span_id = $span_id)",
    limit=MOST_STEPS + 1,
)


def read_content(lake: Lake, trace_id: str, span_id: str | None = None) -> ReviewedTrace:
    """What there is to review. NotFoundError where the trace, or the span, is not stored."""
    rows = lake.rows(_HEAD, {"trace_id": trace_id})
    if not rows:
        raise NotFoundError(
            f"trace_id is {trace_id}: no stored trace has it (any more); decline the item, or make "
            "queues of copies, which stay"
        )
    name, start_time, session_id, error_count, given, answer = rows[0]
    wanted: dict[str, object] = {"trace_id": trace_id, "span_id": span_id}
    call = next(iter(read_spans(lake, _CALL, wanted)), None)
    steps = read_spans(lake, _STEPS, wanted)
    if span_id is not None:
        of_span = call or next(iter(steps), None) or _span(lake, wanted)
        given, answer, name = of_span.input, of_span.output, of_span.name
    return ReviewedTrace(
        trace_id=trace_id,
        span_id=span_id,
        name=name,
        start_time=start_time,
        session_id=session_id,
        error_count=error_count,
        input=given,
        output=answer,
        call=call,
        steps=tuple(steps[:MOST_STEPS]),
        is_cut=len(steps) > MOST_STEPS,
    )


def read_spans(lake: Lake, query: str, params: dict[str, object]) -> list[ReviewedSpan]:
    """The spans that a query is for, which has the columns of one."""
    names = [field.name for field in fields(ReviewedSpan)]
    return [
        ReviewedSpan(**dict(zip(names, map(_value, names, row), strict=True)))
        for row in lake.rows(query, params)
    ]


def _span(lake: Lake, wanted: dict[str, object]) -> ReviewedSpan:
    query = (
        f"SELECT {_COLUMNS} FROM spans WHERE trace_id = $trace_id AND span_id = $span_id {_ONCE}"  # noqa: S608  # the same
    )
    found = read_spans(lake, query, wanted)
    if not found:
        raise NotFoundError(f"span_id is {wanted['span_id']}: the trace has no such span")
    return found[0]


def _value(name: str, value: Any) -> Any:  # noqa: ANN401  # whatever a column holds
    return orjson.loads(value) if name in _MESSAGES and value is not None else value
