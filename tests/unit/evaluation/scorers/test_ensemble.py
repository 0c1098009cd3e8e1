import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from scoring import error_of, score

from spanlake.entities import Feedback, Session
from spanlake.errors import UserError
from spanlake.evaluation.scorers import Scorer, scorer
from spanlake.evaluation.scorers.ensemble import SUB_FEEDBACK, Ensemble, make_scorer_ensemble


def saying(name: str, value: object) -> Scorer:
    return scorer(name=name)(lambda: value)


def ensemble(combine: str | Callable[[list[Any]], Any], values: Sequence[object]) -> Ensemble:
    return make_scorer_ensemble(
        "panel", [saying(f"s{at}", value) for at, value in enumerate(values)], combine
    )


@pytest.mark.parametrize(
    ("combine", "values", "combined"),
    [
        ("majority", ["yes", "no", "yes"], "yes"),
        ("majority", ["b", "a"], "a"),
        ("majority", [1, 1.0, 2, 2], 2),
        ("majority_vote", [True, False, True], True),
        ("mean", [1, 2, 6], 3.0),
        ("mean", ["yes", "no"], 0.5),
        ("min", [3, 2], 2.0),
        ("minimum", [3, 2], 2.0),
        ("max", [3, 2], 3.0),
        ("all", ["yes", True], True),
        ("all", ["yes", "no"], False),
        ("agg_any", ["no", True], True),
        ("any", ["no", False], False),
        (sum, [1, 2], 3),
    ],
)
def test_values_are_combined(
    combine: str | Callable[[list[Any]], Any], values: list[object], combined: object
) -> None:
    """Each way to combine gives one value, under the names of MLflow as well."""
    assert score(ensemble(combine, values)).value == combined


def test_a_function_may_ask_for_the_feedback() -> None:
    """A function whose parameter is named feedbacks gets names and rationales, not only values."""

    def longest(feedbacks: list[Feedback]) -> Feedback:
        return Feedback(value=max(each.name for each in feedbacks), rationale="last of them")

    feedback = score(ensemble(longest, [1, 2, 3]))
    assert (feedback.name, feedback.value, feedback.rationale) == ("panel", "s2", "last of them")


def test_what_each_said_is_kept() -> None:
    """The metadata has every scorer's value and rationale, the rationale sums them up."""
    feedback = score(ensemble("all", [True, "no"]))
    assert feedback.rationale == 's0: true, s1: "no"'
    assert json.loads(feedback.metadata[SUB_FEEDBACK]) == [
        {"name": "s0", "value": True, "rationale": None},
        {"name": "s1", "value": "no", "rationale": None},
    ]


def test_an_abstention_is_no_vote() -> None:
    """A scorer without a verdict is left out; if none has one, neither has the ensemble."""
    assert score(ensemble("mean", [None, 3])).value == 3.0
    assert score(ensemble("mean", [None, None])).value is None


def test_a_failing_scorer_fails_the_ensemble() -> None:
    """An error of one scorer, or values that cannot be combined, is an error of the whole."""

    @scorer(name="broken")
    def broken() -> None:
        raise ValueError("no")

    panel = make_scorer_ensemble("panel", [saying("fine", 1), broken], "mean")
    assert error_of(panel) == ("SUB_SCORER_FAILED", "broken: ValueError: no")
    assert "'red' is no number" in error_of(ensemble("mean", ["red", 1]))[1]
    assert "1 is neither yes nor no" in error_of(ensemble("all", ["yes", 1]))[1]
    assert "it returned 2 feedbacks" in error_of(ensemble("mean", [[1, 2]]))[1]


def test_what_judges_took_is_added_up() -> None:
    """Tokens and cost of the judges in an ensemble are its own, also where one of them failed."""
    paid = {"judge_model": "openai:/m", "judge_input_tokens": "10", "judge_cost_usd": "0.25"}
    judges = [saying(f"j{at}", Feedback(value=True, metadata=paid)) for at in range(2)]
    for more, value in ((saying("code", True), True), (saying("broken", object()), None)):
        feedback = score(make_scorer_ensemble("panel", [*judges, more], "all"))
        assert feedback.value is value
        assert feedback.metadata["judge_input_tokens"] == "20"
        assert float(feedback.metadata["judge_cost_usd"]) == 0.5
        assert feedback.metadata["judge_model"] == "openai:/m"


def test_an_ensemble_can_be_called_anywhere() -> None:
    """Called directly, with sync and async scorers, it returns its Feedback."""

    @scorer
    async def later(outputs: str) -> bool:
        return outputs == "a"

    @scorer
    def now(outputs: str, expectations: dict[str, str]) -> bool:
        return outputs == expectations["expected_response"]

    panel = make_scorer_ensemble("panel", [later, now], "all")
    assert panel(outputs="a", expectations={"expected_response": "a"}).value is True
    assert panel.wants == {"outputs", "expectations"}


def test_an_ensemble_is_known_by_its_scorers_and_its_combination() -> None:
    """The digest of an ensemble changes with any of its scorers and with how it combines."""
    digests = {
        ensemble("mean", [1, 2]).digest,
        ensemble("mean", [1, 3]).digest,
        ensemble("max", [1, 2]).digest,
        ensemble(sum, [1, 2]).digest,
    }
    assert len(digests) == 4
    assert ensemble("maximum", [1, 2]).digest in digests


def test_wrong_ensembles_are_refused_when_made() -> None:
    """No scorers, what is no scorer, mixed levels and unknown names are errors."""

    @scorer
    def whole(session: Session) -> int:
        return len(session.traces)

    with pytest.raises(UserError, match="the ensemble panel has no scorers"):
        ensemble("mean", [])
    with pytest.raises(UserError, match="did you mean mean"):
        ensemble("meen", [1])
    with pytest.raises(UserError, match="some that score sessions and some that do not"):
        make_scorer_ensemble("panel", [whole, saying("s", 1)], "mean")
    with pytest.raises(UserError, match="must be scorers"):
        make_scorer_ensemble("panel", [len], "mean")  # type: ignore[list-item]  # as a user might
