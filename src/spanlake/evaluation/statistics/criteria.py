"""The language of `quality_criteria`: "correctness >= 0.9 AND `latency/p90` <= 2".

A metric is a scorer, or a scorer and an aggregation ("latency/p90"), in back-ticks where its name
has other signs than letters, digits and _ . / -. A scorer alone means its mean.
"""

import difflib
import operator
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from spanlake.errors import UserError

COMPARATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_TOKEN = re.compile(
    r"""\s*(?:
    `(?P<quoted>[^`]+)`
    | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w/]))
    | (?P<comparator>>=|<=|>|<)
    | (?P<word>\w[\w./-]*)
    )""",
    re.VERBOSE,
)
_STRANGERS = {
    "`": "a back-tick without a partner",
    "=": "values are seldom equal; use >= or <=",
    "%": "a number without %, as in 0.9",
    "(": "conditions are joined by AND alone",
}
_RESERVED = {"AND", "OR", "NOT"}
_EXAMPLE = "correctness >= 0.9 AND `latency/p90` <= 2"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition on a metric. position: of its first character in the text, from 0."""

    metric: str
    comparator: str
    threshold: float
    position: int

    def holds(self, value: float | None) -> bool:
        """Whether a value fulfils it; no value (None, NaN) does not."""
        return value is not None and COMPARATORS[self.comparator](value, self.threshold)

    def __str__(self) -> str:
        return f"{self.metric} {self.comparator} {self.threshold:g}"


class _Token(NamedTuple):
    kind: str
    text: str
    start: int


def parse_criteria(text: str) -> tuple[Criterion, ...]:
    """Read conditions joined by AND; raises UserError that points at the character it fails at."""
    tokens = _tokens(text)
    criteria = [_criterion(text, tokens)]
    while (token := next(tokens)).kind != "end":
        if token.kind != "word" or token.text.upper() != "AND":
            raise _error(text, token, "expected AND or the end")
        criteria.append(_criterion(text, tokens))
    return tuple(criteria)


def resolve(text: str, criterion: Criterion, metrics: Iterable[str]) -> str:
    """The metric that a criterion names; raises UserError where the run has none of that name."""
    known = set(metrics)
    for name in (criterion.metric, f"{criterion.metric}/mean"):
        if name in known:
            return name
    scorers = {name.rpartition("/")[0] for name in known}
    near = difflib.get_close_matches(criterion.metric, sorted(known | scorers), n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(sorted(known)) or 'none'}"
    token = _Token("word", criterion.metric, criterion.position)
    raise _error(text, token, f"the run has no metric of this name; {hint}")


def _criterion(text: str, tokens: Iterator[_Token]) -> Criterion:
    metric = next(tokens)
    reserved = metric.kind == "word" and metric.text.upper() in _RESERVED
    if metric.kind not in {"word", "quoted"} or reserved:
        raise _error(text, metric, f"expected a metric, as in {_EXAMPLE}")
    comparator = next(tokens)
    if comparator.kind != "comparator":
        raise _error(text, comparator, f"expected one of {' '.join(COMPARATORS)}")
    threshold = next(tokens)
    if threshold.kind != "number":
        raise _error(text, threshold, "expected a number")
    return Criterion(metric.text, comparator.text, float(threshold.text), metric.start)


def _tokens(text: str) -> Iterator[_Token]:
    """The tokens of the text, then "end" without end."""
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            why = _STRANGERS.get(text[start], "no part of a criterion")
            raise _error(text, _Token("sign", text[start], start), why)
        kind = match.lastgroup
        start = match.start(kind) - (kind == "quoted")
        yield _Token(kind, match[kind], start)
        at = match.end()
    while True:
        yield _Token("end", "", end)


def _error(text: str, token: _Token, why: str) -> UserError:
    found = f"{token.text!r}" if token.text else "the end"
    pointed = f"{text[: token.start]}→{text[token.start :]}"
    return UserError(
        f"quality_criteria, character {token.start + 1}, {found}: {why}: {pointed.strip()}"
    )
