"""What is said to the lake itself: stored once, overridden, deleted, and refused."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rows import Row, evaluation, span, write
from thumbs import ANN, SPAN, TRACE, thumb

from spanlake.entities import (
    Assessment,
    AssessmentError,
    AssessmentSource,
    Expectation,
    Feedback,
    SourceType,
)
from spanlake.errors import NotFoundError, UserError
from spanlake.storage.assessments.entry import Entry, Provenance, Target
from spanlake.storage.assessments.log import (
    delete_assessment,
    get_assessment,
    log_assessments,
    override_assessment,
)
from spanlake.storage.lake import Lake


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    """A lake of one trace of the experiment e and the session S."""
    write(tmp_path, span(SPAN, trace_id=TRACE, session_id="S", experiment="e"))
    with Lake(tmp_path) as opened:
        yield opened


def one(lake: Lake, entry: Entry) -> Assessment:
    return log_assessments(lake, [entry])[0].assessment


def standing(lake: Lake) -> list[tuple[Any, ...]]:
    query = "SELECT value::VARCHAR, is_valid FROM assessments ORDER BY created_at, value"
    return lake.sql(query).fetchall()


def test_all_of_the_contract_is_kept(lake: Lake) -> None:
    """Every column of the contract comes back as it was said."""
    moment = datetime(2026, 11, 21, 12, 0, 0, 5, UTC)
    entry = Entry(
        target=Target(TRACE.upper(), SPAN),
        said=Feedback(
            name="tone",
            value=0.25,
            rationale="calm\r\nthroughout",
            source=AssessmentSource("ai_judge", "gpt"),
            metadata={"round": "2"},
        ),
        provenance=Provenance(
            run_id="run",
            scorer_name="scorer",
            scorer_digest="digest",
            judge_model="gpt-4o",
            judge_input_tokens=10,
            judge_output_tokens=2,
            judge_cost_usd=0.5,
            content_digest="content",
        ),
        assessment_id="mine",
        created_at=moment,
    )
    (logged,) = log_assessments(lake, [entry])
    assert (logged.is_new, logged.target_is_stored) == (True, True)
    found = lake.sql("SELECT * EXCLUDE received_at FROM assessments")
    (row,) = found.fetchall()
    said = {
        name: value for name, value in zip(found.columns, row, strict=True) if value is not None
    }
    assert said == {
        "assessment_id": "mine",
        "kind": "feedback",
        "name": "tone",
        "value": "0.25",
        "value_double": 0.25,
        "rationale": "calm\r\nthroughout",
        "source_type": "LLM_JUDGE",
        "source_id": "gpt",
        "target_type": "span",
        "trace_id": TRACE,
        "span_id": SPAN,
        "run_id": "run",
        "metadata": {"round": "2"},
        "scorer_name": "scorer",
        "scorer_digest": "digest",
        "judge_model": "gpt-4o",
        "judge_input_tokens": 10,
        "judge_output_tokens": 2,
        "judge_cost_usd": 0.5,
        "content_digest": "content",
        "created_at": moment,
        "is_valid": True,
        "experiment": "e",
    }


TARGETS = [
    (Target(TRACE), "trace", True, "e"),
    (Target("1" * 32), "trace", False, None),
    (Target(TRACE, SPAN), "span", True, "e"),
    (Target(TRACE, "1" * 16), "span", False, "e"),
    (Target(session_id="S"), "session", True, "e"),
    (Target(session_id="T"), "session", False, None),
    (Target(record_id="r"), "record", None, None),
]


def test_targets(lake: Lake) -> None:
    """What is assessed need not be stored yet; whether it is, is told."""
    logged = log_assessments(lake, [thumb(target=target) for target, *_ in TARGETS])
    query = "SELECT assessment_id, experiment FROM assessments"
    experiments = dict(lake.sql(query).fetchall())
    found = [
        (
            each.assessment.target_type,
            each.target_is_stored,
            experiments[each.assessment.assessment_id],
        )
        for each in logged
    ]
    assert found == [tuple(expected) for _, *expected in TARGETS]


def test_a_late_trace_gets_what_was_said(lake: Lake, tmp_path: Path) -> None:
    """Feedback that came before its trace belongs to it afterwards."""
    one(lake, thumb(target=Target("2" * 32)))
    write(tmp_path, span("x", trace_id="2" * 32))
    query = "SELECT value::VARCHAR FROM traces JOIN assessments USING (trace_id)"
    assert lake.sql(query).fetchall() == [("true",)]


def test_the_same_again_is_one(lake: Lake) -> None:
    """What is said again while it stands is recognised, in the same batch and later."""
    first, twin = log_assessments(lake, [thumb(), thumb()])
    (again,) = log_assessments(lake, [thumb()])
    assert (first.is_new, twin.is_new, again.is_new) == (True, False, False)
    assert first.assessment == twin.assessment == again.assessment
    assert standing(lake) == [("true", True)]


OTHERS = [
    thumb(value=False),
    thumb(value=1),
    thumb(name="other"),
    thumb(rationale="because"),
    thumb(source=AssessmentSource("HUMAN", "bob")),
    thumb(source=AssessmentSource("CODE", "ann")),
    thumb(metadata={"k": "v"}),
    thumb(target=Target(TRACE, SPAN)),
    thumb(created_at=datetime(2026, 1, 1, tzinfo=UTC)),
]


def test_another_is_another(lake: Lake) -> None:
    """What differs in anything that is said is an assessment of its own."""
    assert all(logged.is_new for logged in log_assessments(lake, [thumb(), *OTHERS]))
    assert not any(logged.is_new for logged in log_assessments(lake, OTHERS))


def test_said_again_after_it_was_taken_back(lake: Lake) -> None:
    """What was deleted can be said again, as often as it is deleted."""
    ids = set()
    for _ in range(3):
        stored = one(lake, thumb())
        ids.add(stored.assessment_id)
        assert delete_assessment(lake, stored.assessment_id)
    assert len(ids) == 3
    assert one(lake, thumb()).is_valid
    assert [valid for _, valid in standing(lake)].count(True) == 1


def test_a_retry_that_comes_late(lake: Lake) -> None:
    """A retry changes nothing when what it says has been overridden meanwhile."""
    old = one(lake, thumb(value=0)).assessment_id
    override_assessment(lake, old, Feedback(value=1))
    override_assessment(lake, old, Feedback(value=2))
    assert not override_assessment(lake, old, Feedback(value=1)).is_new
    (again,) = log_assessments(lake, [thumb(value=0)])
    assert (again.is_new, again.assessment.is_valid) == (False, False)
    assert standing(lake) == [("0", False), ("1", False), ("2", True)]


def test_an_id_of_ones_own(lake: Lake) -> None:
    """A caller's id is recognised when it is sent again, and is not given to anything else."""
    one(lake, thumb(assessment_id="mine"))
    assert not log_assessments(lake, [thumb(assessment_id="mine")])[0].is_new
    with pytest.raises(UserError, match="'mine': another assessment has it, with value True"):
        one(lake, thumb(value=False, assessment_id="mine"))
    with pytest.raises(UserError, match="'twin': another assessment has it, with value 1"):
        log_assessments(lake, [thumb(1, assessment_id="twin"), thumb(2, assessment_id="twin")])
    delete_assessment(lake, "mine")
    assert not log_assessments(lake, [thumb(assessment_id="mine")])[0].is_new


