import pytest

from spanlake.entities import Assessment, Session, Span, Trace
from spanlake.evaluation.scorers import Sample


def trace(text: str, span_type: str | None) -> Trace:
    root = Span(trace_id="t", span_id="s", span_type=span_type)
    return Trace(trace_id="t", input=text, output=text, spans=(root,))


@pytest.mark.parametrize(
    ("text", "span_type", "said"),
    [
        ('{"question": "why"}', "CHAIN", {"question": "why"}),
        ('{"question": "why"}', None, {"question": "why"}),
        ('{"question": "why"}', "LLM", '{"question": "why"}'),
        ("{not json}", "CHAIN", "{not json}"),
        ("plain", "AGENT", "plain"),
        ("[1]", "AGENT", "[1]"),
    ],
)
def test_a_stored_trace_gives_what_its_app_took_and_gave(
    text: str, span_type: str | None, said: object
) -> None:
    """The arguments of a function are an object again, what a model wrote stays text."""
    sample = Sample.of_trace(trace(text, span_type))
    assert (sample.inputs, sample.outputs) == (said, said)
    assert (sample.target_type, sample.target_id) == ("trace", "t")


def test_expectations_come_from_assessments() -> None:
    """The expectations stored for a trace or a session are those of the sample; the last counts."""
    stored = (
        Assessment(assessment_id="1", kind="expectation", name="expected_response", value="a"),
        Assessment(assessment_id="2", kind="feedback", name="quality", value=1),
        Assessment(assessment_id="3", kind="expectation", name="expected_response", value="b"),
        Assessment(
            assessment_id="4",
            kind="expectation",
            name="expected_response",
            value="c",
            is_valid=False,
        ),
    )
    assert Sample.of_trace(Trace(trace_id="t", assessments=stored)).expectations == {
        "expected_response": "b"
    }
    session = Sample.of_session(Session(session_id="s", assessments=stored))
    assert session.expectations == {"expected_response": "b"}
    assert (session.target_type, session.target_id) == ("session", "s")


def test_a_trace_without_spans_is_a_sample_too() -> None:
    """What nothing is known of has no inputs and no outputs."""
    sample = Sample.of_trace(Trace(trace_id="t"))
    assert (sample.inputs, sample.outputs, sample.expectations) == (None, None, {})
