"""What a trace is billed: each model call once, however many spans report it."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from rows import Row, span, usage, write

from spanlake.semconv.columns import MODEL_CALLS, ROLLUPS
from spanlake.storage.lake import Lake


class Bill(NamedTuple):
    """The bill of trace `t`. calls: the span ids of `llm_calls`, each with its `billed_by`."""

    calls: dict[str, str | None]
    llm_call_count: int
    total_tokens: int | None
    cost_usd: float | None
    unpriced_call_count: int
    unattributed_tokens: int


BillOf = Callable[..., Bill]


@pytest.fixture
def bill_of(tmp_path: Path) -> BillOf:
    """Commit spans and return the bill of their trace."""

    def bill_of(*rows: Row) -> Bill:
        write(tmp_path, *rows)
        with Lake(tmp_path) as lake:
            calls = lake.sql("SELECT span_id, billed_by FROM llm_calls ORDER BY span_id")
            trace = lake.sql(
                "SELECT llm_call_count, total_tokens, cost_usd, unpriced_call_count, "
                "unattributed_tokens FROM traces WHERE trace_id = 't'"
            )
            return Bill(dict(calls.fetchall()), *trace.fetchall()[0])

    return bill_of


def llm(
    span_id: str, parent: str | None = None, tokens: int | None = None, **columns: object
) -> Row:
    """A model call that costs a dollar a token, if it says how many."""
    reported: Row = {} if tokens is None else {**usage(tokens), "cost_usd": float(tokens)}
    return span(span_id, parent, span_type="LLM", **{**reported, **columns})


def rollup(span_id: str, parent: str | None = None, tokens: int | None = None) -> Row:
    reported: Row = {} if tokens is None else usage(tokens, is_rollup=True)
    return span(span_id, parent, span_type="AGENT", **reported)


def test_call_in_call(bill_of: BillOf) -> None:
    """Of a wrapper and the call inside it only the innermost is billed, at any distance."""
    bill = bill_of(
        span("root"),
        llm("gateway", "root", 100),
        llm("framework", "gateway", 105),
        span("http", "framework"),
        llm("client", "http", 90),
    )
    assert bill == Bill({"client": None}, 1, 90, 90.0, 0, 0)


def test_agent_rollup(bill_of: BillOf) -> None:
    """An agent's usage is the sum over its calls, and is not added to it."""
    bill = bill_of(rollup("agent", None, 30), llm("a", "agent", 10), llm("b", "agent", 20))
    assert bill == Bill({"a": None, "b": None}, 2, 30, 30.0, 0, 0)


def test_agent_rollup_without_children(bill_of: BillOf) -> None:
    """Where nothing below reports usage, the lowest rollup is billed, as one call."""
    bill = bill_of(rollup("workflow", None, 50), rollup("agent", "workflow", 50))
    assert bill == Bill({"agent": None}, 1, 50, None, 1, 0)


def test_agent_rollup_over_silent_calls(bill_of: BillOf) -> None:
    """Calls without usage below a billed rollup are covered by it: counted, but not unpriced."""
    bill = bill_of(
        {**rollup("agent", None, 50), "cost_usd": 2.0},
        span("step", "agent", span_type="CHAIN"),
        llm("a", "step"),
        llm("b", "agent"),
    )
    assert bill == Bill({"agent": None, "a": "agent", "b": "agent"}, 2, 50, 2.0, 0, 0)


def test_every_level_reports(bill_of: BillOf) -> None:
    """Agent, loop cycle and call that all report the same usage are billed once."""
    bill = bill_of(
        rollup("agent", None, 40),
        span("cycle", "agent", span_type="TASK", **usage(40, is_rollup=True)),
        llm("chat", "cycle", 40),
    )
    assert bill == Bill({"chat": None}, 1, 40, 40.0, 0, 0)


def test_call_of_a_framework_around_the_client(bill_of: BillOf) -> None:
    """A framework's call span with the client's below it is one call."""
    bill = bill_of(
        rollup("invocation"), llm("call_llm", "invocation", 7), llm("generate", "call_llm", 7)
    )
    assert bill == Bill({"generate": None}, 1, 7, 7.0, 0, 0)


def test_siblings_with_one_response(bill_of: BillOf) -> None:
    """Two instrumentors of one call, seen by its response id, are billed once: the shorter span."""
    twin: Row = {"provider": "openai", "response_id": "r1"}
    bill = bill_of(
        span("root"),
        llm("long", "root", 10, duration_ms=30, **twin),
        llm("short", "root", 10, duration_ms=20, **twin),
    )
    assert bill == Bill({"short": None}, 1, 10, 10.0, 0, 0)


