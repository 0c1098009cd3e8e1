import math
from typing import Any, cast

import pytest
from scoring import error_of, score

from spanlake.entities import Span, Trace
from spanlake.errors import UserError
from spanlake.scorers import (
    Cost,
    Latency,
    RetrievalNDCG,
    RetrievalPrecision,
    RetrievalRecall,
    TokenBudget,
    ToolCallF1,
    ToolCallMatch,
)

SEARCH = {"name": "search", "arguments": {"query": "opening hours"}}
BOOK = {"name": "book", "arguments": {"day": "Monday", "people": 2}}


def tool(name: str, arguments: str | None, at: int, **more: Any) -> Span:  # noqa: ANN401  # of Span
    return Span(
        trace_id="t", span_id=more.pop("span_id", f"s{at}"), span_type="TOOL", tool_name=name,
        tool_arguments=arguments, start_time_ns=at, **more,
    )  # fmt: skip


AGENT = Trace(
    trace_id="t",
    spans=(
        tool("book", '{"people": 2, "day": "Monday"}', 2),
        tool("search", '{"query": "opening hours"}', 1),
    ),
)


@pytest.mark.parametrize(
    ("wanted", "exact", "ordered", "as_a_set"),
    [
        ([SEARCH, BOOK], True, True, True),
        ([BOOK, SEARCH], False, False, True),
        ([BOOK], False, True, False),
        ([SEARCH, BOOK, BOOK], False, False, False),
        ([], False, True, False),
        (["search", "book"], True, True, True),
        ([{"name": "search", "arguments": {}}, BOOK], False, False, False),
        ([{"name": "search", "arguments": '{"query": "opening hours"}'}, BOOK], True, True, True),
    ],
)
def test_tool_calls_are_compared_in_three_ways(
    wanted: list[Any], *, exact: bool, ordered: bool, as_a_set: bool
) -> None:
    """Exact wants order and nothing else, ordered allows others, set wants any order."""
    expectations = {"expected_tool_calls": wanted}
    found = [
        score(scorer, trace=AGENT, expectations=expectations).value
        for scorer in (
            ToolCallMatch(),
            ToolCallMatch(mode="ordered"),
            ToolCallMatch(mode="set"),
        )
    ]
    assert found == [exact, ordered, as_a_set]


def test_arguments_can_be_a_part_or_ignored() -> None:
    """Arguments are equal, may be more than expected, or do not matter."""
    wanted = {"expected_tool_calls": ["search", {"name": "book", "arguments": {"people": 2}}]}
    wrong = {"expected_tool_calls": ["search", {"name": "book", "arguments": {"people": 3}}]}
    assert score(ToolCallMatch(), trace=AGENT, expectations=wanted).value is False
    part = ToolCallMatch(arguments="subset")
    assert score(part, trace=AGENT, expectations=wanted).value is True
    assert score(part, trace=AGENT, expectations=wrong).value is False
    ignored = ToolCallMatch(arguments="ignore")
    assert score(ignored, trace=AGENT, expectations=wrong).value is True


def test_what_differs_is_in_the_rationale() -> None:
    """Missing calls and those that were not expected are named, and a wrong order is."""
    wanted = {"expected_tool_calls": [SEARCH, {"name": "pay"}]}
    assert score(ToolCallMatch(), trace=AGENT, expectations=wanted).rationale == (
        'missing: pay(...); not expected: book({"day":"Monday","people":2})'
    )
    swapped = {"expected_tool_calls": [BOOK, SEARCH]}
    assert score(ToolCallMatch(), trace=AGENT, expectations=swapped).rationale == (
        "the calls are right, but not in this order"
    )


def test_the_best_assignment_of_calls_counts() -> None:
    """A bare name takes the call that no other expectation needs."""
    made = Trace(trace_id="t", spans=(tool("a", '{"x": 1}', 1), tool("a", '{"x": 2}', 2)))
    wanted = {"expected_tool_calls": ["a", {"name": "a", "arguments": {"x": 1}}]}
    assert score(ToolCallMatch(mode="set"), trace=made, expectations=wanted).value is True


def test_a_call_is_one_on_its_way_through_wrappers() -> None:
    """A span of a tool below one of the same tool is the same call."""
    inner = tool("search", '{"query": "opening hours"}', 2, parent_span_id="s1")
    made = Trace(trace_id="t", spans=(AGENT.spans[1], inner))
    wanted = {"expected_tool_calls": [SEARCH]}
    assert score(ToolCallMatch(), trace=made, expectations=wanted).value is True


def message(*calls: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "assistant", "parts": [{"type": "tool_call", **call} for call in calls]}]


