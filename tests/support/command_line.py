"""How a command of Spanlake ended."""

import io
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """Exit status, stdout as bytes and stderr as text."""

    status: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """What was printed to stdout."""
        return self.out.decode()


class Keyboard(io.StringIO):
    """A stdin; whether it is a terminal can be changed."""


Run = Callable[..., Outcome]
"""Runs `spanlake` with these arguments; stdin: what it can read."""
