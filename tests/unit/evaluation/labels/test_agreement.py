"""Agreement of the reviewers of a queue, against what scikit-learn says of the same answers."""

from datetime import UTC, datetime

import pytest
from sklearn.metrics import cohen_kappa_score

from spanlake.entities.label_schema import (
    InputCategorical,
    InputNumeric,
    InputPassFail,
    InputText,
    LabelInput,
    LabelSchema,
    LabelValue,
)
from spanlake.entities.review import Label, LabelRole
from spanlake.evaluation.labels.agreement import queue_agreement

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def schema(taken: LabelInput) -> LabelSchema:
    return LabelSchema(
        schema_id="s",
        name="q",
        version=1,
        type="feedback",
        title=None,
        instruction=None,
        enable_comment=False,
        input=taken,
        created_at=NOW,
    )


def label(item: int, who: str, value: LabelValue, role: LabelRole = "reviewer") -> Label:
    return Label(
        queue_id="q",
        queue="q",
        item_id=str(item),
        trace_id=f"{item:032x}",
        span_id=None,
        session_id=None,
        name="q",
        schema_id="s",
        schema_version=1,
        kind="feedback",
        reviewer=who,
        role=role,
        value=value,
        comment=None,
        is_final=False,
        assessment_id=None,
        answered_at=NOW,
    )


ANN = [True, True, False, True, False, False, True, True, False, True]
BOB = [True, False, False, True, False, True, True, True, False, True]


def test_two_reviewers() -> None:
    """Kappa, the share of equal answers and the confusion table are those of the answers."""
    labels = [label(at, "ann", value) for at, value in enumerate(ANN)]
    labels += [label(at, "bob", value) for at, value in enumerate(BOB)]
    (found,) = queue_agreement([schema(InputPassFail())], labels)
    (pair,) = found.pairs
    assert (found.reviewers, found.labels, found.items) == (("ann", "bob"), 20, 10)
    assert pair.kappa is not None
    assert pair.kappa.value == pytest.approx(cohen_kappa_score(ANN, BOB))
    assert pair.kappa.low is not None
    assert pair.observed.value == pytest.approx(0.8)
    assert pair.categories == ("fail", "pass")
    assert pair.confusion == ((3, 1), (1, 5))
    assert [each.item_id for each in found.open_disagreements] == ["1", "5"]


def test_decisions_are_no_answers() -> None:
    """A decision closes a disagreement, and does not count as a reviewer's answer."""
    labels = [label(1, "ann", "a"), label(1, "bob", "b"), label(1, "eve", "a", "adjudicator")]
    (found,) = queue_agreement([schema(InputCategorical(options=["a", "b"]))], labels)
    assert found.reviewers == ("ann", "bob")
    assert found.open_disagreements == ()
    (decided,) = found.disagreements
    assert decided.decision is not None
    assert decided.decision.reviewer == "eve"


def test_several_choices_are_one_category() -> None:
    """The same several options are an agreement, others are not."""
    chosen = schema(InputCategorical(options=["a", "b"], multi_select=True))
    labels = [label(1, "ann", ["a", "b"]), label(1, "bob", ["a", "b"])]
    labels += [label(2, "ann", ["a"]), label(2, "bob", ["b"])]
    (found,) = queue_agreement([chosen], labels)
    assert [each.item_id for each in found.disagreements] == ["2"]
    assert found.pairs[0].observed.value == 0.5


def test_many_reviewers_have_an_alpha() -> None:
    """Of more than two reviewers, with gaps, there is one alpha, and each pair's own kappa."""
    rated = [(1, "ann", 3), (1, "bob", 3), (2, "bob", 1), (2, "eve", 1), (3, "ann", 2)]
    labels = [label(item, who, value) for item, who, value in rated]
    (found,) = queue_agreement([schema(InputNumeric(min_value=1, max_value=5))], labels)
    assert found.items == 2
    assert found.alpha is not None
    assert found.alpha.value == 1
    assert [each.reviewers for each in found.pairs] == [("ann", "bob"), ("bob", "eve")]


@pytest.mark.parametrize("taken", [InputText(), InputPassFail()])
def test_nothing_to_compare(taken: LabelInput) -> None:
    """Texts, and answers of one reviewer alone, have no measure of agreement."""
    value: LabelValue = True if isinstance(taken, InputPassFail) else "words"
    (found,) = queue_agreement([schema(taken)], [label(1, "ann", value)])
    assert (found.alpha, found.pairs, found.disagreements) == (None, (), ())
    assert queue_agreement([schema(taken)], [])[0].labels == 0