def test_cousins_with_one_response(bill_of: BillOf) -> None:
    """Of two spans of one response the deeper is billed, be it the longer."""
    twin: Row = {"provider": "openai", "response_id": "r1"}
    bill = bill_of(
        span("root"),
        llm("shallow", "root", 10, **twin),
        span("chain", "root"),
        llm("deep", "chain", 11, duration_ms=99, **twin),
    )
    assert bill.calls == {"deep": None}


def test_silent_twin(bill_of: BillOf) -> None:
    """A span without usage is no call of its own when another reports the same response."""
    twin: Row = {"provider": "openai", "response_id": "r1"}
    bill = bill_of(span("root"), llm("silent", "root", **twin), llm("other", "root", 5, **twin))
    assert bill == Bill({"other": None}, 1, 5, 5.0, 0, 0)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"provider": "openai", "response_id": "r"}, {"provider": "azure", "response_id": "r"}),
        ({"provider": "openai", "response_id": "r1"}, {"provider": "openai", "response_id": "r2"}),
        ({"provider": "openai", "response_id": ""}, {"provider": "openai", "response_id": ""}),
        ({"provider": "openai"}, {"provider": "openai"}),
    ],
)
def test_calls_that_are_not_the_same(first: Row, second: Row, bill_of: BillOf) -> None:
    """Other providers, other ids, empty ids and none make two calls."""
    bill = bill_of(span("root"), llm("a", "root", 1, **first), llm("b", "root", 2, **second))
    assert bill == Bill({"a": None, "b": None}, 2, 3, 3.0, 0, 0)


def test_same_response_in_another_trace(bill_of: BillOf, tmp_path: Path) -> None:
    """A cached response that answers in two traces is a call in each."""
    twin: Row = {"provider": "openai", "response_id": "r1"}
    write(tmp_path, {**llm("a", None, 1, **twin), "trace_id": "other"})
    assert bill_of(llm("a", None, 1, **twin)).total_tokens == 1
    with Lake(tmp_path) as lake:
        assert lake.sql("SELECT total_tokens FROM traces").fetchall() == [(1,), (1,)]


def test_span_sent_again(bill_of: BillOf, tmp_path: Path) -> None:
    """Of a span that came several times the last to end counts, then the last to come; once."""
    write(tmp_path, span("root"), llm("a", "root", 1, duration_ms=0), span("root"))
    bill = bill_of(
        llm("a", "root", 5, duration_ms=50, received_ms=1),
        llm("a", "root", 6, duration_ms=50, received_ms=2),
        llm("a", "root", 9, duration_ms=40, received_ms=3),
    )
    assert bill == Bill({"a": None}, 1, 6, 6.0, 0, 0)
    with Lake(tmp_path) as lake:
        rows = lake.sql(
            "SELECT total_tokens, duration_ms, span_count FROM llm_calls JOIN "
            "(SELECT trace_id, span_count FROM traces) USING (trace_id)"
        ).fetchall()
    assert rows == [(6, 50.0, 2)]


def test_exact_copies(bill_of: BillOf) -> None:
    """A span that is in one file twice, equal in everything, counts once."""
    bill = bill_of(span("root"), llm("a", "root", 3), llm("a", "root", 3), span("root"))
    assert bill == Bill({"a": None}, 1, 3, 3.0, 0, 0)


def test_partial_children(bill_of: BillOf) -> None:
    """A rollup that says more than its calls leaves the rest unattributed, counted at the top."""
    bill = bill_of(
        rollup("workflow", None, 100),
        rollup("agent", "workflow", 60),
        llm("a", "agent", 30),
        llm("b", "agent", 20),
        llm("silent", "workflow"),
    )
    assert bill == Bill({"a": None, "b": None, "silent": None}, 3, 50, 50.0, 1, 50)


def test_rollup_that_says_less(bill_of: BillOf) -> None:
    """A rollup below the sum of its calls leaves nothing unattributed."""
    bill = bill_of(rollup("agent", None, 5), llm("a", "agent", 10))
    assert bill.unattributed_tokens == 0


