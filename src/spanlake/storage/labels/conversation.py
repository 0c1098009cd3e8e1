"""What a reviewer reads of a whole session: its traces, turn by turn."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from spanlake.errors import NotFoundError
from spanlake.storage.labels.content import ReviewedSpan, ReviewedTrace, read_spans, step_query
from spanlake.storage.lake import Lake

MOST_TURNS = 200
"""Turns that are read; a person reads fewer."""

_MOST_STEPS = 1_000
_LONGEST_TEXT = 50_000

_TURNS = f"""
SELECT
    trace_id, name, start_time, error_count, user_id,
    left(input, {_LONGEST_TEXT}) AS input, left(output, {_LONGEST_TEXT}) AS output,
    count(*) OVER () AS total
FROM traces WHERE list_contains(session_ids, $session_id)
ORDER BY start_time, trace_id
LIMIT {MOST_TURNS}
"""  # noqa: S608  # numbers of ours
_STEPS = step_query("list_contains($trace_ids, trace_id)", limit=_MOST_STEPS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedSession:
    """A session as reviewers read it.

    turns: its traces as they started, each without the messages of its model calls. turn_count: of
    all there are.
    """

    session_id: str
    user_id: str | None
    start_time: datetime | None
    turns: tuple[ReviewedTrace, ...]
    turn_count: int


def read_conversation(lake: Lake, session_id: str) -> ReviewedSession:
    """What there is to review of a session. NotFoundError where none of its traces is stored."""
    rows = lake.rows(_TURNS, {"session_id": session_id})
    if not rows:
        raise NotFoundError(
            f"session_id is {session_id[:80]!r}: no stored trace belongs to it (any more); decline "
            "the item, or make queues of copies, which stay"
        )
    steps = _steps(lake, [row[0] for row in rows])
    turns = tuple(
        ReviewedTrace(
            trace_id=trace_id,
            span_id=None,
            name=name,
            start_time=start_time,
            session_id=session_id,
            error_count=error_count,
            input=given,
            output=answer,
            call=None,
            steps=tuple(steps[trace_id]),
            is_cut=False,
        )
        for trace_id, name, start_time, error_count, _, given, answer, _ in rows
    )
    return ReviewedSession(
        session_id=session_id,
        user_id=next((user for *_, user, _, _, _ in rows if user is not None), None),
        start_time=turns[0].start_time,
        turns=turns,
        turn_count=rows[0][-1],
    )


def _steps(lake: Lake, trace_ids: list[str]) -> dict[str, list[ReviewedSpan]]:
    by_trace = defaultdict[str, list[ReviewedSpan]](list)
    for span in read_spans(lake, _STEPS, {"trace_ids": trace_ids}):
        by_trace[span.trace_id].append(span)
    return by_trace
