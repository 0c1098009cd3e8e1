from collections.abc import Callable
from typing import Any, Literal, cast

import pytest
from scoring import error_of, score

from spanlake.errors import UserError
from spanlake.scorers import (
    Contains,
    EditDistance,
    EditSimilarity,
    ExactMatch,
    FuzzyMatch,
    RegexMatch,
    ResponseLength,
    Scorer,
    exact_match,
)


def value(scorer: Scorer, outputs: object, wanted: object = None) -> object:
    return score(scorer, outputs=outputs, expectations={"expected_response": wanted}).value


def test_a_ready_scorer_is_called_like_a_function() -> None:
    """exact_match needs no harness: it is called with outputs and expectations."""
    assert exact_match(outputs="a", expectations={"expected_response": "a"}) is True
    assert exact_match(outputs="a", expectations={"expected_response": "b"}) is False


@pytest.mark.parametrize(
    ("outputs", "wanted", "same"),
    [
        ("Paris", "Paris", True),
        ("Paris", "paris", False),
        ({"a": 1, "b": [2]}, {"b": [2.0], "a": 1}, True),
        ({"a": 1}, {"a": True}, False),
        ([1, 2], [2, 1], False),
        (0, False, False),
        ("1", 1, False),
        (None, "a", False),
    ],
)
def test_exact_match_compares_json_values(outputs: object, wanted: object, same: object) -> None:
    """Objects are equal in any order of keys, 1 is 1.0 and not true, a text is no number."""
    assert value(ExactMatch(), outputs, wanted) is same


def test_exact_match_can_forgive_case_and_space() -> None:
    """Case and white space count unless they are ignored; another expectation can be named."""
    assert value(ExactMatch(ignore_case=True), "PARIS", "Paris") is True
    assert value(ExactMatch(ignore_space=True), " a\n b ", "a b") is True
    named = ExactMatch(expectation="answer")
    assert score(named, outputs="a", expectations={"answer": "a"}).value is True


def test_a_missing_expectation_is_named() -> None:
    """Without what it needs a scorer says what there is instead."""
    assert error_of(ExactMatch(), outputs="a", expectations={"facts": []}) == (
        "MISSING_EXPECTATION",
        "it needs the expectation expected_response, and there are facts",
    )
    assert error_of(FuzzyMatch(), outputs="a")[1].endswith("and there are none")
    wanted = {"expected_response": "a"}
    assert error_of(FuzzyMatch(), expectations=wanted)[0] == "MISSING_OUTPUT"
    assert error_of(FuzzyMatch(), outputs="a", expectations={"expected_response": []})[0] == (
        "INVALID_EXPECTATION"
    )


def test_edit_distance_is_levenshteins() -> None:
    """Kitten and sitting are three edits apart, Saturday and Sunday as well."""
    assert value(EditDistance(), "sitting", "kitten") == 3
    assert value(EditDistance(), "Sunday", "Saturday") == 3
    assert value(EditSimilarity(), "sitting", "kitten") == pytest.approx(1 - 3 / 7)
    assert value(EditDistance(ignore_case=True), "SITTING", "kitten") == 3


def test_of_several_references_the_nearest_counts() -> None:
    """A list of expected texts is a choice."""
    assert value(EditDistance(), "sitting", ["far away", "sitten"]) == 2
    assert value(FuzzyMatch(), "a", ["b", "a"]) == 1.0


@pytest.mark.parametrize(
    ("method", "outputs", "wanted", "likeness"),
    [  # the examples of rapidfuzz's own documentation
        ("ratio", "this is a test", "this is a test!", 0.9655),
        ("ratio", "fuzzy wuzzy was a bear", "wuzzy fuzzy was a bear", 0.9091),
        ("token_sort_ratio", "fuzzy wuzzy was a bear", "wuzzy fuzzy was a bear", 1.0),
        ("token_sort_ratio", "fuzzy was a bear", "fuzzy fuzzy was a bear", 0.8421),
        ("token_set_ratio", "fuzzy was a bear", "fuzzy fuzzy was a bear", 1.0),
    ],
)
def test_fuzzy_match_is_rapidfuzz(
    method: Literal["ratio"], outputs: str, wanted: str, likeness: float
) -> None:
    """The ratios are those of the documentation of rapidfuzz, as shares."""
    found = value(FuzzyMatch(method=method), outputs, wanted)
    assert found == pytest.approx(likeness, abs=5e-5)


