"""How well one fact of a capture is told."""

from enum import Enum
from typing import NamedTuple, Self


class Grade(Enum):
    """NOT_SENT: the payload does not say it, or there was nothing to say."""

    RIGHT = "right"
    WRONG = "wrong"
    NOT_SENT = "not sent"


class Verdict(NamedTuple):
    """What was expected of a fact, what SQL says, and what is wrong with that, if anything."""

    grade: Grade
    expected: object = None
    got: object = None
    why: str = ""

    @classmethod
    def right(cls, expected: object, got: object) -> Self:
        """It is as the app did it."""
        return cls(Grade.RIGHT, expected, got)

    @classmethod
    def wrong(cls, expected: object, got: object, why: str) -> Self:
        """It was sent, but SQL says something else, or says what was not so."""
        return cls(Grade.WRONG, expected, got, why)

    @classmethod
    def not_sent(cls, got: object = None) -> Self:
        """Nothing was expected. got: what SQL says all the same, where that is no mistake."""
        return cls(Grade.NOT_SENT, None, got)

    @classmethod
    def of(cls, expected: object, got: object) -> Self:
        """Right when both are equal."""
        return cls.right(expected, got) if expected == got else cls.wrong(expected, got, "differs")
