"""Finds what a table of patterns describes in a text."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import regex

from spanlake.evaluation.scorers.builtin.checksums import CHECKS, entropy
from spanlake.evaluation.scorers.outcome import ScorerError

_MAX_SECONDS = 5.0
_TABLES = "spanlake.evaluation.scorers.builtin"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found, by the kind its table gives it; start and end in characters."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Detector:
    """A kind of thing to find: a pattern, and what a match must be besides."""

    kind: str
    pattern: Any
    check: str | None = None
    min_entropy: float = 0.0

    def find(self, text: str) -> list[Finding]:
        """All there are of it, in order. ScorerError if that takes too long."""
        try:
            matches = list(self.pattern.finditer(text, timeout=_MAX_SECONDS, concurrent=True))
        except TimeoutError:
            raise ScorerError(
                f"looking for {self.kind} in {len(text):,} characters takes more than "
                f"{_MAX_SECONDS:g} s"
            ) from None
        group = "value" if "value" in self.pattern.groupindex else 0
        return [
            Finding(self.kind, *match.span(group))
            for match in matches
            if self._is_one(match[group])
        ]

    def _is_one(self, text: str) -> bool:
        is_checked = self.check is None or CHECKS[self.check](text)
        return is_checked and (self.min_entropy == 0 or entropy(text) >= self.min_entropy)


@cache
def detectors(table: str) -> dict[str, Detector]:
    """The detectors of a table beside this module, by kind."""
    rows = tomllib.loads(files(_TABLES).joinpath(table).read_text("utf-8"))
    return {
        kind: Detector(
            kind,
            regex.compile(row["pattern"], regex.VERBOSE if "\n" in row["pattern"] else 0),
            row.get("check"),
            row.get("min_entropy", 0.0),
        )
        for kind, row in rows.items()
    }


def find(text: str, chosen: Sequence[Detector]) -> list[Finding]:
    """What the detectors find, in the order of the text."""
    found = [finding for detector in chosen for finding in detector.find(text)]
    return sorted(found, key=lambda finding: (finding.start, finding.end))
