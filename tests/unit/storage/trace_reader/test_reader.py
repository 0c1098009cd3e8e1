"""Stored traces and sessions as Python objects."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest
from at_hand import at_hand
from rows import NOON_NS, evaluation, message, span, usage, write

from spanlake.entities import AssessmentError, SpanEvent, Trace
from spanlake.errors import NotFoundError, UserError
from spanlake.storage.lake import Lake, Parameters
from spanlake.storage.query import QueryError
from spanlake.storage.search.errors import FilterError
from spanlake.storage.trace_reader import reader
from spanlake.storage.trace_reader.reader import read_traces
from spanlake.storage.trace_reader.selection import TraceQuery

NOON = datetime.fromtimestamp(NOON_NS / 1e9, UTC)
A, B, C = "a" * 32, "ab" * 16, "c" * 32
MESSAGES = [message("user", "To Rome?")]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """Three traces, a minute apart, of which two are of one session."""
    data = tmp_path_factory.mktemp("lake")
    minute = 60_000
    write(
        data,
        span("1", trace_id=A, span_type="AGENT", session_id="s-1", tags=["eu"], duration_ms=90),
        span("3", "1", trace_id=A, span_type="TOOL", start_ms=20, tool_name="web"),
        span(
            "2",
            "1",
            trace_id=A,
            span_type="LLM",
            model="gpt-4o",
            start_ms=10,
            cost_usd=0.5,
            input_messages='[{"role":"user","parts":[{"type":"text","content":"To Rome?"}]}]',
            request_params='{"temperature":0.5}',
            finish_reasons=["stop"],
            metadata=[("plan", "pro")],
            attributes=[("k", "v")],
            events=[{"name": "retry", "time": NOON_NS // 1000, "attributes": [("n", "1")]}],
            **usage(10, 5),
        ),
        span("4", trace_id=B, start_ms=minute, session_id="s-1", experiment="other"),
        span("5", "gone", trace_id=C, start_ms=2 * minute, session_id="s-2", is_error=True),
    )
    # The second is sent again, longer.
    write(data, span("3", "1", trace_id=A, start_ms=20, duration_ms=30, tool_name="web 2"))
    label = "gen_ai.evaluation.score.label"
    write(
        data,
        evaluation("quality", {label: "good"}, trace_id=A),
        evaluation("tone", {"error.type": "Timeout"}, trace_id=A, span_id="2"),
        evaluation("mood", {label: "calm", "session.id": "s-1"}),
        table="logs",
    )
    with Lake(data) as opened:
        at_hand(opened)
        yield opened


def test_a_trace_has_all_that_belongs_to_it(lake: Lake) -> None:
    """A trace has its summary, its spans in the order of their tree, and its assessments."""
    trace = lake.trace(A)
    assert (trace.trace_id, trace.span_count, trace.total_tokens) == (A, 3, 15)
    assert (trace.start_time, trace.models, trace.tags) == (NOON, ("gpt-4o",), ("eu",))
    assert [each.span_id for each in trace.spans] == ["1", "2", "3"]
    assert trace.root is trace.spans[0]
    assert trace.search_spans(name="3")[0].tool_name == "web 2"
    by_name = {each.name: each for each in trace.assessments}
    assert by_name["quality"].value == "good"
    assert by_name["tone"].error == AssessmentError("Timeout")
    assert (by_name["tone"].value, by_name["tone"].span_id) == (None, "2")


def test_json_is_parsed(lake: Lake) -> None:
    """What is JSON in a view is a value in a span; what is not there is empty, or None."""
    agent, call, _ = lake.trace(A).spans
    assert call.input_messages == MESSAGES
    assert call.request_params == {"temperature": 0.5}
    assert (call.finish_reasons, call.metadata, call.input) == (
        ("stop",),
        {"plan": "pro"},
        "To Rome?",
    )
    assert call.attributes == {"k": "v"}
    assert call.events == (SpanEvent("retry", NOON, {"n": "1"}),)
    assert (agent.input_messages, agent.metadata, agent.events) == (None, {}, ())


def test_an_id_may_be_short(lake: Lake) -> None:
    """A trace is found by the beginning of its id, by MLflow's form of it, or not at all."""
    assert lake.trace("ABAB").trace_id == B
    assert lake.trace(f"tr-{C}").trace_id == C
    with pytest.raises(UserError, match="more than one trace starts with it"):
        lake.trace("a")
    with pytest.raises(NotFoundError, match="TRACE_ID is d: no stored trace starts with it"):
        lake.trace("d")


