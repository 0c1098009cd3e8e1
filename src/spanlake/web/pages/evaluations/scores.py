"""Values of scorers as pages write and draw them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from spanlake.evaluation.run_summary import ScorerSummary
from spanlake.evaluation.statistics.estimate import Estimate, Interval, Kind
from spanlake.quantities import UNKNOWN

_DIGITS = 3
_BIG = 100


class Axis(NamedTuple):
    """From where to where a column of intervals is drawn."""

    low: float
    high: float

    def place(self, value: float) -> float:
        """Where a value lies, as a share of the axis."""
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class Bar:
    """An interval to be drawn: shares of its axis. point: None where there is no value."""

    low: float | None
    high: float | None
    point: float | None


def score_text(value: float | None, kind: Kind) -> str:
    """A mean: 61.0 % of what passes or fails, else a number with three digits."""
    if value is None:
        return UNKNOWN
    if kind is Kind.BINARY:
        return f"{100 * value:.1f} %"
    return number_text(value)


def number_text(value: float) -> str:
    """A number with three digits that say something, and all before the point."""
    if abs(value) >= _BIG:
        return f"{value:,.0f}"
    return f"{value:.{_DIGITS}g}"


def interval_words(estimate: Estimate, kind: Kind) -> str:
    """For a tooltip: the interval, of how many, and how it was made."""
    of = f"n = {estimate.count:,}"
    if estimate.interval is None:
        return f"{of}; {estimate.method}"
    low, high = (score_text(each, kind) for each in (estimate.interval.low, estimate.interval.high))
    return f"95 % CI {low} to {high}; {of}; {estimate.method}"


def axis_of(summaries: Iterable[ScorerSummary]) -> Axis:
    """The axis on which one scorer is drawn for several runs: 0 to 1 where all lies there."""
    ends = [
        end
        for each in summaries
        for end in (each.mean.low, each.mean.high, each.mean.value)
        if end is not None
    ]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    if low >= 0 and high <= 1:
        return Axis(0.0, 1.0)
    room = (high - low) / 10 or abs(high) / 10
    return Axis(low - room, high + room)


def bar_of(estimate: Estimate, axis: Axis) -> Bar:
    """Where an estimate lies on its axis."""
    return drawn(estimate.value, estimate.interval, axis)


def drawn(value: float | None, interval: Interval | None, axis: Axis) -> Bar:
    """The same for a value with an interval, or without one."""
    low, high = (interval.low, interval.high) if interval else (None, None)
    return Bar(
        None if low is None else axis.place(low),
        None if high is None else axis.place(high),
        None if value is None else axis.place(value),
    )
