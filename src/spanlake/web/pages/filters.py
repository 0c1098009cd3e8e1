"""What templates of evaluations and datasets call: values of scorers, and JSON in words."""

from collections.abc import Callable, Mapping
from typing import Any

from spanlake.web.pages.evaluations.row_texts import answered, asked
from spanlake.web.pages.evaluations.scores import bar_of, interval_words, number_text, score_text
from spanlake.web.pages.said import in_a_line, in_words, json_of, words_of


def _number_word(value: object) -> str:
    """A number with three digits; any other value as it is."""
    try:
        return number_text(float(str(value)))
    except ValueError:
        return str(value)


def _json_items(text: str | None) -> list[tuple[str, str]]:
    """The members of an object in JSON, in words; what is no object is one without a name."""
    found = json_of(text)
    if isinstance(found, dict):
        return [(str(key), in_words(value)) for key, value in found.items()]
    return [("", in_words(found))] if found is not None else []


FILTERS: Mapping[str, Callable[..., Any]] = {
    "answered": answered,
    "asked": asked,
    "bar": bar_of,
    "in_a_line": in_a_line,
    "in_words": in_words,
    "interval_words": interval_words,
    "json_items": _json_items,
    "json_of": json_of,
    "number_word": _number_word,
    "score": score_text,
    "words_of": words_of,
}
