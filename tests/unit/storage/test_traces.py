"""Traces for people: which ones, and one as a tree."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from rows import NOON_NS, span, usage, write

from spanlake.errors import NotFoundError, UserError
from spanlake.storage.lake import Lake
from spanlake.storage.query import QueryError
from spanlake.storage.span_tree import Place
from spanlake.storage.traces import (
    TraceFilter,
    all_ids,
    full_trace_id,
    get_trace,
    list_traces,
    matching_ids,
    traces_with,
)

NOON = datetime.fromtimestamp(NOON_NS / 1e9, UTC)
A, B, C = "a" * 32, "ab" * 16, "c" * 32


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """Three traces, a minute apart; the second has an error, the last has no root."""
    data = tmp_path_factory.mktemp("lake")
    minute = 60_000
    write(
        data,
        span("1", trace_id=A, span_type="AGENT", session_id="s-1", user_id="u-1"),
        span("2", "1", trace_id=A, span_type="LLM", cost_usd=0.5, **usage(10, 5)),
        span("3", trace_id=B, start_ms=minute, session_id="s-1", user_id="u-2", is_error=True),
        span("4", "gone", trace_id=C, start_ms=2 * minute, session_id="s-2", user_id="u-1"),
    )
    with Lake(data) as opened:
        yield opened


@pytest.mark.parametrize(
    ("chosen", "ids"),
    [
        (TraceFilter(), [C, B, A]),
        (TraceFilter(since=NOON + timedelta(minutes=1)), [C, B]),
        (TraceFilter(session_id="s-1"), [B, A]),
        (TraceFilter(has_errors=True), [B]),
        (TraceFilter(where="cost_usd > 0.1 OR NOT is_complete"), [C, A]),
        (TraceFilter(where="cost_usd > 0.1", session_id="s-2"), []),
    ],
    ids=str,
)
def test_the_newest_come_first(lake: Lake, chosen: TraceFilter, ids: list[str]) -> None:
    """Traces are listed newest first, and only those that meet everything that is asked."""
    assert [trace.trace_id for trace in list_traces(lake, chosen, limit=9)] == ids
    assert [trace.trace_id for trace in list_traces(lake, chosen, limit=1)] == ids[:1]
    assert matching_ids(lake, chosen) == ids[::-1]


def test_a_condition_that_is_none(lake: Lake) -> None:
    """A condition that SQL does not understand is quoted with what is wrong with it."""
    for where in ("cost > 1", "1 =", "trace_id"):
        with pytest.raises(QueryError, match=f"^--where is {where}: .* Error: "):
            list_traces(lake, TraceFilter(where=where), limit=1)


def test_a_trace_is_a_tree(lake: Lake) -> None:
    """A trace has its totals, and its spans at their places."""
    trace = get_trace(lake, A)
    assert trace.summary.total_tokens == 15
    assert [(node.span.span_id, node.depth, node.place) for node in trace.spans] == [
        ("1", 0, Place.ROOT),
        ("2", 1, Place.CHILD),
    ]
    assert get_trace(lake, C).spans[0].place is Place.ORPHAN


def test_the_beginning_of_an_id_is_enough(lake: Lake) -> None:
    """An id may be cut, and be in capitals, as long as one trace only begins with it."""
    assert full_trace_id(lake, "AAA") == A
    assert full_trace_id(lake, f" {B} ") == B
    with pytest.raises(UserError, match=f"more than one trace starts with it, such as {A} and {B}"):
        full_trace_id(lake, "a")


@pytest.mark.parametrize("typed", ["d", "aaab", "f" * 32])
def test_an_id_that_is_not_there(lake: Lake, typed: str) -> None:
    """An id that no trace begins with is not found, and the message says where ids are."""
    with pytest.raises(NotFoundError, match=f"^TRACE_ID is {typed}: no stored trace starts with"):
        get_trace(lake, typed)


@pytest.mark.parametrize("typed", ["", "xyz", "a" * 33, "%", "a_"])
def test_what_is_no_id(lake: Lake, typed: str) -> None:
    """What cannot be an id is refused before anything is looked for."""
    with pytest.raises(UserError, match="must be up to 32 hexadecimal digits"):
        full_trace_id(lake, typed)


def test_traces_of_a_session_or_a_user(lake: Lake) -> None:
    """Traces are found by any of their spans."""
    assert traces_with(lake, session_id="s-1") == [A, B]
    assert traces_with(lake, user_id="u-1") == [A, C]
    assert traces_with(lake, user_id="nobody") == []
    assert all_ids(lake) == [A, B, C]
