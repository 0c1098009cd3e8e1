import math
from typing import Any

import pytest
from scoring import score

from spanlake.errors import UserError
from spanlake.evaluation.scorers import Scorer
from spanlake.evaluation.scorers.scorer import check_names


class MaxWords(Scorer):
    """Whether it is short."""

    limit: int = 3
    stop_words: list[str] = []  # noqa: RUF012  # each scorer gets a list of its own

    def __call__(self, outputs: str) -> bool:
        words = [word for word in outputs.split() if word not in self.stop_words]
        return len(words) <= self.limit


class Renamed(MaxWords):
    name = "short"
    limit = 1


def test_the_fields_of_a_class_are_its_parameters() -> None:
    """A subclass is made with keywords, and its name is its class's in snake case."""
    assert score(MaxWords(), outputs="a b c d").value is False
    assert score(MaxWords(limit=4), outputs="a b c d").value is True
    assert (MaxWords().name, MaxWords().description) == ("max_words", "Whether it is short.")
    assert MaxWords().wants == {"outputs"}


def test_defaults_without_a_type_are_meant() -> None:
    """A class that sets a field of its base sets the default of it."""
    assert (Renamed().name, Renamed().limit) == ("short", 1)
    assert Renamed(name="other").name == "other"


def test_scorers_do_not_share_lists() -> None:
    """A default list is copied for each scorer."""
    one, other = MaxWords(), MaxWords()
    one.stop_words.append("the")
    assert other.stop_words == []


def test_a_scorer_without_a_call_is_none() -> None:
    """A class without __call__ cannot be made."""

    class Nothing(Scorer):
        pass

    with pytest.raises(TypeError, match="__call__"):
        Nothing()  # type: ignore[abstract]  # that is the point


@pytest.mark.parametrize("name", ["score", "source", "digest", "wants", "feedback"])
def test_fields_do_not_hide_what_every_scorer_has(name: str) -> None:
    """A field with the name of a method is refused when the class is made."""
    with pytest.raises(UserError, match=f"class Hiding has a field named {name}: every scorer"):
        type("Hiding", (Scorer,), {"__annotations__": {name: float}, name: 0.5})


def test_a_class_may_have_its_own_initialiser() -> None:
    """A class with an __init__ that calls the one above it is a scorer like the others."""

    class Own(Scorer):
        def __init__(self, word: str) -> None:
            super().__init__(name=f"has_{word}")
            self.word = word

        def __call__(self, outputs: str) -> bool:
            return self.word in outputs

    assert score(Own("a"), outputs="abc").value is True
    assert Own("a").digest != Own("b").digest


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": -1}, "timeout of the scorer max_words is -1: must be a number of seconds"),
        ({"timeout": math.inf}, "timeout"),
        ({"timeout": True}, "timeout"),
        ({"timeout": "5"}, "timeout"),
        ({"aggregations": "mean"}, r"must be a list, such as \['mean'\]"),
        ({"aggregations": ["men"]}, "did you mean mean?"),
        ({"aggregations": ["p101"]}, "p101"),
        ({"pass_if": 3}, "pass_if of the scorer max_words is 3: must be a function"),
        ({"name": "n" * 251}, "at most 250"),
    ],
)
def test_options_are_checked_when_a_scorer_is_made(options: dict[str, Any], message: str) -> None:
    """A wrong option is an error that names it, its value and the rule."""
    with pytest.raises(UserError, match=message):
        MaxWords(**options)


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(True, True), (False, False), ("yes", True), (" No ", False), ("maybe", None), (1, None)],
)
def test_only_yes_and_true_pass_by_themselves(value: object, verdict: object) -> None:
    """Without pass_if, True and yes pass, False and no fail, and anything else does neither."""
    assert MaxWords().passes(value) is verdict


def test_pass_if_that_fails_names_the_value() -> None:
    """What pass_if raises becomes an error that says for which value."""
    with pytest.raises(UserError, match="fails on the value 'x': TypeError"):
        MaxWords(pass_if=lambda value: value > 1).passes("x")


def test_two_scorers_of_one_name_are_refused() -> None:
    """Scorers that go together have different names."""
    check_names([MaxWords(), Renamed()])
    with pytest.raises(UserError, match="two scorers are named max_words"):
        check_names([MaxWords(), MaxWords(limit=9)])