def test_without_tool_spans_the_models_calls_count() -> None:
    """The calls that models asked for stand in, each id once; so do those in the outputs."""
    asked = message({"id": "1", **SEARCH}, {"id": "2", **BOOK})
    spans = tuple(
        Span(
            trace_id="t", span_id=f"s{at}", span_type="LLM", output_messages=asked, start_time_ns=at
        )
        for at in range(2)
    )
    wanted = {"expected_tool_calls": [SEARCH, BOOK]}
    trace = Trace(trace_id="t", spans=spans)
    assert score(ToolCallMatch(), trace=trace, expectations=wanted).value is True
    openai = {
        "role": "assistant",
        "tool_calls": [
            {"id": "1", "type": "function",
             "function": {"name": "search", "arguments": '{"query": "opening hours"}'}},
        ],
    }  # fmt: skip
    alone = {"expected_tool_calls": [SEARCH]}
    assert score(ToolCallMatch(), outputs=openai, expectations=alone).value is True
    assert score(ToolCallMatch(), outputs="no call", expectations=alone).value is False


def test_spans_without_arguments_take_those_that_were_asked_for() -> None:
    """A tool span that tells no arguments has those of the model's call, by id or by place."""
    asked = Span(
        trace_id="t", span_id="m", span_type="LLM", start_time_ns=0,
        output_messages=message({"id": "1", **BOOK}, {"id": "2", **SEARCH}),
    )  # fmt: skip
    by_id = tool("book", None, 1, tool_call_id="1")
    by_place = tool("search", "opening hours", 2)
    trace = Trace(trace_id="t", spans=(asked, by_id, by_place))
    wanted = {"expected_tool_calls": [BOOK, SEARCH]}
    assert score(ToolCallMatch(), trace=trace, expectations=wanted).value is True


def test_f1_of_tool_calls() -> None:
    """Two calls, of which one was expected among three: precision 1/2, recall 1/3, F1 2/5."""
    wanted = {"expected_tool_calls": [SEARCH, "pay", "confirm"]}
    feedback = score(ToolCallF1(), trace=AGENT, expectations=wanted)
    assert feedback.value == pytest.approx(2 / 5)
    assert dict(feedback.metadata) == {"precision": "0.5", "recall": "0.333333"}
    nothing: dict[str, Any] = {"expected_tool_calls": []}
    assert score(ToolCallF1(), trace=Trace(trace_id="t"), expectations=nothing).value == 1.0


@pytest.mark.parametrize("wrong", ["search", [3], [{"arguments": {}}], [{"name": 3}]])
def test_expectations_that_are_no_calls_are_named(wrong: object) -> None:
    """An expectation of another shape is an error, not a wrong verdict."""
    code, message = error_of(
        ToolCallMatch(), trace=AGENT, expectations={"expected_tool_calls": wrong}
    )
    assert code == "INVALID_EXPECTATION"
    assert "expected_tool_calls" in message


def found(*ids: str | None, name: str = "retrieve", at: int = 0) -> Span:
    documents = [{"id": each, "content": f"about {each}"} for each in ids]
    return Span(
        trace_id="t", span_id=f"r{at}", span_type="RETRIEVER", name=name, documents=documents,
        start_time_ns=at,
    )  # fmt: skip


def retrieved(*spans: Span) -> Trace:
    return Trace(trace_id="t", spans=spans)


def test_ndcg_of_a_textbook() -> None:
    """The example of Wikipedia's article on discounted cumulative gain comes out at 0.785."""
    gains = {"D1": 3, "D2": 2, "D3": 3, "D4": 0, "D5": 1, "D6": 2, "D7": 3, "D8": 2}
    trace = retrieved(found("D1", "D2", "D3", "D4", "D5", "D6"))
    expectations = {"expected_document_ids": gains}
    feedback = score(RetrievalNDCG(k=6), trace=trace, expectations=expectations)
    assert feedback.value == pytest.approx(6.861 / 8.740, abs=1e-3)
    assert cast("float", feedback.value) == pytest.approx(0.785, abs=1e-3)


def test_precision_and_recall() -> None:
    """Of four documents two are relevant, and one relevant one was not found."""
    trace = retrieved(found("a", "x", "b", "y"))
    wanted = {"expected_document_ids": ["a", "b", "c"]}
    values = [
        score(scorer, trace=trace, expectations=wanted).value
        for scorer in (
            RetrievalPrecision(),
            RetrievalPrecision(k=1),
            RetrievalPrecision(k=10),
            RetrievalRecall(),
            RetrievalRecall(k=2),
        )
    ]
    assert values == [2 / 4, 1.0, 2 / 10, 2 / 3, 1 / 3]
    ndcg = score(RetrievalNDCG(), trace=trace, expectations=wanted).value
    ideal = 1 + 1 / math.log2(3) + 1 / 2
    assert ndcg == pytest.approx((1 + 1 / 2) / ideal)


