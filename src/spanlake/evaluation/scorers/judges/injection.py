"""Whether a text looks as if it tried to influence who judges it."""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_LONGEST = 200_000
"""Characters of a text that are looked through."""


def is_injection_suspected(texts: Iterable[str]) -> bool:
    """Whether any of the texts has a known sign of it. Says nothing about who wrote it, or why."""
    return any(
        sign.search(lowered)
        for text in texts
        for lowered in (text[:_LONGEST].lower(),)
        for sign in _signs()
    )


@cache
def _signs() -> tuple[re.Pattern[str], ...]:
    path = Path(__file__).parent / "rubrics" / "injection_signs.toml"
    return tuple(map(re.compile, tomllib.loads(path.read_text(encoding="utf-8"))["signs"]))
