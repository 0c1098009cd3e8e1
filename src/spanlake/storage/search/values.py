"""The values of a filter as Python has them, once it is known what they are compared with."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import duckdb

from spanlake.errors import UserError
from spanlake.storage.search.errors import FilterError, nearest
from spanlake.storage.search.fields import Field
from spanlake.storage.search.printing import print_value, quoted
from spanlake.storage.search.tree import Value, ValueKind

_EPOCH = datetime.fromtimestamp(0, UTC)
_QUANTITY = re.compile(r"(?P<number>.*?)(?P<unit>us|ms|s|m|h|d|w)")
_MILLISECONDS = {
    "us": 0.001,
    "ms": 1,
    "s": 1_000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 604_800_000,
}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
# Beyond it an integer would not be one of DuckDB's either, and as a double it compares as well.
_LONGEST_INTEGER = 18
# One of a few was meant, most likely.
_LIKENESS = 0.5
_LENGTH_OF_DATE = 10
_ZONE = re.compile(r"(Z|[+-][\d:]+)$")


class Moment(NamedTuple):
    """A time as exact as it was typed: a day is all of it, up to the end, which is not in it."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Values:
    """What reads values that are compared with one field. FilterError for what it cannot be.

    text: the filter. now: what `ago` counts from.
    """

    text: str
    field: Field
    now: datetime

    def words(self, value: Value) -> str:
        """A text."""
        if value.kind is not ValueKind.TEXT:
            raise self._refusal(value, "a text in quotes", quoted(print_value(value)))
        return value.text

    def pattern(self, value: Value) -> str:
        """A regular expression."""
        pattern = self.words(value)
        problem = _problem_of(pattern)
        if problem is not None:
            raise self._refusal(value, f"a regular expression of RE2 ({problem})")
        return pattern

    def trace_id(self, value: Value) -> str:
        """An id in hex, as views have it."""
        return self.words(value).strip().lower().removeprefix("tr-")

    def choice(self, value: Value) -> str:
        """One of the values that the field can have."""
        typed = self.words(value).strip().upper()
        typed = self.field.synonyms.get(typed, typed)
        known = self.field.values
        if typed not in known:
            near = nearest(typed, known, likeness=_LIKENESS)
            listed = f"{', '.join(known[:-1])} or {known[-1]}"
            raise self._refusal(value, listed, near and quoted(near))
        return typed

    def number(self, value: Value) -> int | float:
        """A number; also one in quotes, where a text may be one."""
        if value.kind not in {ValueKind.NUMBER, ValueKind.TEXT} or not is_number(value.text):
            raise self._refusal(value, "a number")
        if value.kind is ValueKind.TEXT and not self.field.may_be_text:
            raise self._refusal(value, "a number, without quotes", value.text.strip())
        number = to_number(value.text)
        if number in {float("inf"), float("-inf")}:
            raise self._refusal(value, "a number of up to 308 digits")
        return number

    def milliseconds(self, value: Value) -> float:
        """A duration in milliseconds; as such a plain number is taken."""
        if value.kind is ValueKind.DURATION:
            return _milliseconds(value.text)
        if value.kind is not ValueKind.NUMBER:
            raise self._refusal(value, "a duration, such as 1500 (ms), 250ms, 1.5s or 2m")
        return float(self.number(value))

    def boolean(self, value: Value) -> bool:
        """True or false."""
        if value.kind is not ValueKind.BOOLEAN:
            raise self._refusal(value, "true or false", nearest(value.text, ("true", "false")))
        return value.text == "true"

    def moment(self, value: Value) -> Moment:
        """A time: milliseconds since 1970, ISO 8601 (UTC unless it says otherwise), or ago."""
        try:
            match value.kind:
                case ValueKind.NUMBER:
                    start = _EPOCH + timedelta(milliseconds=float(value.text))
                    return Moment(start, start + timedelta(milliseconds=1))
                case ValueKind.AGO:
                    start = self.now - timedelta(milliseconds=_milliseconds(value.text))
                    return Moment(start, start + timedelta(microseconds=1))
                case ValueKind.TEXT:
                    return _read_time(value.text.strip())
        except (ValueError, OverflowError):
            pass  # what it is not is said below
        form = "such as '2026-11-21', '2026-11-21T10:30Z', 24h ago, or milliseconds since 1970"
        ago = f"{value.text} ago" if value.kind is ValueKind.DURATION else None
        raise self._refusal(value, f"a time, {form}", ago)

    def _refusal(self, value: Value, rule: str, suggestion: str | None = None) -> FilterError:
        reason = f"{print_value(value)} does not fit {self.field.shown_name}: must be {rule}"
        return FilterError(self.text, value.place, reason, suggestion=suggestion)


def read_since(text: str | datetime, *, now: datetime) -> datetime:
    """A time as people say it: 24h or 7d, which is ago, or ISO 8601, UTC if no zone. UserError."""
    if isinstance(text, datetime):
        return text if text.tzinfo else text.replace(tzinfo=UTC)
    try:
        if _QUANTITY.fullmatch(text) and is_number(text.rstrip("usmhdw")):
            return now - timedelta(milliseconds=_milliseconds(text))
        return _read_time(text.strip()).start
    except (ValueError, OverflowError):
        raise UserError(
            f"since is {text}: must be how long ago, such as 30m, 24h or 7d, "
            "or a date such as 2026-11-21"
        ) from None


def is_number(text: str) -> bool:
    """Whether a text is a number as filters have it."""
    return _NUMBER.fullmatch(text.strip()) is not None


def to_number(text: str) -> int | float:
    """The number that such a text is."""
    digits = text.strip().lstrip("+-")
    is_integer = digits.isdigit() and len(digits) <= _LONGEST_INTEGER
    return int(text) if is_integer else float(text)


@lru_cache
def _problem_of(pattern: str) -> str | None:
    """What is wrong with a regular expression, as those who will run it say; None if nothing is."""
    try:
        with duckdb.connect() as connection:
            connection.execute("SELECT regexp_matches('', ?)", [pattern])
    except duckdb.Error as error:
        return str(error).partition(": ")[2]
    return None


def _milliseconds(text: str) -> float:
    found = _QUANTITY.fullmatch(text)
    assert found is not None  # noqa: S101  # the grammar has made sure of it
    return float(found["number"]) * _MILLISECONDS[found["unit"]]


def _read_time(text: str) -> Moment:
    """Raises ValueError and OverflowError."""
    start = datetime.fromisoformat(text)
    start = start.replace(tzinfo=UTC) if start.tzinfo is None else start.astimezone(UTC)
    return Moment(start, start + _exactness(text))


def _exactness(text: str) -> timedelta:
    """How long the time lasts that a text names."""
    if len(text) <= _LENGTH_OF_DATE:
        return timedelta(days=1)
    time = _ZONE.sub("", text[_LENGTH_OF_DATE:])
    if "." in time or "," in time:
        return timedelta(microseconds=1)
    return (timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1))[min(time.count(":"), 2)]
