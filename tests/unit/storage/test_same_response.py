"""Calls that are one because they got the same response, in a trace or in two."""

from pathlib import Path

import pytest
from bills import Bill, BillOf, bill, llm, rollup
from rows import Ask, Row, span, write

from spanlake.storage.lake import Lake

TWIN: Row = {"provider": "openai", "response_id": "r1"}
SAID: Row = {"input_messages": "[]"}


def test_cousins(bill_of: BillOf) -> None:
    """Of two spans of one response the deeper is billed, be it the longer."""
    bill = bill_of(
        span("root"),
        llm("shallow", "root", 10, **TWIN),
        span("chain", "root"),
        llm("deep", "chain", 11, duration_ms=99, **TWIN),
    )
    assert bill.calls == {"deep": None}


def test_silent_twin(bill_of: BillOf) -> None:
    """A span without usage is no call of its own when another reports the same response."""
    bill = bill_of(span("root"), llm("silent", "root", **TWIN), llm("other", "root", 5, **TWIN))
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


def test_provider_that_one_does_not_name(bill_of: BillOf, tmp_path: Path) -> None:
    """Who does not name the provider of a response means the one that another names."""
    bill = bill_of(
        span("root"),
        llm("vague", "root", 4, response_id="r1", duration_ms=1),
        llm("exact", "root", 4, **TWIN),
        llm("another", "root", 7, response_id="r2"),
    )
    assert bill == Bill({"vague": None, "another": None}, 2, 11, 11.0, 0, 0)
    with Lake(tmp_path) as lake:
        providers = lake.sql("SELECT provider FROM llm_calls ORDER BY span_id").fetchall()
    assert providers == [(None,), ("openai",)]


def test_two_traces_at_one_time(bill_of: BillOf, tmp_path: Path) -> None:
    """A call that two traces tell of at the same time is billed in the one with what was said."""
    write(tmp_path, {**llm("a", None, 3, **TWIN, **SAID), "trace_id": "u"})
    assert bill_of(span("root"), llm("b", "root", 3, start_ms=1, **TWIN)) == Bill(
        {}, 0, None, None, 0, 0
    )
    assert bill(tmp_path, "u") == Bill({"a": None}, 1, 3, 3.0, 0, 0)


@pytest.mark.parametrize("order", [1, -1])
def test_two_traces_of_which_neither_says_more(order: int, tmp_path: Path) -> None:
    """Of two traces without what was said the one with more spans is billed."""
    of_trace: Row = {"trace_id": "u"}
    spans = [span("root"), llm("b", "root", 3, **TWIN), {**llm("a", None, 3, **TWIN), **of_trace}]
    write(tmp_path, *spans[::order])
    assert bill(tmp_path, "t").calls == {"b": None}
    assert bill(tmp_path, "u").calls == {}


def test_trace_that_reports_nothing(bill_of: BillOf, tmp_path: Path) -> None:
    """Of two traces the one that reports usage is billed, whatever the other says."""
    write(tmp_path, {**llm("a", None, 3, **TWIN), "trace_id": "u"})
    assert bill_of(span("root"), llm("b", "root", **TWIN, **SAID)).calls == {}
    assert bill(tmp_path, "u").total_tokens == 3


def test_rollup_over_a_call_that_another_trace_is_billed_for(
    bill_of: BillOf, tmp_path: Path
) -> None:
    """Tokens of a call that is billed in another trace are not left unattributed."""
    write(tmp_path, {**llm("a", None, 3, **TWIN, **SAID), "trace_id": "u"})
    bill = bill_of(rollup("agent", None, 5), llm("b", "agent", 3, **TWIN), llm("c", "agent", 1))
    assert bill == Bill({"c": None}, 1, 1, 1.0, 0, 1)


@pytest.mark.parametrize(
    "other",
    [
        {"provider": "azure"},
        {"provider": None},
        {"response_id": ""},
        {"span_type": "AGENT"},
    ],
    ids=str,
)
def test_two_traces_of_two_calls(other: Row, bill_of: BillOf, tmp_path: Path) -> None:
    """Where the response is not known to be the same, it is a call in each trace."""
    write(tmp_path, {**llm("a", None, 1), **TWIN, **other, "trace_id": "u"})
    assert bill_of(llm("b", None, 2, **TWIN)).total_tokens == 2
    assert bill(tmp_path, "u").total_tokens == 1


def test_response_that_comes_again(bill_of: BillOf, tmp_path: Path) -> None:
    """A cached response that answers in another trace later on is a call there, too."""
    write(tmp_path, {**llm("a", None, 1, start_ms=11, **TWIN), "trace_id": "u"})
    assert bill_of(llm("b", None, 1, duration_ms=10, **TWIN)).total_tokens == 1
    assert bill(tmp_path, "u").total_tokens == 1


def test_provider_that_one_trace_names_twice(bill_of: BillOf, tmp_path: Path) -> None:
    """A span of the trace that names the provider speaks for one that does not, to other traces."""
    write(
        tmp_path,
        {**llm("a", None, 3, response_id="r1", **SAID), "trace_id": "u"},
        {**llm("inner", "a", 3, **TWIN), "trace_id": "u"},
    )
    assert bill_of(llm("b", None, 3, **TWIN)).calls == {}
    assert bill(tmp_path, "u").calls == {"inner": None}


def test_wrapper_that_has_the_texts(tmp_path: Path, ask: Ask) -> None:
    """A call has what was said, and in whose session, of the call around it, where it has none."""
    write(
        tmp_path,
        llm("outer", None, 3, input="asked", output="outer", session_id="s", **SAID),
        span("http", "outer"),
        llm("inner", "http", 3, output="inner"),
    )
    assert ask("SELECT span_id, input, output, session_id, input_messages FROM llm_calls") == [
        ("inner", "asked", "inner", "s", "[]")
    ]
