import asyncio
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring import score

from spanlake.entities import Span, Trace
from spanlake.evaluation.scorers import Sample, Scorer, score_one
from spanlake.evaluation.scorers.builtin import ready
from spanlake.evaluation.scorers.builtin.json_distance import json_distance
from spanlake.evaluation.scorers.builtin.tool_call import ToolCall, match_calls
from spanlake.scorers import (
    Bleu,
    EditDistance,
    EditSimilarity,
    ExactMatch,
    FuzzyMatch,
    RetrievalNDCG,
    RetrievalPrecision,
    RetrievalRecall,
    Rouge,
)

READY = [value for value in vars(ready).values() if isinstance(value, Scorer)]
TEXTS = st.text(st.characters(codec=None), max_size=80)  # with halves of surrogate pairs
WORD = st.sampled_from(["the", "a", "cat", "dog", "sat", "ran", "on", "mat", "."])
WORDS = st.lists(WORD, max_size=12).map(" ".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
ANYTHING = JSON | st.floats() | st.binary() | st.sets(st.integers())


@pytest.mark.parametrize("scorer", READY, ids=lambda scorer: scorer.name)
@settings(max_examples=12)
@given(outputs=ANYTHING, wanted=ANYTHING, text=TEXTS)
def test_no_built_in_scorer_ever_raises(
    scorer: Scorer,
    outputs: object,
    wanted: object,
    text: str,
) -> None:
    """Whatever the sample holds, there is feedback, and it can be stored."""
    tool = Span(
        trace_id="t", span_id="s", span_type="TOOL", tool_name=text, tool_arguments=text,
        output_messages=wanted,
    )  # fmt: skip
    search = Span(trace_id="t", span_id="r", span_type="RETRIEVER", documents=outputs)
    names = ("response", "tool_calls", "document_ids", "language", "schema")
    sample = Sample(
        target_id="r",
        inputs=wanted,
        outputs=outputs,
        expectations={f"expected_{name}": wanted for name in names},
        trace=Trace(trace_id="t", spans=(tool, search), duration_ms=1.0),
    )
    (feedback,) = asyncio.run(score_one(scorer, sample))
    error = feedback.error
    assert feedback.value is None or error is None
    assert error is None or error.error_code != "SCORER_ERROR", error
    written = [feedback.rationale, feedback.value, *feedback.metadata.items(), error]
    repr(written).encode()
    for said in (feedback.rationale, feedback.value, error and error.error_message):
        assert not isinstance(said, str) or said.encode("utf-8") is not None


@settings(max_examples=30)
@given(WORDS, WORDS)
def test_likeness_is_the_same_both_ways_and_has_bounds(one: str, other: str) -> None:
    """Distances are symmetric, 0 only for equal texts; likenesses lie between 0 and 1."""

    def value(scorer: Scorer, outputs: str, wanted: str) -> float:
        found = score(scorer, outputs=outputs, expectations={"expected_response": wanted}).value
        assert isinstance(found, int | float)
        return float(found)

    for each in (EditDistance(), EditSimilarity(), FuzzyMatch(), Rouge(), Rouge(kind="rouge1")):
        assert value(each, one, other) == pytest.approx(value(each, other, one))
    assert (value(EditDistance(), one, other) == 0) == (one == other)
    assert value(EditDistance(), one, other) <= max(len(one), len(other))
    shares: list[Scorer] = [EditSimilarity(), FuzzyMatch(), Rouge(), Bleu()]
    for scorer in shares:
        assert 0 <= value(scorer, one, other) <= 1
    assert value(ExactMatch(), one, one) == 1


@given(JSON, JSON)
def test_json_distance_is_a_distance(one: Any, other: Any) -> None:  # noqa: ANN401  # any JSON
    """It lies between 0 and 1, is 0 for the same value, and the same both ways round."""
    distance = json_distance(one, other)
    assert 0 <= distance <= 1
    assert math.isclose(distance, json_distance(other, one))
    assert json_distance(one, one) == 0


@given(
    st.lists(st.sampled_from("abcdefgh"), max_size=12),
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 3), min_size=1),
    st.none() | st.integers(1, 12),
)
def test_measures_of_retrieval_have_bounds(
    found: list[str], relevance: dict[str, int], k: int | None
) -> None:
    """Precision, recall and NDCG lie between 0 and 1; the best order has an NDCG of 1."""
    best = sorted(relevance, key=lambda each: -relevance[each])
    for ids, is_best in ((found, False), (best, True)):
        documents = [{"id": each} for each in ids]
        span = Span(trace_id="t", span_id="s", span_type="RETRIEVER", documents=documents)
        given = {"trace": Trace(trace_id="t", spans=(span,))}
        expectations = {"expected_document_ids": relevance}
        for scorer in (RetrievalPrecision(k=k), RetrievalRecall(k=k), RetrievalNDCG(k=k)):
            value = score(scorer, **given, expectations=expectations).value
            if not any(relevance.values()):
                assert value is None
            else:
                assert isinstance(value, float)
                assert 0 <= value <= 1 + 1e-12
                if is_best and isinstance(scorer, RetrievalNDCG):
                    assert value == pytest.approx(1)


CALLS = st.lists(
    st.builds(ToolCall, st.sampled_from("ab"), st.none() | st.sampled_from([{"x": 1}, {"x": 2}])),
    max_size=5,
)


@given(CALLS, CALLS)
def test_as_many_calls_are_matched_as_can_be(wanted: list[ToolCall], made: list[ToolCall]) -> None:
    """No other assignment of expected calls to those made has more pairs."""

    def most(position: int, free: frozenset[int]) -> int:
        if position == len(wanted):
            return 0
        here = [
            1 + most(position + 1, free - {at})
            for at in free
            if wanted[position].matches(made[at], "equal")
        ]
        return max([*here, most(position + 1, free)])

    pairs = match_calls(wanted, made, arguments="equal")
    assert len(pairs) == most(0, frozenset(range(len(made))))
    assert len(set(pairs.values())) == len(pairs)
    assert all(wanted[one].matches(made[other], "equal") for one, other in pairs.items())
