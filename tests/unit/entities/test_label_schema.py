"""Questions take the answers that fit them, and refuse others in words."""

import pytest

from spanlake.entities.label_schema import (
    InputCategorical,
    InputNumeric,
    InputPassFail,
    InputText,
    InputTextList,
    LabelInput,
)
from spanlake.errors import UserError

LETTERS = InputCategorical(options=["a", "b", "c"])
SEVERAL = InputCategorical(options=["a", "b", "c"], multi_select=True)
STARS = InputNumeric(min_value=1, max_value=5)


@pytest.mark.parametrize(
    ("taken", "given", "kept"),
    [
        (InputPassFail(), True, True),
        (InputPassFail(positive_label="Good", negative_label="Bad"), "Bad", False),
        (LETTERS, "b", "b"),
        (SEVERAL, ["c", "a", "c"], ["a", "c"]),
        (SEVERAL, "b", ["b"]),
        (STARS, 1, 1),
        (STARS, 4.5, 4.5),
        (InputNumeric(), -(10**9), -(10**9)),
        (InputText(max_length=5), "words", "words"),
        (InputTextList(), ["one", " ", "two"], ["one", "two"]),
    ],
)
def test_answers_that_fit(taken: LabelInput, given: object, kept: object) -> None:
    """An answer that fits is kept as its question has it."""
    assert taken.check(given) == kept


@pytest.mark.parametrize(
    ("taken", "given", "reason"),
    [
        (InputPassFail(), "yes", r"must be true \(Pass\) or false"),
        (InputPassFail(), 1, "the answer is 1"),
        (LETTERS, "d", "must be one of a, b, c"),
        (LETTERS, ["a"], "must be one of"),
        (SEVERAL, [], "must be a list of some of"),
        (SEVERAL, ["a", "d"], "must be a list of some of"),
        (STARS, 0, "must be from 1 to 5"),
        (InputNumeric(min_value=0), -1, "must be from 0 to any number"),
        (STARS, True, "must be a finite number"),
        (STARS, float("nan"), "must be a finite number"),
        (InputNumeric(), 10**400, "must be a finite number"),
        (InputText(), "  ", "must be text, and not empty"),
        (InputText(max_length=3), "four", "must have at most 3"),
        (InputTextList(), "one", "must be a list of texts"),
        (InputTextList(), [" "], "must have a text at least"),
        (InputTextList(max_count=1), ["a", "b"], "must have at most 1"),
        (InputTextList(max_length_each=2), ["abc"], "must have at most 2"),
    ],
)
def test_answers_that_do_not_fit(taken: LabelInput, given: object, reason: str) -> None:
    """An answer that does not fit is refused with the rule it breaks."""
    with pytest.raises(UserError, match=reason):
        taken.check(given)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: InputCategorical(options=["a"]), "must be from 2 to 50"),
        (lambda: InputCategorical(options=["a", "a"]), "must differ"),
        (lambda: InputCategorical(options=["a", " b"]), "must be lines of 1 to 200"),
        (lambda: InputPassFail(positive_label="", negative_label="b"), "must be lines of"),
        (lambda: InputNumeric(min_value=5, max_value=1), "must be below max_value"),
        (lambda: InputNumeric(min_value=float("inf")), "must be a finite number"),
        (lambda: InputText(max_length=0), "max_length is 0: must be from 1"),
        (lambda: InputTextList(max_count=1000), "max_count is 1000: must be from 1 to 200"),
    ],
)
def test_questions_that_cannot_be(make: object, reason: str) -> None:
    """A question that nobody could answer is refused when it is made."""
    with pytest.raises(UserError, match=reason):
        make()  # type: ignore[operator]  # a function


def test_a_scale_of_few_steps_has_keys() -> None:
    """Whole numbers between close bounds are steps; others are typed."""
    assert STARS.steps == (1, 2, 3, 4, 5)
    assert InputNumeric(min_value=0, max_value=1.5).steps == ()
    assert InputNumeric(min_value=0, max_value=100).steps == ()
    assert InputNumeric(max_value=5).steps == ()
