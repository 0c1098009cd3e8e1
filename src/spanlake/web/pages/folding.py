"""Long texts in two parts: what is seen at once, and what a click shows."""

from typing import NamedTuple

_LINES = 12
_CHARACTERS = 1200


class Folded(NamedTuple):
    """A text in two parts; the second is empty when all of it is short."""

    head: str
    tail: str


def fold(text: str | None) -> Folded:
    """A text folded at 12 lines, or at 1,200 characters where its lines are long."""
    if not text:
        return Folded("", "")
    at = _end_of_line(text, _LINES)
    if at <= _CHARACTERS:
        # A rest of a line or two is not worth a click.
        return Folded(text, "") if len(text) <= at + 80 else Folded(text[:at], text[at + 1 :])
    if len(text) <= _CHARACTERS + 200:
        return Folded(text, "")
    space = text.rfind(" ", _CHARACTERS - 80, _CHARACTERS)
    at = space if space > 0 else _CHARACTERS
    return Folded(text[:at], text[at:])


def _end_of_line(text: str, lines: int) -> int:
    at = -1
    for _ in range(lines):
        found = text.find("\n", at + 1, _CHARACTERS + 1)
        if found < 0:
            return len(text) if len(text) <= _CHARACTERS else _CHARACTERS + 1
        at = found
    return at
