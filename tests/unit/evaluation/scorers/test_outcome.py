import enum
import json
from typing import Any, cast

import numpy as np
import pytest
from dirty_equals import IsStr
from scoring import error_of, score, scores

from spanlake.entities import AssessmentError, AssessmentSource, Feedback, SourceType
from spanlake.evaluation.scorers import Scorer, ScorerError, scorer


class Colour(enum.StrEnum):
    RED = "red"


class Mute:
    def __repr__(self) -> str:
        raise ZeroDivisionError


class UnsayableError(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


def returning(value: object) -> Scorer:
    return scorer(name="given")(lambda: value)


def raising(error: BaseException) -> Scorer:
    def fail() -> None:
        raise error

    return scorer(name="failing")(fail)


@pytest.mark.parametrize(
    ("returned", "value"),
    [
        (True, True),
        (3, 3),
        (0.5, 0.5),
        ("fine", "fine"),
        (Colour.RED, "red"),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.int64(3), 3),
        (None, None),
        ([], None),
        ("half \ud800 of a pair", "half ? of a pair"),
    ],
)
def test_plain_values_become_feedback(returned: object, value: object) -> None:
    """A value becomes a Feedback of the scorer's name and source, with a value of plain Python."""
    feedback = score(returning(returned))
    assert (feedback.name, feedback.value, feedback.error) == ("given", value, None)
    assert type(feedback.value) is type(value)
    assert feedback.source == AssessmentSource(SourceType.CODE, "given")


def test_feedback_keeps_what_it_says() -> None:
    """A returned Feedback keeps rationale, source, span and metadata, whose values become text."""
    said = Feedback(
        value={"a": [1, np.int64(2)]},
        rationale="because",
        source=AssessmentSource("ai_judge", "gpt"),
        metadata={"n": 1},  # type: ignore[dict-item]  # as users do
        span_id="s1",
    )
    feedback = score(returning(said))
    assert feedback.name == "given"
    assert feedback.value == {"a": [1, 2]}
    assert feedback.source == AssessmentSource(SourceType.LLM_JUDGE, "gpt")
    assert (feedback.rationale, feedback.span_id) == ("because", "s1")
    assert feedback.metadata == {"n": "1"}


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (float("nan"), "it returned nan: a number must be finite"),
        (float("inf"), "finite"),
        (np.float64("nan"), "finite"),
        ({"a": 1}, r"it returned \{'a': 1\} \(dict\): must be a bool, number"),
        ([[1]], r"it returned \[1\] \(list\)"),
        (object(), r"\(object\): must be"),
        (Feedback(value=cast("Any", object())), r"\(object\): must be"),
        (Feedback(value=1, error=AssessmentError("X")), "a value and an error"),
        (Feedback(value=1, source=AssessmentSource("ROBOT")), "whose source is ROBOT"),
        (Feedback(value=1, name=""), "whose name is '' "),
        (Feedback(value=1, name="n" * 251), "must be a text of 1 to 250 characters"),
        (Feedback(value=1, metadata=cast("Any", 3)), "AttributeError"),
        (Mute(), "it returned|ZeroDivisionError"),
    ],
)
def test_what_cannot_be_stored_is_an_error(returned: object, message: str) -> None:
    """A value that is no JSON, or that nobody could aggregate, is an error that shows it."""
    code, said = error_of(returning(returned))
    assert code == "SCORER_ERROR"
    assert said == IsStr(regex=f".*{message}.*")


def test_an_exception_is_an_error_with_its_place() -> None:
    """What a scorer raises becomes SCORER_ERROR, with the stack from the scorer's own code on."""

    @scorer
    def broken(expectations: dict[str, Any]) -> object:
        return expectations["missing"]

    feedback = score(broken)
    assert feedback.value is None
    assert feedback.error == AssessmentError("SCORER_ERROR", "KeyError: 'missing'")
    place = feedback.metadata["stack_trace"]
    assert 'return expectations["missing"]' in place
    assert "spanlake" not in place.replace(__file__, "")


def test_an_error_of_its_own_keeps_its_code() -> None:
    """A ScorerError gives the error its code, and needs no stack."""
    feedback = score(raising(ScorerError("no reference", "MISSING_EXPECTATION")))
    assert feedback.error == AssessmentError("MISSING_EXPECTATION", "no reference")
    assert feedback.metadata == {}


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError(), "ValueError"),
        (StopIteration(3), "StopIteration: 3"),
        (SystemExit(2), "SystemExit: 2"),
        (KeyboardInterrupt(), "KeyboardInterrupt: "),
        (RecursionError("deep"), "RecursionError: deep"),
        (TimeoutError("mine"), "TimeoutError: mine"),
        (UnsayableError(), "UnsayableError"),
    ],
)
def test_nothing_that_is_raised_escapes(error: BaseException, message: str) -> None:
    """Whatever a scorer raises in its thread ends in an error."""
    assert message in error_of(raising(error))[1]


def test_feedback_can_always_be_written_as_json() -> None:
    """Texts with halves of surrogate pairs, in any place, can be encoded afterwards."""
    half = "\udfff"
    failed = Feedback(error=AssessmentError("X", half))
    assert error_of(returning(failed)) == ("X", "?")
    said = Feedback(
        name=half, value={half: [half]}, rationale=half, metadata={half: half},
        source=AssessmentSource(SourceType.CODE, half),
    )  # fmt: skip
    (feedback,) = scores(returning(said))
    written = [feedback.name, feedback.value, feedback.rationale, dict(feedback.metadata)]
    assert json.dumps(written, ensure_ascii=False).encode("utf-8")
    assert error_of(raising(ValueError(half)))[1].encode("utf-8")
