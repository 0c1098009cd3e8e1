import math

import pytest

import spanlake
from spanlake.entities import Assessment, AssessmentError, AssessmentSource
from spanlake.errors import UserError
from spanlake.instrumentation.assessment_event import attributes_of


def assessment(**fields: object) -> Assessment:
    known = {"assessment_id": "a-1", "kind": "feedback", "name": "tone", "value": None}
    return Assessment(**(known | fields))  # type: ignore[arg-type]  # the fields are the test's


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, {"spanlake.assessment.value": "true"}),
        (
            3,
            {"spanlake.assessment.value": "3", "gen_ai.evaluation.score.value": 3.0},
        ),
        (
            "good",
            {"spanlake.assessment.value": '"good"', "gen_ai.evaluation.score.label": "good"},
        ),
        ({"a": [1]}, {"spanlake.assessment.value": '{"a":[1]}'}),
        (None, {}),
    ],
)
def test_values(value: object, written: dict[str, object]) -> None:
    """A value is JSON; numbers and labels stand where the standard has them besides."""
    attributes = attributes_of(assessment(value=value))
    assert (
        attributes
        == {
            "gen_ai.evaluation.name": "tone",
            "spanlake.assessment.id": "a-1",
            "spanlake.assessment.kind": "feedback",
            "spanlake.assessment.target_type": "trace",
            "spanlake.assessment.source_type": "CODE",
        }
        | written
    )


def test_errors_and_sources() -> None:
    """An error stands in the place of a value; a source's type may be in any case."""
    attributes = attributes_of(
        assessment(
            error=AssessmentError("timeout", "after 30 s"),
            source=AssessmentSource("ai_judge", "gpt-4o"),
        )
    )
    assert attributes["error.type"] == "timeout"
    assert attributes["spanlake.assessment.error_message"] == "after 30 s"
    assert attributes["spanlake.assessment.source_type"] == "LLM_JUDGE"
    assert attributes["spanlake.assessment.source_id"] == "gpt-4o"


@pytest.mark.parametrize(
    ("fields", "mistake"),
    [
        ({"value": math.nan}, "value is nan: must be finite"),
        ({"name": ""}, "name is ''"),
        ({"name": "x" * 251}, "must be a text of 1 to 250 characters"),
        ({"source": AssessmentSource("ROBOT")}, "source_type is 'ROBOT'"),
    ],
)
def test_mistakes(fields: dict[str, object], mistake: str) -> None:
    """What cannot be stored as it is meant is refused."""
    with pytest.raises(UserError, match=mistake):
        attributes_of(assessment(**fields))


TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize(
    ("arguments", "mistake"),
    [
        ({"trace_id": TRACE}, "needs one of the two"),
        ({"trace_id": TRACE, "value": 1, "error": AssessmentError("x")}, "needs one of the two"),
        ({"value": 1}, "no trace runs here"),
        ({"trace_id": "tr-1", "value": 1}, "trace_id is 'tr-1': must be 32 hexadecimal digits"),
        ({"trace_id": "0" * 32, "value": 1}, "not all zero"),
        ({"trace_id": TRACE, "span_id": "1", "value": 1}, "span_id is '1'"),
        ({"session_id": "s", "span_id": "b7ad6b7169203331", "value": 1}, "without trace_id"),
    ],
)
def test_feedback_that_cannot_be_meant(arguments: dict[str, object], mistake: str) -> None:
    """A target or value that is none is refused before anything is sent."""
    with pytest.raises(UserError, match=mistake):
        spanlake.log_feedback(**arguments)  # type: ignore[arg-type]  # the mistakes


def test_the_other_assessments_likewise() -> None:
    """An expectation needs a value, and what is overridden or deleted needs its id."""
    with pytest.raises(UserError, match="expectation 'e' has no value"):
        spanlake.log_expectation(trace_id=TRACE, name="e", value=None)
    with pytest.raises(UserError, match="assessment_id is ''"):
        spanlake.override_feedback(trace_id=TRACE, assessment_id="", value=1)
    with pytest.raises(UserError, match="no trace runs here"):
        spanlake.delete_assessment(assessment_id="a-1")


def test_feedback_before_init() -> None:
    """Feedback that nothing would carry is not lost silently."""
    with pytest.raises(UserError, match=r"has nowhere to go: call spanlake\.init\(\)"):
        spanlake.log_feedback(trace_id=TRACE.upper(), value=1)