def test_innermost_call_without_usage(bill_of: BillOf) -> None:
    """A wrapper is billed where the call inside it reports nothing, which is no second call."""
    bill = bill_of(llm("outer", None, 8), llm("inner", "outer"))
    assert bill == Bill({"outer": None}, 1, 8, 8.0, 0, 0)


def test_nested_calls_without_usage(bill_of: BillOf) -> None:
    """Calls in calls that all report nothing are one unpriced call."""
    bill = bill_of(llm("outer"), llm("middle", "outer"), llm("inner", "middle"))
    assert bill == Bill({"inner": None}, 1, None, None, 1, 0)


def test_rollup_in_a_call(bill_of: BillOf) -> None:
    """A call around an agent that reports usage is a wrapper, too: nothing is billed twice."""
    bill = bill_of(llm("gateway", None, 9), rollup("agent", "gateway", 9))
    assert bill.calls == {"agent": None}
    assert bill.total_tokens == 9


def test_cost_without_usage(bill_of: BillOf) -> None:
    """A call that reports a cost and no usage is billed that cost."""
    bill = bill_of(rollup("agent", None, 10), llm("a", "agent", cost_usd=0.25))
    assert bill == Bill({"a": None}, 1, None, 0.25, 0, 10)


def test_model_without_a_price(bill_of: BillOf) -> None:
    """A call of unknown cost is counted as unpriced, and the known costs are summed."""
    bill = bill_of(span("root"), llm("a", "root", 2), llm("b", "root", 3, cost_usd=None))
    assert bill == Bill({"a": None, "b": None}, 2, 5, 2.0, 1, 0)


def test_no_calls(bill_of: BillOf) -> None:
    """A trace without model calls costs neither something nor nothing: it has no cost."""
    assert bill_of(span("root"), span("db", "root")) == Bill({}, 0, None, None, 0, 0)


def test_parents_in_a_circle(bill_of: BillOf) -> None:
    """Spans whose parents go in a circle, and those below it, are billed as if they had none."""
    bill = bill_of(
        rollup("a", "c", 1),
        llm("b", "a", 2),
        llm("c", "b", 3),
        llm("below", "c", 4),
        llm("self", "self", 5),
    )
    assert bill.calls == dict.fromkeys(["a", "b", "below", "c", "self"])
    assert bill.total_tokens == 15


def test_parent_that_never_came(bill_of: BillOf) -> None:
    """A missing parent ends the chain: what is above it is not known."""
    bill = bill_of(llm("root", None, 4), llm("lost", "missing", 6))
    assert bill == Bill({"root": None, "lost": None}, 2, 10, 10.0, 0, 0)


def test_long_chain(bill_of: BillOf) -> None:
    """In a chain of thousands of calls the last one is billed."""
    chain = [llm(f"{n:04}", f"{n - 1:04}" if n else None, n) for n in range(3000)]
    assert bill_of(*chain) == Bill({"2999": None}, 1, 2999, 2999.0, 0, 0)


def test_counts_beyond_64_bits(bill_of: BillOf) -> None:
    """Sums that do not fit are unknown, and no error."""
    largest = 2**63 - 1
    many: Row = {"input_tokens": largest, "total_tokens": largest}
    bill = bill_of(rollup("root"), llm("a", "root", **many), llm("b", "root", **many))
    assert bill.total_tokens is None
    assert bill.llm_call_count == 2


@pytest.mark.parametrize("span_type", [*MODEL_CALLS, *ROLLUPS, "TOOL", None])
def test_who_is_a_call(span_type: str | None, bill_of: BillOf) -> None:
    """SQL takes the same span types for model calls as the mapping does."""
    bill = bill_of(span("a", span_type=span_type))
    assert bill.llm_call_count == (span_type in MODEL_CALLS)


def test_call_that_is_a_rollup(bill_of: BillOf) -> None:
    """A model call whose usage sums up others is billed only without calls below it."""
    outer = llm("outer", None, 10, usage_is_rollup=True)
    assert bill_of(outer, llm("inner", "outer", 4)) == Bill({"inner": None}, 1, 4, 4.0, 0, 6)


def test_usage_of_other_kinds(bill_of: BillOf) -> None:
    """A tool that reports usage is billed, unless a call below it does."""
    bill = bill_of(
        span("root"),
        span("guard", "root", span_type="GUARDRAIL", **usage(3)),
        span("tool", "root", span_type="TOOL", **usage(5)),
        llm("a", "tool", 5),
    )
    assert bill.calls == {"guard": None, "a": None}
    assert bill.total_tokens == 8