def ids(traces: list[Trace]) -> list[str]:
    """Which traces."""
    return [trace.trace_id for trace in traces]


def test_which_traces(lake: Lake) -> None:
    """Traces are those that meet every condition given, newest first, or as ordered."""
    assert ids(lake.traces()) == [C, B, A]
    assert ids(lake.traces("span.type = 'LLM'")) == [A]
    assert ids(lake.traces("span.type = 'MEMORY'")) == []
    assert ids(lake.traces("session = 's-1'", where="total_tokens IS NULL")) == [B]
    assert ids(lake.traces(experiment="other")) == [B]
    assert ids(lake.traces(experiment=["other", "default"], max_results=2)) == [C, B]
    assert ids(lake.traces(since=datetime(2026, 9, 21, 14, 14, tzinfo=UTC))) == [C, B]
    assert ids(lake.traces("name IS NOT NULL", since="2026-09-21T14:15")) == [C]
    assert ids(lake.traces(order_by="duration DESC", max_results=1)) == [A]
    assert ids(lake.traces(order_by=["status DESC", "timestamp ASC"])) == [A, B, C]
    assert lake.traces(max_results=0) == []


def test_without_spans(lake: Lake) -> None:
    """Spans can be left out; the assessments stay."""
    (trace,) = lake.traces("cost > 0", include_spans=False)
    assert trace.spans == ()
    assert len(trace.assessments) == 2


def test_traces_come_in_batches(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many traces are read a few at a time, with two queries a batch."""
    queries: list[str] = []
    ask_sql, ask_rows = lake.sql, lake.rows

    def counted(query: str, params: Parameters | None = None) -> duckdb.DuckDBPyRelation:
        queries.append(query)
        return ask_sql(query, params)

    def counted_rows(query: str, params: Parameters | None = None) -> list[tuple[Any, ...]]:
        queries.append(query)
        return ask_rows(query, params)

    monkeypatch.setattr(lake, "sql", counted)
    monkeypatch.setattr(lake, "rows", counted_rows)
    everything = lake.traces()
    assert len(queries) == 3
    queries.clear()
    monkeypatch.setattr(reader, "_SPANS_A_BATCH", 3)
    traces = read_traces(lake, TraceQuery())
    assert next(traces).trace_id == C
    assert len(queries) == 3  # for the first two traces, which are of one span each
    assert [C, *ids(list(traces))] == ids(everything)
    assert len(queries) == 5


@pytest.mark.parametrize(
    ("query", "error", "message"),
    [
        (TraceQuery(filter_string="nme = 'x'"), FilterError, "nme is no field of a trace"),
        (TraceQuery(where="nme = 'x'"), QueryError, 'where is nme = .*"nme" not found'),
        (TraceQuery(order_by=["nme"]), UserError, "order_by is nme"),
        (TraceQuery(max_results=-1), UserError, "max_results is -1: must be 0 or more"),
    ],
)
def test_a_mistake_is_told_at_once(
    lake: Lake, query: TraceQuery, error: type[UserError], message: str
) -> None:
    """What is wrong with a query is raised before the first trace is asked for."""
    with pytest.raises(error, match=message):
        read_traces(lake, query)


def test_a_time_that_is_none(lake: Lake) -> None:
    """A time may be how long ago or a date, and nothing else."""
    assert len(lake.traces(since="200w")) == 3
    with pytest.raises(UserError, match="since is lately: must be how long ago, such as 30m"):
        lake.traces(since="lately")


def test_a_session(lake: Lake) -> None:
    """A session has its traces in the order they started, and what is said of it as a whole."""
    session = lake.session("s-1")
    assert [trace.trace_id for trace in session.traces] == [A, B]
    assert len(session.traces[0].spans) == 3
    assert [(each.name, each.value) for each in session.assessments] == [("mood", "calm")]
    with pytest.raises(NotFoundError, match="session_id is nobody: no stored trace has it"):
        lake.session("nobody")