def test_documents_of_several_retrievers_count_once() -> None:
    """The documents of all retrievers, in the order they ran, or of one by its name."""
    trace = retrieved(found("b", "a", name="second", at=2), found("a", "x", name="first", at=1))
    wanted = {"expected_document_ids": ["a", "b"]}
    assert score(RetrievalPrecision(), trace=trace, expectations=wanted).value == 2 / 3
    first = RetrievalRecall(retriever="first")
    assert score(first, trace=trace, expectations=wanted).value == 1 / 2
    nobody = RetrievalRecall(retriever="third")
    assert error_of(nobody, trace=trace, expectations=wanted) == (
        "MISSING_RETRIEVER",
        "the trace has no RETRIEVER span named third",
    )


def test_documents_have_ids_in_several_places() -> None:
    """An id may be in the metadata; documents without one are different documents."""
    span = Span(
        trace_id="t", span_id="r", span_type="RETRIEVER",
        documents=[{"id": None, "metadata": {"doc_uri": "a.md"}}, *[{"content": "b"}] * 2],
    )  # fmt: skip
    wanted = {"expected_document_ids": [{"doc_uri": "a.md"}, {"id": "z", "relevance": 0}]}
    feedback = score(RetrievalPrecision(), trace=retrieved(span), expectations=wanted)
    assert feedback.value == 1 / 3
    assert feedback.rationale == "1 of 1 relevant documents among 3 retrieved"


def test_nothing_expected_is_no_verdict_and_nothing_found_is_zero() -> None:
    """Without relevant documents there is nothing to measure; without found ones it is 0."""
    trace = retrieved(found())
    for scorer in (RetrievalPrecision(), RetrievalRecall(), RetrievalNDCG()):
        nothing: dict[str, Any] = {"expected_document_ids": []}
        assert score(scorer, trace=trace, expectations=nothing).value is None
        wanted = {"expected_document_ids": ["a"]}
        assert score(scorer, trace=trace, expectations=wanted).value == 0.0
    for wrong in ("a", {"a": "high"}, {"a": -1}, 3):
        expectations = {"expected_document_ids": wrong}
        assert error_of(RetrievalRecall(), trace=trace, expectations=expectations)[0] == (
            "INVALID_EXPECTATION"
        )
    with pytest.raises(UserError, match="k of the scorer retrieval_recall is 0"):
        RetrievalRecall(k=0)


def test_latency_cost_and_tokens_are_amounts_with_limits() -> None:
    """They are seconds, USD and tokens; up to the limit they pass, without one they do neither."""
    trace = Trace(
        trace_id="t", duration_ms=2500, cost_usd=0.02, total_tokens=120, input_tokens=100,
        output_tokens=20, llm_call_count=1,
    )  # fmt: skip
    for scorer, amount in (
        (Latency(max_seconds=2.5), 2.5),
        (Cost(max_usd=0.02), 0.02),
        (TokenBudget(max_tokens=120), 120),
        (TokenBudget(max_tokens=100, kind="input"), 100),
        (TokenBudget(max_tokens=20, kind="output"), 20),
    ):
        assert score(scorer, trace=trace).value == amount
        assert (scorer.passes(amount), scorer.passes(amount * 2)) == (True, False)
    assert Latency().passes(1.0) is None
    assert Latency(max_seconds=1, pass_if=lambda value: value < 9).passes(5.0) is True
    assert Latency(max_seconds=1).digest == Latency(max_seconds=2).digest
    with pytest.raises(UserError, match="the limit of the scorer latency is -1: must be 0 or more"):
        Latency(max_seconds=-1)


def test_what_is_not_known_of_a_trace_is_no_verdict() -> None:
    """A call without a price or tokens leaves none; a trace without calls costs nothing."""
    unknown = Trace(trace_id="t", llm_call_count=2, unpriced_call_count=2)
    for scorer in (Latency(), Cost(), TokenBudget()):
        feedback = score(scorer, trace=unknown)
        assert feedback.value is None
        assert feedback.rationale
    assert score(Cost(), trace=unknown).rationale == "2 calls have no known price"
    assert score(Cost(), trace=Trace(trace_id="t")).value == 0
    assert score(TokenBudget(), trace=Trace(trace_id="t")).value == 0
    assert error_of(Latency(), outputs="a")[0] == "MISSING_TRACE"
