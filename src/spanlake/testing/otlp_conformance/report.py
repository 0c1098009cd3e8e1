"""Results as a table for people, as rows for programs, and as counts."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple, TypedDict

from rich.table import Table

from spanlake.testing.otlp_conformance.statement import Transport
from spanlake.testing.otlp_conformance.suite import Outcome, Result

_MARKS = {Outcome.PASS: "pass", Outcome.FAIL: "FAIL", Outcome.NOT_APPLICABLE: "n/a"}


class Row(TypedDict):
    """One result as plain values."""

    statement: int
    level: str
    says: str
    transport: str
    outcome: str
    reason: str


class Counts(NamedTuple):
    """How many statements hold over one transport, or over all."""

    passed: int
    failed: int
    not_applicable: int


def rows(results: Sequence[Result]) -> list[Row]:
    """A row a result."""
    return [
        Row(
            statement=each.statement.number,
            level=str(each.statement.level),
            says=each.statement.says,
            transport=str(each.transport),
            outcome=str(each.outcome),
            reason=each.reason,
        )
        for each in results
    ]


def counts(results: Sequence[Result], transport: Transport | None = None) -> Counts:
    """How many there are of each outcome, over one transport or over all."""
    found = Counter(each.outcome for each in results if transport in {None, each.transport})
    return Counts(found[Outcome.PASS], found[Outcome.FAIL], found[Outcome.NOT_APPLICABLE])


def table(results: Sequence[Result]) -> Table:
    """A line a statement, and below it why it does not hold."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", "level", *Transport, "statement"):
        made.add_column(str(name), overflow="fold")
    for statement, group in groupby(results, key=lambda each: each.statement):
        of_statement = {each.transport: each for each in group}
        marks = [
            _MARKS[of_statement[transport].outcome] if transport in of_statement else ""
            for transport in Transport
        ]
        made.add_row(str(statement.number), statement.level, *marks, statement.says)
        for reason in _reasons(list(of_statement.values())):
            made.add_row("", "", "", "", "", reason, style="dim")
    return made


def summary(results: Sequence[Result]) -> str:
    """One line a transport."""
    lines = []
    for transport in Transport:
        of = counts(results, transport)
        if any(of):
            lines.append(
                f"{transport}: {of.passed} pass, {of.failed} fail, {of.not_applicable} n/a"
            )
    return "\n".join(lines)


def _reasons(results: Sequence[Result]) -> Iterator[str]:
    """Each reason once, with the transports it is of."""
    failed = [each for each in results if each.outcome is Outcome.FAIL]
    for reason in dict.fromkeys(each.reason for each in failed):
        of = ", ".join(each.transport for each in failed if each.reason == reason)
        yield f"{of}: {reason}"
