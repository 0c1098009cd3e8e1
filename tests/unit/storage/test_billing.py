"""What a trace is billed: each model call once, however many spans report it."""

import pytest
from bills import Bill, BillOf, llm, rollup
from rows import Row, span, usage

from spanlake.semconv.columns import MODEL_CALLS, ROLLUPS


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