def test_override(lake: Lake) -> None:
    """An override stands in the place of what it overrides, whose name, target and run it has."""
    old = one(lake, Entry(target=Target(TRACE, SPAN), said=Feedback(name="tone", value=1)))
    said = Feedback(value=0, rationale="no", source=ANN)
    new = override_assessment(lake, old.assessment_id, said)
    assert not override_assessment(lake, old.assessment_id, said).is_new
    stored = get_assessment(lake, new.assessment.assessment_id)
    assert (stored.name, stored.span_id, stored.overrides) == ("tone", SPAN, old.assessment_id)
    assert standing(lake) == [("1", False), ("0", True)]
    assert not get_assessment(lake, old.assessment_id).is_valid


def test_the_last_override_stands(lake: Lake) -> None:
    """When several override the same, exactly one stands, and a deletion brings back the other."""
    old = one(lake, thumb(value=0)).assessment_id
    first = override_assessment(lake, old, Feedback(value=1)).assessment.assessment_id
    second = override_assessment(lake, old, Feedback(value=2)).assessment.assessment_id
    assert standing(lake) == [("0", False), ("1", False), ("2", True)]
    delete_assessment(lake, second)
    assert standing(lake) == [("0", False), ("1", True), ("2", False)]
    delete_assessment(lake, first)
    assert standing(lake) == [("0", True), ("1", False), ("2", False)]


def test_an_override_of_an_override(lake: Lake) -> None:
    """Of a chain of overrides the last stands; one in the middle cannot be deleted."""
    first = one(lake, thumb(value=0)).assessment_id
    second = override_assessment(lake, first, Feedback(value=1)).assessment.assessment_id
    override_assessment(lake, second, Feedback(value=2))
    assert standing(lake) == [("0", False), ("1", False), ("2", True)]
    with pytest.raises(UserError, match="must stand, and another overrides it; delete that one"):
        delete_assessment(lake, second)


