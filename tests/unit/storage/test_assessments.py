from pathlib import Path

import pytest
from rows import Ask, Row, evaluation, span, write


def test_assessment(tmp_path: Path, ask: Ask) -> None:
    """A standard evaluation result is feedback on the span it was sent in."""
    attributes = {
        "gen_ai.evaluation.score.value": "0.9",
        "gen_ai.evaluation.score.label": "good",
        "gen_ai.evaluation.explanation": "because",
        "error.type": "timeout",
    }
    write(tmp_path, evaluation("tone", attributes, trace_id="t", span_id="s"), table="logs")
    assert ask(
        "SELECT kind, name, value, value_double, value_string, value_bool, rationale, source_type, "
        "source_id, target_type, trace_id, span_id, error_code, metadata, is_valid FROM assessments"
    ) == [
        (
            "feedback",
            "tone",
            "0.9",
            0.9,
            "good",
            None,
            "because",
            "CODE",
            "grader",
            "span",
            "t",
            "s",
            "timeout",
            {},
            True,
        )
    ]


@pytest.mark.parametrize(
    ("attributes", "values"),
    [
        ({"spanlake.assessment.value": "true"}, ("true", None, None, True)),
        ({"spanlake.assessment.value": "false"}, ("false", None, None, False)),
        ({"spanlake.assessment.value": '"true"'}, ('"true"', None, "true", None)),
        ({"spanlake.assessment.value": "3"}, ("3", 3.0, None, None)),
        ({"spanlake.assessment.value": '{"a":1}'}, ('{"a":1}', None, None, None)),
        ({"spanlake.assessment.value": "no JSON"}, ('"no JSON"', None, "no JSON", None)),
        ({"gen_ai.evaluation.score.value": "2"}, ("2.0", 2.0, None, None)),
        ({"gen_ai.evaluation.score.label": "pass"}, ('"pass"', None, "pass", None)),
        ({"gen_ai.evaluation.score.value": "high"}, (None, None, None, None)),
        ({}, (None, None, None, None)),
    ],
)
def test_values_of_assessments(
    attributes: dict[str, str], values: tuple[object, ...], tmp_path: Path, ask: Ask
) -> None:
    """A value is JSON, and stands in the column of its type besides."""
    write(tmp_path, evaluation("e", attributes), table="logs")
    query = "SELECT value, value_double, value_string, value_bool FROM assessments"
    assert ask(query) == [values]


def test_score_that_is_no_number(tmp_path: Path, ask: Ask) -> None:
    """A score of NaN is a double, and no JSON."""
    write(tmp_path, evaluation("e", {"gen_ai.evaluation.score.value": "NaN"}), table="logs")
    assert ask("SELECT value, isnan(value_double) FROM assessments") == [(None, True)]


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({}, ("t", "inner", "span")),
        ({"trace_id": "t"}, ("t", "inner", "span")),
        ({"trace_id": "other"}, ("other", None, "trace")),
        ({"trace_id": "t", "span_id": "judge"}, ("t", "judge", "span")),
    ],
)
def test_assessment_of_a_response(
    columns: Row, found: tuple[object, ...], tmp_path: Path, ask: Ask
) -> None:
    """An event outside of any span is about the span that got the response it names."""
    write(
        tmp_path,
        span("outer", response_id="r"),
        span("inner", "outer", start_ms=1, response_id="r"),
        span("else", response_id="q"),
    )
    write(tmp_path, evaluation("e", {"gen_ai.response.id": "r"}, **columns), table="logs")
    assert ask("SELECT trace_id, span_id, target_type FROM assessments") == [found]


def test_overrides_and_deletions(tmp_path: Path, ask: Ask) -> None:
    """An assessment that another overrides or deletes is not valid; the history has them all."""

    def said(name: str, **own: str) -> Row:
        attributes = {f"spanlake.assessment.{key}": value for key, value in own.items()}
        return evaluation(name, attributes)

    write(
        tmp_path,
        said("first", id="1"),
        said("second", id="2", overrides="1"),
        said("deleted", id="3"),
        said("deletion", id="4", overrides="3", is_deletion="true"),
        said("itself", id="5", overrides="5"),
        table="logs",
    )
    assert ask("SELECT name, is_valid FROM assessments ORDER BY assessment_id") == [
        ("first", False),
        ("second", True),
        ("deleted", False),
        ("itself", True),
    ]
    assert ask("SELECT count(*) FROM assessments_history") == [(5,)]


def test_assessment_sent_again(tmp_path: Path, ask: Ask) -> None:
    """An event that was sent twice is one assessment; one with another value is not the same."""
    for label in ("a", "a", "b"):
        event = evaluation("e", {"gen_ai.evaluation.score.label": label}, trace_id="t")
        write(tmp_path, event, table="logs")
    rows = ask("SELECT value_string, length(assessment_id) FROM assessments ORDER BY ALL")
    assert rows == [("a", 32), ("b", 32)]


def test_own_attributes_of_assessments(tmp_path: Path, ask: Ask) -> None:
    """What the standard has no attribute for is said by spanlake.assessment.<column>."""
    own = {
        "kind": "expectation",
        "source_type": "HUMAN",
        "source_id": "ann",
        "target_type": "record",
        "run_id": "r",
        "error_message": "m",
        "scorer_name": "s",
        "scorer_digest": "d",
        "judge_model": "j",
        "judge_input_tokens": "1",
        "judge_output_tokens": "two",
        "judge_cost_usd": "0.5",
        "content_digest": "c",
    }
    attributes = {f"spanlake.assessment.{column}": value for column, value in own.items()}
    attributes |= {"spanlake.assessment.metadata.k": "v", "session.id": "S"}
    write(tmp_path, evaluation("e", attributes), table="logs")
    assert ask(
        "SELECT kind, source_type, source_id, target_type, run_id, error_message, scorer_name, "
        "scorer_digest, judge_model, judge_input_tokens, judge_output_tokens, judge_cost_usd, "
        "content_digest, metadata, session_id FROM assessments"
    ) == [(*list(own.values())[:9], 1, None, 0.5, "c", {"k": "v"}, "S")]
