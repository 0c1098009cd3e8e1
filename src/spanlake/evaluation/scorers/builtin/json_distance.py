"""How far a JSON value is from what was expected."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from rapidfuzz.distance import Levenshtein

from spanlake.evaluation.scorers.builtin.exact import is_equal
from spanlake.evaluation.scorers.builtin.given import TOO_LONG, check_length, expected
from spanlake.evaluation.scorers.outcome import ScorerError
from spanlake.evaluation.scorers.scorer import Scorer

_MAX_DEPTH = 100
_MAX_CHARACTERS = 10_000


class JsonDistance(Scorer):
    """How different two JSON values are, from 0, the same, to 1, nothing in common.

    The distance of objects is the mean over the keys of both, that of arrays the mean over the
    places of the longer one; what only one of them has counts 1. Texts differ by their edits in
    parts of the longer one, numbers by |a - b| / (|a| + |b|), and what is of two kinds by 1.
    Outputs or expectations that are JSON text are read; texts that are not are texts.
    """

    expectation: str = "expected_response"
    greater_is_better: bool = False

    def __call__(self, *, outputs: object, expectations: Mapping[str, Any]) -> float:
        """The distance."""
        return json_distance(_opened(outputs), _opened(expected(expectations, self.expectation)))


def json_distance(one: object, other: object, depth: int = 0) -> float:
    """The distance of two JSON values, from 0 to 1; the same both ways round.

    ScorerError for what is nested too deep or has very long texts.
    """
    if depth > _MAX_DEPTH:
        raise ScorerError(f"a value is nested deeper than {_MAX_DEPTH} levels", TOO_LONG)
    match one, other:
        case Mapping(), Mapping():
            return _of_objects(one, other, depth)
        case list() | tuple(), list() | tuple():
            return _of_arrays(one, other, depth)
        case str(), str():
            check_length((one, other), _MAX_CHARACTERS)
            return Levenshtein.normalized_distance(one, other)
        case (bool(), _) | (_, bool()):
            return 0.0 if is_equal(one, other) else 1.0
        case int() | float(), int() | float():
            return _of_numbers(one, other)
        case _:
            return 0.0 if is_equal(one, other) else 1.0


def _of_objects(one: Mapping[Any, Any], other: Mapping[Any, Any], depth: int) -> float:
    keys = one.keys() | other.keys()
    both = one.keys() & other.keys()
    apart = len(keys) - len(both) + sum(json_distance(one[k], other[k], depth + 1) for k in both)
    return apart / len(keys) if keys else 0.0


def _of_arrays(one: Sequence[Any], other: Sequence[Any], depth: int) -> float:
    longer = max(len(one), len(other))
    pairs = zip(one, other, strict=False)
    apart = abs(len(one) - len(other)) + sum(json_distance(a, b, depth + 1) for a, b in pairs)
    return apart / longer if longer else 0.0


def _of_numbers(one: float, other: float) -> float:
    if one == other:
        return 0.0
    # Halves, so that the sum of two large numbers is none too large.
    share = abs(one / 2 - other / 2) / (abs(one) / 2 + abs(other) / 2)
    return min(share, 1.0) if share == share else 1.0  # noqa: PLR0124  # NaN is not itself


def _opened(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        read: object = orjson.loads(value)
    except orjson.JSONDecodeError:
        return value
    return read
