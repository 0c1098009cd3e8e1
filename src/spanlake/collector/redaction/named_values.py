"""Values inside texts that are secret by their name: `"password": "..."`, however often quoted.

JSON inside JSON inside a text that was cut off is still found: a name is looked for together with
the quotes around it, and its value ends at the next quote that has as many backslashes. Nothing is
parsed, and the work is linear in the length of the text.
"""

from collections.abc import Iterator

import re2

Part = tuple[int, int]

_BACKSLASH = ord("\\")
_QUOTES = (b'"', b"'")
_PLAIN = frozenset((b"null", b"true", b"false", b"None", b"True", b"False"))
# What a schema says of a parameter that is called `password` is no password.
_SCHEMA = re2.compile(rb"""\{\s*\\*["'](?:type|description|title|\$ref|anyOf|enum)\\*["']""")
_SCALAR = re2.compile(rb"""[^,}\])\s"']*""")
_NEXT = re2.compile(rb"""["'\[\]{}]""")
_IS_NAME = re2.compile(rb"""\\*["']\s*:""")
_FEWEST = 2  # characters of a secret


class NamedValues:
    """Finds the values of sensitive names. endings: a pattern of how these end."""

    def __init__(self, endings: str) -> None:
        self.hint = rf"(?i:(?:{endings})\\*[\"']\s*:)"
        self._name = re2.compile(rf"(?i:(?:{endings})(\\*)[\"']\s*:\s*)".encode())

    def find(self, text: bytes) -> Iterator[Part]:
        """The parts of a text that are values of such names, without their quotes."""
        at = 0
        while match := self._name.search(text, at):
            at = match.end()
            for start, end in _values(text, at, match.end(1) - match.start(1)):
                if end - start >= _FEWEST and text[start:end] not in _PLAIN:
                    yield start, end
                at = max(at, end)


def _values(text: bytes, start: int, depth: int) -> Iterator[Part]:
    """The strings and the scalar that are the value that begins here, inside quotes `depth` deep.

    depth: the number of backslashes before each quote around them.
    """
    if _is_quote(text, start, depth):
        yield start + depth + 1, _closing(text, start, depth)
    elif text[start : start + 1] not in (b"[", b"{"):
        yield start, _SCALAR.match(text, start).end()
    elif not _SCHEMA.match(text, start):
        yield from _strings(text, start + 1, depth)


def _strings(text: bytes, start: int, depth: int) -> Iterator[Part]:
    """The strings of a flat list, or that are values of a flat object, which begins here."""
    at = start
    while found := _NEXT.search(text, at):
        opening = found.start() - depth
        if found.group() not in _QUOTES or opening < at or not _is_quote(text, opening, depth):
            return
        end = _closing(text, opening, depth)
        if not _IS_NAME.match(text, end):
            yield found.end(), end
        at = end + depth + 1


def _is_quote(text: bytes, start: int, depth: int) -> bool:
    behind = start + depth
    return text[start:behind] == b"\\" * depth and text[behind : behind + 1] in _QUOTES


def _closing(text: bytes, opening: int, depth: int) -> int:
    """Where the string that is opened here ends, before its backslashes and quote or the text's."""
    start = opening + depth + 1
    quote = text[start - 1 : start]
    at = text.find(quote, start)
    while at >= 0:
        first = at
        while first > start and text[first - 1] == _BACKSLASH:
            first -= 1
        if (at - first) % (2 * (depth + 1)) == depth:
            return at - depth
        at = text.find(quote, at + 1)
    return len(text)
