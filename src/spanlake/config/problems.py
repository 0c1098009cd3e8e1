"""What is wrong with a configuration, and how it is said: one line, the first mistake in full."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from spanlake.errors import ConfigError

KeyPath = tuple[str | int, ...]
"""The keys and list indices that lead to a value: ("receivers", "otlp", "protocols")."""

_PASSWORD = re.compile(r"(?<=://)([^\s:/@]*):[^\s@]*@")
_LONGEST_QUOTE = 60  # characters of the user's own text that a message repeats


class RuleError(ValueError):
    """A value against its rule.

    rule: what the value must be, starting with "must".
    advice: the next step, where setting the value to its default is not the remedy.
    """

    def __init__(self, rule: str, *, advice: str | None = None) -> None:
        super().__init__(rule)
        self.rule = rule
        self.advice = advice


class Problem(NamedTuple):
    """One mistake in a file: where it stands (1-based), what it is about and what is wrong."""

    line: int
    column: int
    path: KeyPath
    finding: str

    def message(self, name: str) -> str:
        """Say it, with the name of the file."""
        return f"{name}:{self.line}: {dotted(self.path)} {self.finding}"


def dotted(path: KeyPath) -> str:
    """Write a path as the user reads it: receivers.otlp.protocols."""
    return ".".join(quoted(str(part)) for part in path)


def quoted(text: str) -> str:
    """Repeat the user's text on one line: white space folded, long text cut, passwords hidden."""
    folded = _PASSWORD.sub(r"\1:***@", " ".join(text.split()))
    printable = folded if folded.isprintable() else repr(folded)[1:-1]
    if len(printable) <= _LONGEST_QUOTE:
        return printable
    return printable[: _LONGEST_QUOTE - 1] + "…"


def first_error(messages: Sequence[str]) -> ConfigError:
    """Make the error of the first message and of the number of the others."""
    others = f" (and {len(messages) - 1} more)" if len(messages) > 1 else ""
    return ConfigError(messages[0] + others)


def file_error(name: str, problems: Sequence[Problem]) -> ConfigError:
    """Make the error of the problem that stands first in the file of that name."""
    in_file_order = sorted(problems, key=lambda problem: (problem.line, problem.column))
    return first_error([problem.message(name) for problem in in_file_order])
