"""What the built-in scorers read of a sample: outputs as text, and what was expected."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import orjson

from spanlake.errors import UserError
from spanlake.evaluation.scorers.outcome import ScorerError

MISSING_EXPECTATION = "MISSING_EXPECTATION"
MISSING_OUTPUT = "MISSING_OUTPUT"
INVALID_EXPECTATION = "INVALID_EXPECTATION"
TOO_LONG = "TOO_LONG"


def rating(*, is_good: bool) -> Literal["yes", "no"]:
    """The value of the scorers that other evaluation tools have by the same name."""
    return "yes" if is_good else "no"


def output_text(outputs: object) -> str:
    """Outputs as a text: what is no text already is JSON. ScorerError when there are none."""
    if outputs is None:
        raise ScorerError("there are no outputs to score", MISSING_OUTPUT)
    return text_of(outputs)


def text_of(value: object) -> str:
    """A value as a text; what is no text already is JSON with sorted keys."""
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS).decode()
    except (TypeError, orjson.JSONEncodeError):  # lone surrogates, huge integers
        return str(value)


def expected(expectations: Mapping[str, Any] | None, name: str) -> Any:  # noqa: ANN401  # any JSON
    """What was expected under a name. ScorerError where nothing was."""
    held = expectations or {}
    if held.get(name) is None:
        there = f"there are {', '.join(sorted(map(str, held)))}" if held else "there are none"
        raise ScorerError(f"it needs the expectation {name}, and {there}", MISSING_EXPECTATION)
    return held[name]


def expected_texts(expectations: Mapping[str, Any] | None, name: str) -> list[str]:
    """The texts any of which is right: one, or a list of them."""
    value = expected(expectations, name)
    texts = [text_of(each) for each in value] if isinstance(value, list) else [text_of(value)]
    if not texts:
        raise ScorerError(f"the expectation {name} is an empty list", INVALID_EXPECTATION)
    return texts


def check_length(texts: Iterable[str], limit: int) -> None:
    """Refuse texts that would take very long. ScorerError for one over the limit (characters)."""
    longest = max(map(len, texts), default=0)
    if longest > limit:
        raise ScorerError(
            f"a text has {longest:,} characters: it compares at most {limit:,}", TOO_LONG
        )


def check_choice(scorer: str, parameter: str, value: object, choices: Iterable[str]) -> None:
    """Refuse a parameter that is none of the choices."""
    if value not in (known := tuple(choices)):
        raise UserError(
            f"{parameter} of the scorer {scorer} is {value!r}: must be one of {', '.join(known)}"
        )
