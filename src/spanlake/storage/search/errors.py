"""What is wrong with a filter, and where."""

import unicodedata
from collections.abc import Sequence
from difflib import get_close_matches

from spanlake.errors import UserError
from spanlake.storage.search.tree import Place

# How like a word has to be to be suggested: `nme` is like `name`, `refund` is not like `run_id`.
_LIKENESS = 0.7
# Of a long line, what is shown before and after the place.
_CONTEXT = 60


class FilterError(UserError):
    """A filter that cannot be understood.

    text: the filter. place: the characters that are wrong; an empty one at the end for what is
    missing there. reason: what is wrong with them. suggestion: what could stand there instead.
    """

    def __init__(
        self, text: str, place: Place, reason: str, *, suggestion: str | None = None
    ) -> None:
        self.text = text
        self.place = place
        self.reason = reason
        self.suggestion = suggestion
        said = reason if suggestion is None else f"{reason}; did you mean {suggestion}?"
        where = f"filter, character {place.start + 1}"
        super().__init__(f"{where}: {_visible(said)}\n{marked(text, place)}")


def nearest(typed: str, known: Sequence[str], *, likeness: float = _LIKENESS) -> str | None:
    """The one of the known words that the typed one is most like, if any is.

    likeness: how like at least, from 0 to 1.
    """
    lowered = {word.lower(): word for word in known}
    found = get_close_matches(typed.lower(), lowered, n=1, cutoff=likeness)
    return lowered[found[0]] if found else None


def marked(text: str, place: Place) -> str:
    """The line of the place, cut to what is near it, with carets below."""
    first = text.rfind("\n", 0, place.start) + 1
    last = text.find("\n", place.start)
    end = len(text) if last < 0 else last
    begin = max(first, place.start - _CONTEXT)
    stop = min(end, max(place.start, min(place.end, place.start + _CONTEXT)) + _CONTEXT)
    before = _visible(text[begin : place.start])
    under = _visible(text[place.start : min(place.end, stop)])
    after = _visible(text[min(max(place.end, place.start), stop) : stop])
    dots = "..." if begin > first else ""
    line = f"{dots}{before}{under}{after}{'...' if stop < end else ''}"
    carets = "^" * max(1, _width(under))
    return f"  {line}\n  {' ' * _width(dots + before)}{carets}"


def _visible(text: str) -> str:
    """A text of one line that does nothing to a terminal but show itself."""
    return "".join(each if unicodedata.category(each)[0] != "C" else " " for each in text)


def _width(text: str) -> int:
    """How many columns a terminal gives a text."""
    return sum(
        0 if unicodedata.combining(each) else 1 + (unicodedata.east_asian_width(each) in "WF")
        for each in text
    )