def test_what_otlp_brought_is_overridden_and_deleted(lake: Lake, tmp_path: Path) -> None:
    """Assessments of apps and of spans can be overridden and deleted like any other."""
    write(
        tmp_path, evaluation("e", {"spanlake.assessment.id": "sent"}, trace_id=TRACE), table="logs"
    )
    entry: Row = {"target": "span", "name": "tone", "score": 1}
    write(tmp_path, span("f" * 16, trace_id=TRACE, evaluations=f"[{entry}]".replace("'", '"')))
    (carried,) = lake.sql("SELECT assessment_id FROM assessments WHERE name = 'tone'").fetchall()[0]
    override_assessment(lake, "sent", Feedback(value=True))
    delete_assessment(lake, carried)
    rows = lake.sql(
        "SELECT name, value::VARCHAR, is_valid FROM assessments ORDER BY ALL"
    ).fetchall()
    assert rows == [
        ("e", "true", True),
        ("e", None, False),
        ("tone", "1.0", False),
    ]


def test_deletion(lake: Lake) -> None:
    """A deletion is told once, and the history keeps who did it and why."""
    stored = one(lake, thumb()).assessment_id
    assert delete_assessment(lake, stored, source=ANN, reason="mistaken")
    assert not delete_assessment(lake, stored)
    assert standing(lake) == [("true", False)]
    query = "SELECT source_id, rationale, overrides FROM assessments_history WHERE is_deletion"
    assert lake.sql(query).fetchall() == [("ann", "mistaken", stored)]


@pytest.mark.parametrize("change", [override_assessment, delete_assessment])
def test_an_unknown_id(lake: Lake, change: Any) -> None:  # noqa: ANN401  # either function
    """What is not there can be neither overridden nor deleted."""
    with pytest.raises(NotFoundError, match="'none': no assessment has it; `spanlake assess"):
        change(lake, "none", *([Feedback(value=1)] if change is override_assessment else []))


def test_what_cannot_be_overridden(lake: Lake) -> None:
    """Feedback does not override an expectation, and nothing overrides what is deleted."""
    said = Expectation(name="answer", value="42")
    expected = one(lake, Entry(target=Target(TRACE), said=said))
    assert expected.source.source_type is SourceType.HUMAN
    with pytest.raises(UserError, match="is expectation, not feedback; override it as such"):
        override_assessment(lake, expected.assessment_id, Feedback(value=1))
    override_assessment(lake, expected.assessment_id, Expectation(name="", value="43"))
    deleted = one(lake, thumb()).assessment_id
    delete_assessment(lake, deleted)
    with pytest.raises(UserError, match="must stand, and it was deleted; log a new one"):
        override_assessment(lake, deleted, Feedback(value=1))


def test_a_batch_is_all_or_nothing(lake: Lake) -> None:
    """When one of several is refused none is stored."""
    with pytest.raises(UserError):
        log_assessments(lake, [thumb(), thumb(name="")])
    assert standing(lake) == []


def test_an_error_instead_of_a_value(lake: Lake) -> None:
    """Feedback without a value says why there is none."""
    stored = one(lake, thumb(value=None, error=AssessmentError("TIMEOUT", "after 30 s")))
    assert stored.error == AssessmentError("TIMEOUT", "after 30 s")
    assert get_assessment(lake, stored.assessment_id) == stored


def test_overrides_at_the_same_time(tmp_path: Path, lake: Lake) -> None:
    """However many override one at the same time, all are kept and exactly one stands."""
    old = one(lake, thumb(value=-1)).assessment_id
    together = threading.Barrier(3)

    def override(value: int) -> bool:
        with Lake(tmp_path) as mine:
            together.wait()
            return override_assessment(mine, old, Feedback(value=value % 2)).is_new

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(override, range(3)))
    rows = standing(lake)
    assert sorted(value for value, _ in rows) == ["-1", "0", "1"]
    assert [valid for _, valid in rows].count(True) == 1


def test_methods_of_a_lake(lake: Lake) -> None:
    """A notebook logs, overrides and deletes through the lake, and is warned of a mistyped id."""
    with pytest.warns(UserWarning, match="trace_id is 1{32}: not stored yet; the feedback is"):
        lake.log_feedback(trace_id="1" * 32, value=1)
    stored = lake.log_feedback(trace_id=TRACE, name="ok", value=False, source=ANN)
    new = lake.override_feedback(assessment_id=stored.assessment_id, value=True)
    assert lake.delete_assessment(assessment_id=new.assessment_id)
    expected = lake.log_expectation(session_id="S", name="answer", value=["42"])
    assert (expected.kind, expected.target_type, expected.value) == (
        "expectation",
        "session",
        ["42"],
    )
    valid = lake.sql("SELECT name FROM assessments WHERE is_valid ORDER BY name").fetchall()
    assert valid == [("answer",), ("feedback",), ("ok",)]
