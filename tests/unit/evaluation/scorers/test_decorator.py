from typing import Any, cast

import pytest
from scoring import error_of, score, scores

import spanlake
from spanlake.entities import Feedback, Session, Trace
from spanlake.errors import UserError
from spanlake.evaluation.scorers.decorator import FunctionScorer, scorer


def test_a_function_becomes_a_scorer_that_can_still_be_called() -> None:
    """A decorated function has its name and description, and returns what it returned before."""

    @spanlake.scorer
    def exact(outputs: str, expectations: dict[str, str]) -> bool:
        """Whether they are equal.

        More of that.
        """
        return outputs == expectations["expected_response"]

    assert (exact.name, exact.description) == ("exact", "Whether they are equal.")
    assert exact("a", {"expected_response": "a"}) is True
    assert exact(outputs="b", expectations={"expected_response": "a"}) is False
    assert exact.__wrapped__.__name__ == "exact"  # type: ignore[attr-defined]  # as functools has it


def test_options_are_those_of_a_scorer() -> None:
    """The decorator takes name, description, aggregations, pass_if, timeout and direction."""

    @scorer(
        name="words",
        description="How many.",
        aggregations=["mean", "p90", max],
        pass_if=lambda value: value <= 3,
        timeout=0,
        greater_is_better=False,
    )
    def word_count(outputs: str) -> int:
        return len(outputs.split())

    assert word_count.name == "words"
    assert word_count.description == "How many."
    assert word_count.aggregations == ("mean", "p90", max)
    assert (word_count.passes(3), word_count.passes(4)) == (True, False)
    assert word_count.timeout == 0
    assert not word_count.greater_is_better
    assert scorer(lambda_free).timeout == 300


def lambda_free(outputs: object) -> bool:
    return bool(outputs)


def test_a_scorer_gets_what_its_parameters_name() -> None:
    """A function is called with the parts it takes by name, and with its own defaults."""
    seen: dict[str, Any] = {}

    @scorer
    def look(inputs: object, trace: object, limit: int = 7) -> bool:
        seen.update(inputs=inputs, trace=trace, limit=limit)
        return True

    trace = Trace(trace_id="t")
    score(look, inputs={"q": 1}, outputs="unseen", trace=trace)
    assert seen == {"inputs": {"q": 1}, "trace": trace, "limit": 7}
    assert look.wants == {"inputs", "trace"}
    assert look.requires == {"inputs", "trace"}


def test_keyword_arguments_take_everything_of_a_turn() -> None:
    """A function with **kwargs gets inputs, outputs, expectations and trace."""
    everything = scorer(name="all")(lambda **given: sorted(given) == sorted(everything.wants))
    assert score(everything).value is True
    assert everything.wants == {"inputs", "outputs", "expectations", "trace"}


def test_an_async_function_is_awaited() -> None:
    """An async function is a scorer like any other."""

    @scorer
    async def later(outputs: str) -> str:
        return outputs.upper()

    assert score(later, outputs="a").value == "A"
    assert later.is_async


@pytest.mark.parametrize("part", ["inputs", "outputs", "trace"])
def test_a_session_does_not_mix_with_a_turn(part: str) -> None:
    """A function that takes session and a part of one turn is refused when it is made."""
    namespace: dict[str, Any] = {}
    exec(f"def mixed(session, {part}): ...", namespace)  # noqa: S102  # a signature for each part
    with pytest.raises(UserError, match=f"mixed takes session and {part}: .* session.traces"):
        scorer(namespace["mixed"])


def test_a_scorer_of_sessions_is_called_once_a_session() -> None:
    """A function with `session` gets the session and its expectations, and no single turn."""

    @scorer
    def turns(session: Session, expectations: dict[str, int]) -> bool:
        return len(session.traces) == expectations["turns"]

    session = Session(session_id="s", traces=(Trace(trace_id="a"), Trace(trace_id="b")))
    assert turns.is_session_level
    assert score(turns, session=session, expectations={"turns": 2}).value is True
    assert "turns scores sessions" in error_of(turns, outputs="a")[1]
    assert "scores single records" in error_of(scorer(lambda_free), session=session)[1]


def test_keyword_arguments_can_be_declared_to_take_a_session() -> None:
    """session_level says the level of a function whose parameters do not; it cannot contradict."""
    whole = scorer(name="whole", session_level=True)(lambda **given: sorted(given) == [])
    assert whole.wants == {"session", "expectations"}
    with pytest.raises(UserError, match="session_level of the scorer lambda_free is True"):
        scorer(session_level=True)(lambda_free)
    with pytest.raises(UserError, match="is 'episode': must be True or False"):
        scorer(session_level=cast("Any", "episode"))(lambda_free)


@pytest.mark.parametrize(
    ("signature", "message"),
    [
        ("output", "takes output: .* did you mean outputs?"),
        ("threshold", "takes threshold: .* give it a default"),
        ("outputs, /", "takes outputs by position only"),
    ],
)
def test_parameters_that_no_sample_has_are_refused(signature: str, message: str) -> None:
    """A parameter that is no part of a sample and has no default is an error with a hint."""
    namespace: dict[str, Any] = {}
    exec(f"def wrong({signature}): ...", namespace)  # noqa: S102  # a signature for each case
    with pytest.raises(UserError, match=message):
        scorer(namespace["wrong"])


def test_what_has_no_name_needs_one() -> None:
    """A lambda becomes a scorer only under a name."""
    with pytest.raises(UserError, match="which has no name: say scorer"):
        scorer(lambda outputs: outputs)


def test_a_list_of_feedback_is_many_verdicts() -> None:
    """Feedback in a list keeps the names it has; one without a name gets the scorer's."""

    @scorer
    def two(outputs: str) -> list[Any]:
        return [Feedback(name="length", value=len(outputs)), Feedback(value="fine"), True]

    names = [(each.name, each.value) for each in scores(two, outputs="ab")]
    assert names == [("length", 2), ("two", "fine"), ("two", True)]


def test_a_scorer_knows_where_it_comes_from() -> None:
    """What the decorator returns is a Scorer, and shows its function."""
    made = scorer(lambda_free)
    assert isinstance(made, FunctionScorer)
    assert "lambda_free" in repr(made)
    assert made.description == ""
