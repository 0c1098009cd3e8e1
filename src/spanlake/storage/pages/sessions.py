"""Sessions as the pages show them: a list, and one as a conversation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from spanlake.errors import NotFoundError
from spanlake.storage.lake import Lake

# Of a turn's question and answer, as much as a page with a hundred of them bears.
_TEXT_LENGTH = 8_000


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session in a list. first_input: the beginning of what its first trace was asked."""

    session_id: str
    first_time: datetime | None
    last_time: datetime | None
    trace_count: int
    error_count: int
    user_id: str | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    unpriced_call_count: int
    first_input: str | None


@dataclass(frozen=True, slots=True)
class SessionList:
    """One page of the sessions, the last used first. total: of all there are."""

    rows: tuple[SessionRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class SessionTrace:
    """A turn of a conversation; texts are cut, their lengths are whole."""

    trace_id: str
    name: str | None
    start_time: datetime | None
    duration_ms: float | None
    status_code: str
    error_count: int
    input: str | None
    input_length: int | None
    output: str | None
    output_length: int | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    unpriced_call_count: int
    llm_call_count: int
    tools: tuple[str, ...]
    user_id: str | None


@dataclass(frozen=True, slots=True)
class SessionTraces:
    """Turns of one session, in order. total: of all there are."""

    session_id: str
    turns: tuple[SessionTrace, ...]
    total: int


_TURN_COLUMNS = ", ".join(
    {
        "input": f"left(input, {_TEXT_LENGTH}) AS input",
        "output": f"left(output, {_TEXT_LENGTH}) AS output",
        "input_length": "length(input) AS input_length",
        "output_length": "length(output) AS output_length",
    }.get(field.name, field.name)
    for field in fields(SessionTrace)
)
_LIST = """
SELECT
    session_id,
    min(start_time) AS first_time,
    max(end_time) AS last_time,
    count(*) AS trace_count,
    sum(error_count)::BIGINT AS error_count,
    any_value(user_id) AS user_id,
    sum(input_tokens)::BIGINT AS input_tokens,
    sum(output_tokens)::BIGINT AS output_tokens,
    sum(cost_usd) AS cost_usd,
    sum(unpriced_call_count)::BIGINT AS unpriced_call_count,
    count(*) OVER () AS total
FROM traces
WHERE session_id IS NOT NULL
    AND ($experiment::VARCHAR IS NULL OR experiment = $experiment)
GROUP BY session_id
{having}
ORDER BY last_time DESC, session_id
LIMIT $limit OFFSET $offset
"""
_HAVING = """
HAVING contains(lower(session_id), $search)
    OR contains(lower(coalesce(any_value(user_id), '')), $search)
    OR bool_or(contains(lower(coalesce(input, '')), $search))
    OR bool_or(contains(lower(coalesce(output, '')), $search))
"""
_FIRST_INPUTS = """
SELECT session_id, left(arg_min(input, start_time), 400)
FROM traces
WHERE list_contains($ids, session_id) AND start_time IN $starts
GROUP BY session_id
"""


def list_sessions(
    lake: Lake, *, search: str, experiment: str | None, offset: int, limit: int
) -> SessionList:
    """The sessions in which the text is said, or whose id or user it is a part of; "" is all."""
    asked: dict[str, object] = {"experiment": experiment, "limit": limit, "offset": offset}
    words = search.strip().lower()
    if words:
        asked["search"] = words
    rows = lake.rows(_LIST.format(having=_HAVING if words else ""), asked)
    total = rows[0][-1] if rows else 0
    first = _first_inputs(lake, {row[0]: row[1] for row in rows})
    listed = tuple(SessionRow(*(*row[:-1], first.get(row[0]))) for row in rows)
    return SessionList(listed, total)


def _first_inputs(lake: Lake, starts: Mapping[str, datetime | None]) -> Mapping[str, str | None]:
    """What each session was asked first. starts: by session, when it began."""
    moments = sorted({each for each in starts.values() if each is not None})
    if not moments:
        return {}
    return dict(lake.rows(_FIRST_INPUTS, {"ids": list(starts), "starts": moments}))


def read_session(lake: Lake, session_id: str, *, offset: int, limit: int) -> SessionTraces:
    """The turns of a session from a place on. NotFoundError if no trace is of the session."""
    found = lake.rows(
        "SELECT trace_id, start_time, count(*) OVER () FROM traces"
        " WHERE list_contains(session_ids, $id) ORDER BY start_time, trace_id"
        " LIMIT $limit OFFSET $offset",
        {"id": session_id, "limit": limit, "offset": offset},
    )
    if not found:
        raise NotFoundError(f"the session is {session_id!r}: no stored trace belongs to it")
    # Texts are long: they are read of the turns on the page alone.
    asked: dict[str, object] = {"ids": [trace_id for trace_id, *_ in found]}
    query = f"SELECT {_TURN_COLUMNS} FROM traces WHERE trace_id IN $ids"  # noqa: S608  # names of ours
    starts = [start for _, start, _ in found]
    if None not in starts:
        query += " AND start_time BETWEEN $first AND $last"
        asked |= {"first": min(starts), "last": max(starts)}
    rows = lake.rows(f"{query} ORDER BY start_time, trace_id", asked)
    return SessionTraces(session_id, tuple(_turn(row) for row in rows), found[0][-1])


def _turn(row: Sequence[Any]) -> SessionTrace:
    frozen: list[Any] = [tuple(each) if isinstance(each, list) else each for each in row]
    return SessionTrace(*frozen)
