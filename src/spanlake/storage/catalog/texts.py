"""Which texts the catalog keeps: what both databases can, of a bounded length."""

import re

from spanlake.errors import UserError

# Postgres has no NUL, neither has lone surrogates, and other control characters hide what is said.
_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_PROSE = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]+")
_LONGEST_QUOTE = 60


def is_name(text: str, *, longest: int) -> bool:
    """Whether a text is one line of 1 to `longest` characters without white space at its ends."""
    return len(text) <= longest and text == text.strip() and bool(_NAME.fullmatch(text))


def check_name(typed: str, text: str, *, longest: int) -> str:
    """Return the text if it is a name. typed: what the user knows it as. Raises UserError."""
    if not is_name(text, longest=longest):
        raise UserError(
            f"{typed} is {_quoted(text)}: must be one line of 1 to {longest} characters, "
            "without white space at its ends; shorten or correct it"
        )
    return text


def check_prose(typed: str, text: str, *, longest: int) -> str:
    """Return the text if it is one of 1 to `longest` characters. Raises UserError."""
    if len(text) > longest or not _PROSE.fullmatch(text):
        raise UserError(
            f"{typed} is {_quoted(text)}: must be text of 1 to {longest:,} characters, without "
            "control characters; shorten or correct it"
        )
    return text


def _quoted(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…")
