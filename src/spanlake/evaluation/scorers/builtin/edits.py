"""How many edits the outputs are away from what was expected (rapidfuzz)."""

from collections.abc import Mapping
from typing import Any, Literal

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from spanlake.evaluation.scorers.builtin.given import (
    check_choice,
    check_length,
    expected_texts,
    output_text,
)
from spanlake.evaluation.scorers.scorer import Scorer

_MAX_CHARACTERS = 100_000
_RATIOS = {
    "ratio": fuzz.ratio,
    "token_sort_ratio": fuzz.token_sort_ratio,
    "token_set_ratio": fuzz.token_set_ratio,
}


class _Comparison(Scorer):
    """Compares texts; where the expectation is a list of texts, the nearest one counts."""

    expectation: str = "expected_response"
    ignore_case: bool = False

    def _texts(self, outputs: object, expectations: Mapping[str, Any]) -> tuple[str, list[str]]:
        given, wanted = output_text(outputs), expected_texts(expectations, self.expectation)
        check_length([given, *wanted], _MAX_CHARACTERS)
        if self.ignore_case:
            return given.casefold(), [each.casefold() for each in wanted]
        return given, wanted


class FuzzyMatch(_Comparison):
    """How alike outputs and expectation are, from 0 to 1; a list expects any of its texts.

    method: ratio, over characters; token_sort_ratio, over words in any order; token_set_ratio,
    over words in any order and number, so that a text that has all words of the other is 1.
    """

    method: Literal["ratio", "token_sort_ratio", "token_set_ratio"] = "ratio"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self.name, "method", self.method, _RATIOS)

    def __call__(self, *, outputs: object, expectations: Mapping[str, Any]) -> float:
        """The similarity."""
        given, wanted = self._texts(outputs, expectations)
        return max(_RATIOS[self.method](given, each) for each in wanted) / 100


class EditDistance(_Comparison):
    """How many characters must be inserted, deleted or replaced (Levenshtein); 0 is equal."""

    greater_is_better: bool = False

    def __call__(self, *, outputs: object, expectations: Mapping[str, Any]) -> int:
        """The number of edits."""
        given, wanted = self._texts(outputs, expectations)
        return min(Levenshtein.distance(given, each) for each in wanted)


class EditSimilarity(_Comparison):
    """One minus the edits in parts of the longer text: 1 is equal, 0 has nothing in common."""

    def __call__(self, *, outputs: object, expectations: Mapping[str, Any]) -> float:
        """The similarity."""
        given, wanted = self._texts(outputs, expectations)
        return max(Levenshtein.normalized_similarity(given, each) for each in wanted)
