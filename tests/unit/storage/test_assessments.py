import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rows import NOON_NS, Ask, Row, evaluation, span, write

NOON = datetime.fromtimestamp(NOON_NS / 1e9, UTC)


NOTHING: Row = {
    "target": "span",
    "name": "tone",
    "score": None,
    "label": None,
    "explanation": None,
    "annotator_kind": None,
    "identifier": None,
    "metadata": None,
    "time_ns": None,
    "error_type": None,
}


def evaluations(*evaluations: Row) -> str:
    """What the mapping makes of the evaluations that a span carries."""
    return json.dumps([{**NOTHING, **evaluation} for evaluation in evaluations])


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


def test_evaluation_that_a_span_carries(tmp_path: Path, ask: Ask) -> None:
    """An annotation of a span is feedback on it, with all that it says."""
    annotation: Row = {
        "score": 0.5,
        "label": "fair",
        "explanation": "because",
        "annotator_kind": "HUMAN",
        "identifier": "ann",
        "metadata": {"round": 2, "by": "hand", "none": None},
        "time_ns": NOON_NS + 1_000_000,
        "error_type": "timeout",
    }
    carried = evaluations(annotation)
    write(tmp_path, span("s", evaluations=carried, session_id="S", service_name="app"))
    assert ask(
        "SELECT kind, name, value, value_double, value_string, value_bool, rationale, source_type, "
        "source_id, target_type, trace_id, span_id, session_id, error_code, metadata, created_at, "
        "is_valid, experiment, length(assessment_id) FROM assessments"
    ) == [
        (
            "feedback",
            "tone",
            "0.5",
            0.5,
            "fair",
            None,
            "because",
            "HUMAN",
            "ann",
            "span",
            "t",
            "s",
            "S",
            "timeout",
            {"round": "2", "by": "hand", "none": None},
            datetime.fromtimestamp(NOON_NS / 1e9 + 0.001, UTC),
            True,
            "default",
            32,
        )
    ]


@pytest.mark.parametrize(
    ("kind", "source_type"),
    [("HUMAN", "HUMAN"), ("LLM", "LLM_JUDGE"), ("CODE", "CODE"), (None, "CODE"), ("?", "CODE")],
)
def test_who_evaluated(kind: str | None, source_type: str, tmp_path: Path, ask: Ask) -> None:
    """An evaluation that does not name its author is of the service, at the end of the span."""
    carried = evaluations({"annotator_kind": kind, "label": "pass"})
    write(tmp_path, span("s", duration_ms=0, evaluations=carried, service_name="app"))
    assert ask("SELECT source_type, source_id, created_at, value, metadata FROM assessments") == [
        (source_type, "app", NOON, '"pass"', {})
    ]


def test_targets_of_evaluations(tmp_path: Path, ask: Ask) -> None:
    """A span carries evaluations of itself, of its trace and of its session, beside logged ones."""
    targets = [{"target": each, "score": 1} for each in ("span", "trace", "session", "world")]
    write(tmp_path, span("s", evaluations=evaluations(*targets), session_id="S"))
    write(tmp_path, evaluation("tone", {}, trace_id="t", span_id="s"), table="logs")
    assert ask(
        "SELECT target_type, trace_id, span_id, session_id, value FROM assessments"
        " ORDER BY target_type, value"
    ) == [
        ("session", "t", None, "S", "1.0"),
        ("span", "t", "s", "S", "1.0"),
        ("span", "t", "s", None, None),
        ("trace", "t", None, "S", "1.0"),
    ]


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        ({}, {}, 1),
        ({}, {"metadata": {"other": 1}, "explanation": "other", "time_ns": 1}, 1),
        ({}, {"name": "other"}, 2),
        ({}, {"identifier": "other"}, 2),
        ({}, {"score": 2}, 2),
        ({}, {"label": "other"}, 2),
        ({}, {"target": "trace"}, 2),
        ({"target": "trace"}, {"target": "trace"}, 1),
        ({"target": "session"}, {"target": "session"}, 1),
    ],
)
def test_evaluation_carried_again(
    first: Row, second: Row, count: int, tmp_path: Path, ask: Ask
) -> None:
    """One evaluation is one assessment, however often and on however many spans it comes."""
    write(tmp_path, span("s", evaluations=evaluations(first), session_id="S"))
    other = "s" if first.get("target", "span") == "span" else "another"
    write(tmp_path, span(other, evaluations=evaluations(second), session_id="S"))
    assert ask("SELECT count(DISTINCT assessment_id), count(*) FROM assessments") == [
        (count, count)
    ]


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        "{",
        "null",
        "5",
        "[]",
        "[null, 1, []]",
        '{"target": "span"}',
        "[" * 9999,
        '[{"name": 1}]',
    ],
)
def test_evaluations_that_are_none(hostile: str, tmp_path: Path, ask: Ask) -> None:
    """Whatever a span carries, no query fails, and its neighbour is answered."""
    strange = {"score": "high", "time_ns": "noon", "metadata": [1], "label": {"a": 1}}
    write(tmp_path, span("a", evaluations=hostile), span("b", evaluations=evaluations(strange)))
    assert ask("SELECT span_id, value, created_at > $$2000-01-01$$ FROM assessments") == [
        ("b", '"{\\"a\\":1}"', True)
    ]


def test_of_several_overrides_the_last_stands(tmp_path: Path, ask: Ask) -> None:
    """Of several that override the same the last stands; when it is deleted, the one before."""

    def said(value: str, received: int, **own: str) -> Row:
        attributes = {f"spanlake.assessment.{key}": text for key, text in own.items()}
        value_of = {"spanlake.assessment.value": value}
        return {**evaluation("e", attributes | value_of), "received_at": received}

    write(
        tmp_path,
        said("0", 1, id="a"),
        said("1", 2, id="b", overrides="a"),
        said("2", 3, id="c", overrides="a"),
        table="logs",
    )
    query = "SELECT value, is_valid FROM assessments ORDER BY value"
    assert ask(query) == [("0", False), ("1", False), ("2", True)]
    write(tmp_path, said("3", 4, id="d", overrides="c", is_deletion="true"), table="logs")
    assert ask(query) == [("0", False), ("1", True), ("2", False)]


def test_what_was_said_to_the_lake_itself(tmp_path: Path, ask: Ask) -> None:
    """Rows of the table stand beside those of OTLP; the same id is one, an override is of any."""
    write(tmp_path, evaluation("e", {"spanlake.assessment.id": "a"}, trace_id="t"), table="logs")
    own: Row = {
        "assessment_id": "b",
        "kind": "feedback",
        "name": "f",
        "value": '{"a": [1]}',
        "metadata": [("k", "v")],
        "target_type": "record",
        "record_id": "r",
        "overrides": "a",
    }
    write(
        tmp_path, own, own, {**own, "assessment_id": "a", "received_at": 2**60}, table="assessments"
    )
    query = "SELECT assessment_id, name, value, metadata, record_id, is_valid FROM assessments"
    assert sorted(ask(query)) == [
        ("a", "e", None, {}, None, False),
        ("b", "f", '{"a": [1]}', {"k": "v"}, "r", True),
    ]


def test_an_evaluation_of_a_record(tmp_path: Path, ask: Ask) -> None:
    """An event that names a dataset record, and no span, is about the record."""
    write(tmp_path, evaluation("e", {"spanlake.assessment.record_id": "r"}), table="logs")
    assert ask("SELECT target_type, record_id FROM assessments") == [("record", "r")]
