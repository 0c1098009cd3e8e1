"""Whether the outputs are what was expected, to the letter."""

from collections.abc import Mapping
from typing import Any

from spanlake.evaluation.scorers.builtin.given import expected
from spanlake.evaluation.scorers.scorer import Scorer


class ExactMatch(Scorer):
    """True where the outputs equal the expectation `expected_response`, or another one by name.

    JSON values are compared as such: objects whatever the order of their keys, 1 equals 1.0 but
    not true. ignore_case, ignore_space: of texts; any run of white space is then one space.
    """

    expectation: str = "expected_response"
    ignore_case: bool = False
    ignore_space: bool = False

    def __call__(self, *, outputs: object, expectations: Mapping[str, Any]) -> bool:
        """Whether they are equal."""
        wanted = expected(expectations, self.expectation)
        return is_equal(self._plain(outputs), self._plain(wanted))

    def _plain(self, value: object) -> object:
        if not isinstance(value, str):
            return value
        spaced = " ".join(value.split()) if self.ignore_space else value
        return spaced.casefold() if self.ignore_case else spaced


def is_equal(one: object, other: object) -> bool:
    """Whether two JSON values are the same; to Python, True is 1 as well."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(is_equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(is_equal, one, other))
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    return bool(one == other)
