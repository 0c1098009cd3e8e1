"""What one check found."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a check ended. Only FAIL makes `spanlake doctor` exit with 1."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One check. fact: what was found. next_step: what to do about it, None for nothing."""

    name: str
    verdict: Verdict
    fact: str
    next_step: str | None = None


def ok(name: str, fact: str) -> Check:
    """A check that found nothing wrong."""
    return Check(name, Verdict.OK, fact)


def warn(name: str, fact: str, next_step: str) -> Check:
    """A check that found what may become a problem."""
    return Check(name, Verdict.WARN, fact, next_step)


def fail(name: str, fact: str, next_step: str) -> Check:
    """A check that found what keeps Spanlake from working."""
    return Check(name, Verdict.FAIL, fact, next_step)
