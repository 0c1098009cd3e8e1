"""JSON out of attributes: whatever the text is, a value or nothing."""

import ast
import json
import re
from typing import Any, Final

import orjson

from spanlake.semconv.otlp_values import is_otlp_value, plain_value

Json = Any
"""What JSON can say: None, bool, int, float, str, and lists and dicts of these."""


class _Nothing:
    """The text is no JSON."""

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING: Final = _Nothing()

# Escapes in JSON, one after another; the group is half of a pair without the other half.
_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|\\(u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)
# What `repr` never writes, and Python warns of.
_NO_PYTHON_ESCAPE = re.compile(r"""(?<!\\)(?:\\\\)*\\[^\\'"abfnrtvxuUN0-7\n]""")
_PYTHONISMS = ("\\u", "NaN", "Infinity")
_MAX_PYTHON_TEXT = 65_536
_OPENERS = ("{", "[", '"')


def parse(text: str) -> Json | _Nothing:
    """The value of a JSON text; it may have NaN and halves of surrogate pairs, as Python does."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        if not any(mark in text for mark in _PYTHONISMS):
            return NOTHING
    try:
        mended = _ESCAPE.sub(lambda escape: r"\ufffd" if escape[1] else escape[0], text)
        return json.loads(mended, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return NOTHING


def parse_container(text: str) -> Json | _Nothing:
    """The list or object a text is, in JSON or, where that is short, as Python prints it.

    Text encoded twice is decoded twice. A number or a word stays a text: NOTHING.
    """
    stripped = text.lstrip()
    if not stripped.startswith(_OPENERS):
        return NOTHING
    value = parse(stripped)
    if isinstance(value, str) and value.lstrip().startswith(_OPENERS[:2]):
        value = parse(value)
    if value is NOTHING and stripped.startswith(("{'", "[{'", "['")):
        value = python_value(stripped)
    if is_otlp_value(value):
        value = plain_value(value)
    return value if isinstance(value, list | dict) else NOTHING


def unquoted(text: str) -> str:
    """A text that is a JSON string is what that says."""
    if text.startswith('"') and text.endswith('"'):
        value = parse(text)
        return value if isinstance(value, str) else text
    return text


def python_value(text: str, longest: int = _MAX_PYTHON_TEXT) -> Json | _Nothing:
    """What Python printed, where JSON can say the same and it is not too long."""
    if len(text) > longest or _NO_PYTHON_ESCAPE.search(text):
        return NOTHING
    try:
        value = ast.literal_eval(text)
        return orjson.loads(orjson.dumps(value))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return NOTHING


def member(value: Json, path: tuple[str, ...]) -> Json:
    """What is at a path of names and list places, or None."""
    for name in path:
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def as_text(value: Json) -> str | None:
    """A value as attribute text: a string as it is, nothing for null, all else as JSON."""
    if value is None or isinstance(value, str):
        return value
    try:
        return orjson.dumps(value).decode()
    except (TypeError, RecursionError):  # deeper than orjson writes
        return None


def opened(value: Json) -> Json:
    """A text that is the JSON of a list or an object as that; anything else as it is."""
    if not isinstance(value, str):
        return value
    inner = parse_container(value)
    return value if inner is NOTHING else inner
