"""What a JSON value says, as a person reads it: the text in it, not its brackets."""

from typing import Any

import orjson

_LINE = 300
# Longer JSON is shown as it is: it would take longer to read than to look at.
_MAX_PARSED = 1 << 20


def json_of(text: str | None) -> Any:  # noqa: ANN401  # any JSON
    """The value of a JSON text; the text itself where it is none, or too long to look into."""
    if text is None or len(text) > _MAX_PARSED:
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def in_words(value: Any) -> str:  # noqa: ANN401  # any JSON
    """A text as it is; of an object with one text in it that text; else JSON on several lines."""
    match value:
        case None:
            return ""
        case str():
            return value
        case {"messages": [*_, {"content": str(content)}]} if len(value) == 1:
            return content
        case dict() if len(value) == 1:
            (only,) = value.values()
            return in_words(only)
        case dict() if value and all(isinstance(each, str) for each in value.values()):
            return "\n".join(f"{key}: {each}" for key, each in value.items())
        case _:
            return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def in_a_line(value: Any) -> str:  # noqa: ANN401  # any JSON
    """The beginning of the same, in one line."""
    words = in_words(value)
    line = " ".join(words[: 4 * _LINE].split())
    return line if len(line) <= _LINE else f"{line[:_LINE]}…"


def words_of(text: str | None) -> str:
    """The words that a JSON text comes to."""
    return in_words(json_of(text))