def test_very_long_texts_are_not_compared() -> None:
    """What would take minutes is an error that says so."""
    wanted = {"expected_response": "a"}
    code, message = error_of(EditDistance(), outputs="a" * 100_001, expectations=wanted)
    assert (code, message) == (
        "TOO_LONG",
        "a text has 100,001 characters: it compares at most 100,000",
    )


def test_regex_match_searches_or_wants_everything() -> None:
    """The pattern is found anywhere, or must be the whole text; outputs may be JSON."""
    assert value(RegexMatch(pattern=r"\d+"), "order 42") == "yes"
    assert value(RegexMatch(pattern=r"\d+", match_type="fullmatch"), "order 42") == "no"
    assert value(RegexMatch(pattern="ORDER", case_insensitive=True), "order 42") == "yes"
    assert value(RegexMatch(pattern='"a":1'), {"a": 1}) == "yes"


def test_a_pattern_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catastrophic backtracking is an error, and does not hold up the program."""
    monkeypatch.setattr("spanlake.evaluation.scorers.builtin.pattern._MAX_SECONDS", 0.05)
    endless = RegexMatch(pattern="^(?:a|a)+$")
    _, message = error_of(endless, outputs="a" * 40 + "b")
    assert message == "the pattern '^(?:a|a)+$' takes more than 0.05 s on these outputs"


def test_contains_wants_all_any_or_none() -> None:
    """Texts of its own, or those that are expected, must all, in part or not at all occur."""
    assert value(Contains(texts=["a", "b"]), "abc") is True
    assert value(Contains(texts=["a", "z"]), "abc") is False
    assert value(Contains(texts=["a", "z"], require="any"), "abc") is True
    assert value(Contains(texts=["y", "z"], require="none"), "abc") is True
    assert value(Contains(texts=["B"], ignore_case=True), "abc") is True
    assert value(Contains(), "the answer is 42", "42") is True
    missing = score(Contains(texts=["a", "z"]), outputs="abc")
    assert missing.rationale == "missing: 'z'"


def test_response_length_has_inclusive_bounds() -> None:
    """Characters or words are counted, and both bounds belong to the range."""
    assert value(ResponseLength(min_length=3, max_length=3), "abc") == "yes"
    assert value(ResponseLength(max_length=2), "abc") == "no"
    words = score(ResponseLength(min_length=3, unit="words"), outputs="one two")
    assert (words.value, words.rationale) == ("no", "2 words; wanted: at least 3")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RegexMatch(pattern="("), r"pattern of the scorer regex_match is '\('"),
        (
            lambda: RegexMatch(pattern="a", match_type=cast("Any", "match")),
            "must be one of search, fullmatch",
        ),
        (ResponseLength, "has no bounds"),
        (lambda: ResponseLength(min_length=3, max_length=2), "the first not over the second"),
        (lambda: ResponseLength(max_length=-1), "must be 0 or more"),
        (lambda: Contains(texts="abc"), r"must be a list of texts, such as \['abc'\]"),
        (lambda: Contains(require=cast("Any", "most")), "must be one of all, any, none"),
        (
            lambda: FuzzyMatch(method=cast("Any", "best")),
            "method of the scorer fuzzy_match is 'best'",
        ),
    ],
)
def test_wrong_parameters_are_refused(make: Callable[[], Scorer], message: str) -> None:
    """A parameter that makes no sense is an error when the scorer is made."""
    with pytest.raises(UserError, match=message):
        make()
