"""Content off: of what people and models said, only its shape is kept.

Roles, types, names, ids and counts stay, and so do the lists and objects they stand in; of every
other text there remains how long it was.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import orjson
import re2

_LONG = 64  # characters; identifiers are shorter
_BLANK = frozenset(" \t\r\n")
_NUMBERS = ("i", "d")


class Content:
    """Tells content from structure, by the name of a value and by what it looks like."""

    def __init__(self) -> None:
        self._content, self._structure = _patterns()

    def shape(self, key: str, text: str, letter: str) -> tuple[str, str] | None:
        """What is kept of a value, as text and type letter; None when all of it is.

        key: the name of the attribute, or "" for the body of a log record.
        """
        if letter in ("b", "n"):
            return None
        is_content = not key or self._content.fullmatch(key) is not None
        if letter in _NUMBERS:
            return ("0", "i") if is_content else None
        if letter in ("x", "y"):
            return (length(text), "s")
        if letter in ("a", "k") or text[:1] in ("{", "["):
            return self._shape_of_json(text, letter)
        if not is_content and (self._structure.fullmatch(key) or _is_identifier(text)):
            return None
        return (length(text), "s")

    def text(self, text: str) -> str | None:
        """What is kept of a text without a name, such as the message of a status."""
        return None if _is_identifier(text) else length(text)

    def _shape_of_json(self, text: str, letter: str) -> tuple[str, str]:
        try:
            return orjson.dumps(self._shape(orjson.loads(text), "")).decode(), letter
        except (orjson.JSONDecodeError, RecursionError):
            return length(text), "s"

    def _shape(self, value: Any, key: str) -> Any:  # noqa: ANN401  # any JSON value
        match value:
            case dict():
                return {name: self._shape(item, name) for name, item in value.items()}
            case list():
                return [self._shape(item, key) for item in value]
            case bool() | None:
                return value
            case _ if self._structure.fullmatch(key) and not self._content.fullmatch(key):
                return (
                    value if not isinstance(value, str) or _is_identifier(value) else length(value)
                )
            case str():
                nested = self._shape_of_json(value, "s") if value[:1] in ("{", "[") else None
                return nested[0] if nested else length(value)
            case _:
                return 0


def length(text: str) -> str:
    """What stands in the place of a text."""
    return f"[{len(text)} characters]"


def _is_identifier(text: str) -> bool:
    return len(text) <= _LONG and not _BLANK.intersection(text)


@cache
def _patterns() -> tuple["re2._Regexp", "re2._Regexp"]:
    tables = tomllib.loads((files(__package__) / "content.toml").read_text("utf-8"))
    content, structure = (
        re2.compile(rf"(?i:(?:.*[._-])?(?:{'|'.join(tables[name])})(?:\.[0-9]+)?)")
        for name in ("content", "structure")
    )
    return content, structure
