"""The rules of redaction: what is looked for, and what is done about it."""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

import re2

from spanlake.collector.redaction.checks import CHECKS, Check

SENSITIVE_KEY = "sensitive_key"
"""The rule of values that are secret by the name they stand under."""
CONTENT = "content"
"""The rule that takes out everything people and models said."""

# No letter or digit stands before; one that belongs to an escape does not count.
_BEGINNING = r"(?:^|[^0-9A-Za-z]|\\[bfnrt]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2})"
_DFA_BYTES = 32 << 20


class Kind(StrEnum):
    """The groups of rules that are switched on together."""

    SECRET = "secret"  # noqa: S105  # a word
    PERSONAL = "personal"


class Action(StrEnum):
    """What becomes of what is found."""

    DROP = "drop"
    MASK = "mask"
    HASH = "hash"
    TOKEN = "token"  # noqa: S105  # a word


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is looked for; see rules.toml for what the fields mean.

    hint: None for a rule that has none, and so is tried on every text. group: of the pattern, the
    part that is taken out.
    """

    name: str
    pattern: "re2._Regexp"
    group: int = 0
    kind: Kind | None = None
    hint: str | None = None
    check: Check | None = None

    @classmethod
    def built_in(cls, name: str, entry: Mapping[str, str]) -> "Rule":
        """Make the rule of an entry of rules.toml."""
        is_anywhere = "anywhere" in entry
        pattern = entry["pattern"] if is_anywhere else f"{_BEGINNING}({entry['pattern']})"
        compiled = _compile(pattern)
        # Around what is found stands a group of ours, unless it may begin anywhere.
        outer = 0 if is_anywhere else 1
        group = outer + 1 if compiled.groups > outer else outer
        check = CHECKS[entry["check"]] if "check" in entry else None
        return cls(name, compiled, group, Kind(entry["kind"]), entry["hint"], check)

    @classmethod
    def own(cls, name: str, pattern: str) -> "Rule":
        """Make a rule of somebody's own: all that the pattern matches, anywhere."""
        return cls(name, _compile(pattern))

    def parts(self, text: bytes) -> list[tuple[int, int]]:
        """What of a text of UTF-8 this rule finds, in order."""
        spans = [match.span(self.group) for match in self.pattern.finditer(text)]
        # A group of another branch than the one that matched has no place.
        spans = [span for span in spans if span[0] >= 0]
        if self.check is None:
            return spans
        return [part for start, end in spans for part in self.check(text, start, end)]


def _compile(pattern: str) -> "re2._Regexp":
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _DFA_BYTES
    return re2.compile(pattern.encode(), options)


@cache
def built_in_rules() -> Mapping[str, Rule]:
    """The rules that come with Spanlake, by name, the most specific first."""
    text = (files(__package__) / "rules.toml").read_text("utf-8")
    return {name: Rule.built_in(name, entry) for name, entry in tomllib.loads(text).items()}


def chosen_rules(names: Collection[str]) -> list[Rule]:
    """The built-in rules of these names or kinds, in their order; KeyError for an unknown name."""
    rules = built_in_rules()
    unknown = set(names) - set(rules) - set(Kind)
    if unknown:
        raise KeyError(min(unknown))
    return [rule for rule in rules.values() if rule.name in names or rule.kind in names]


@cache
def sensitive_endings() -> str:
    """A pattern of the endings of names whose values are secret."""
    text = (files(__package__) / "keys.toml").read_text("utf-8")
    return "|".join(f"(?:{ending})" for ending in tomllib.loads(text)["endings"])
