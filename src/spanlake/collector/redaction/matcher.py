"""What is to be taken out of a text, and what of many texts is worth looking at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import re2

from spanlake.collector.redaction.named_values import NamedValues
from spanlake.collector.redaction.rules import SENSITIVE_KEY, Rule

_DFA_BYTES = 64 << 20
# A printable character that somebody took the trouble to escape.
_ESCAPE = re2.compile(rb"\\+u00([2-7][0-9A-Fa-f])")
_ESCAPE_HINT = r"\\u00[2-7]"
_KEPT_ESCAPED = b'"\\'
_BETWEEN = "\0"


class Found(NamedTuple):
    """A part of a text, in bytes, and the name of the rule that found it."""

    start: int
    end: int
    rule: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found in a text, in order and without overlaps.

    text: the one they are parts of: that which was given, or the same with its escapes undone.
    """

    text: bytes
    parts: list[Found]


class Matcher:
    """Finds what rules describe; linear in the length of the texts, whatever they are.

    names: finds values by their name, or None. allowed: patterns of what is no finding.
    """

    def __init__(
        self, rules: Sequence[Rule], names: NamedValues | None, allowed: Sequence[str] = ()
    ) -> None:
        self._rules = rules
        self._names = names
        hints = [rule.hint for rule in rules] + ([names.hint] if names else [])
        # By the number of the rule; that of names comes last.
        self._hints = {
            number: re2.compile(hint.encode(), _options())
            for number, hint in enumerate(hints)
            if hint is not None
        }
        self._always = [number for number, hint in enumerate(hints) if hint is None]
        any_hint = "|".join(f"(?:{hint})" for hint in (*hints, _ESCAPE_HINT) if hint is not None)
        self._any_hint = re2.compile(any_hint.encode(), _options())
        self._without_hint = "|".join(
            f"(?:{rule.pattern.pattern.decode()})" for rule in rules if rule.hint is None
        )
        self._is_empty = not hints
        self._set, self._in_set = self._hint_set()
        self._allowed = re2.compile("|".join(f"(?:{each})" for each in allowed).encode())
        self._has_allowed = bool(allowed)

    def suspects(self, texts: pa.StringArray) -> npt.NDArray[np.int64]:
        """The positions of texts that may hold something: all that do, and few that do not."""
        if self._is_empty or not len(texts):
            return np.empty(0, np.int64)
        together = _together(texts)
        offsets = together.offsets
        spans = [match.span() for match in self._any_hint.finditer(together.text)]
        if self._without_hint:
            # What may ask where a text begins and ends is tried text by text.
            found = pc.match_substring_regex(texts, self._without_hint)
            alone = np.flatnonzero(pc.fill_null(found, False).to_numpy(zero_copy_only=False))
        else:
            alone = np.empty(0, np.int64)
        if not spans:
            return alone
        # What matches across the border of two makes both of them suspects.
        bounds = np.array(spans)
        first = np.searchsorted(offsets, bounds[:, 0], "right") - 1
        last = np.searchsorted(offsets, bounds[:, 1] - 1, "right") - 1
        marks = np.zeros(len(texts) + 1, np.int64)
        np.add.at(marks, first, 1)
        np.add.at(marks, last + 1, -1)
        return np.union1d(np.flatnonzero(np.cumsum(marks)[:-1]), alone)

    def find(self, text: bytes) -> Findings:
        """What is to be taken out of one text of UTF-8."""
        parts = self._find(text)
        if _ESCAPE.search(text):
            plain = _ESCAPE.sub(_unescaped, text)
            in_plain = self._find(plain)
            if in_plain:
                return Findings(plain, in_plain)
        return Findings(text, parts)

    def _find(self, text: bytes) -> list[Found]:
        if self._is_empty:
            return []
        found: list[tuple[int, int, int]] = []
        for number in self._hinted(text):
            if number < len(self._rules):
                parts = self._rules[number].parts(text)
            else:
                parts = list(self._names.find(text)) if self._names else []
            found += ((start, end, number) for start, end in parts)
        if self._has_allowed:
            found = [each for each in found if not self._allowed.fullmatch(text[each[0] : each[1]])]
        return self._merged(found)

    def _hinted(self, text: bytes) -> list[int]:
        """The numbers of the hints that a text holds."""
        together = self._set.Match(text) if self._in_set else None
        if together:
            return sorted([*self._always, *(self._in_set[each] for each in together)])
        # A set says that it found nothing, too, when it runs out of memory.
        if not self._any_hint.search(text):
            return self._always
        return sorted(
            [*self._always, *(number for number, hint in self._hints.items() if hint.search(text))]
        )

    def _hint_set(self) -> tuple["re2.Set", list[int]]:
        """All hints as a set, and the numbers of its members."""
        together = re2.Set.SearchSet(_options())
        for hint in self._hints.values():
            together.Add(hint.pattern)
        if self._hints:
            together.Compile()
        return together, list(self._hints)

    def _merged(self, found: list[tuple[int, int, int]]) -> list[Found]:
        """Overlapping parts as one, under the name of the first of their rules."""
        merged: list[tuple[int, int, int]] = []
        for start, end, number in sorted(found):
            if merged and start < merged[-1][1]:
                first = merged.pop()
                merged.append((first[0], max(first[1], end), min(first[2], number)))
            elif end > start:
                merged.append((start, end, number))
        return [Found(start, end, self._name(number)) for start, end, number in merged]

    def _name(self, number: int) -> str:
        return self._rules[number].name if number < len(self._rules) else SENSITIVE_KEY


class _Together(NamedTuple):
    """Texts as one, and where in it each of them begins, and the last ends."""

    text: memoryview
    offsets: npt.NDArray[np.int64]


def _together(texts: pa.StringArray) -> _Together:
    """All texts in one, with something between them, so that two numbers do not make a third."""
    texts = texts.fill_null("") if texts.null_count else texts
    whole = pa.ListArray.from_arrays(pa.array([0, len(texts)], pa.int32()), texts)
    text = pc.binary_join(whole, _BETWEEN)[0].as_buffer()
    offsets = np.concatenate([[0], np.cumsum(pc.binary_length(texts).to_numpy() + len(_BETWEEN))])
    return _Together(memoryview(text), offsets)


def _options() -> "re2.Options":
    options = re2.Options()
    # Hints are ASCII: bytes are matched as they are.
    options.encoding = re2.Options.Encoding.LATIN1
    options.never_capture = True
    options.log_errors = False
    options.max_mem = _DFA_BYTES
    return options


def _unescaped(escape: "re2._Match") -> bytes:
    character = bytes((int(escape.group(1), 16),))
    whole: bytes = escape.group()
    return whole if character in _KEPT_ESCAPED else character
