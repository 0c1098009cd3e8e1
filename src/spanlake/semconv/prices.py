"""What one model charges: by kind of token, by the length of the prompt, and over time.

A `PriceSchedule` is priced in numpy columns. Whose prices these are: `builtin_prices`, and
`custom_prices` over them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NS_PER_DAY = 86_400_000_000_000


class BilledUnits(NamedTuple, Generic[T]):
    """One value for each kind of unit that a call is charged by; a token is of one kind only."""

    uncached_input: T
    cache_read: T
    cache_write: T
    output: T
    reasoning: T
    requests: T


@dataclass(frozen=True, slots=True)
class Rate:
    """USD for one unit. A prompt longer than a tier's start pays that tier's price for all of it.

    tiers: (start in prompt tokens, USD for one unit), by ascending start.
    """

    base: float
    tiers: tuple[tuple[int, float], ...] = ()

    def at(self, prompt_tokens: Counts) -> Counts | float:
        """Return the USD for one unit of each call, or one figure for all of them."""
        usd: Counts | float = self.base
        for start, price in self.tiers:
            usd = np.where(prompt_tokens > start, price, usd)
        return usd


@dataclass(frozen=True, slots=True)
class Since:
    """From a moment on, in nanoseconds since the epoch."""

    start_ns: int

    def holds(self, time_ns: Times) -> Mask:
        """Return which of the times are in it."""
        return time_ns >= self.start_ns


@dataclass(frozen=True, slots=True)
class Between:
    """From one moment on and before another, in nanoseconds since the epoch."""

    start_ns: int
    end_ns: int

    def holds(self, time_ns: Times) -> Mask:
        """Return which of the times are in it."""
        return (time_ns >= self.start_ns) & (time_ns < self.end_ns)


@dataclass(frozen=True, slots=True)
class Daily:
    """From one time of the UTC day until another, which may be past midnight, in nanoseconds."""

    start_ns: int
    end_ns: int

    def holds(self, time_ns: Times) -> Mask:
        """Return which of the times are in it."""
        of_day = time_ns % _NS_PER_DAY
        started, ended = of_day >= self.start_ns, of_day >= self.end_ns
        return started | ~ended if self.end_ns < self.start_ns else started & ~ended


@dataclass(frozen=True, slots=True)
class PricePeriod:
    """When some rates apply. version: of the custom price they are; None for `genai-prices`."""

    when: Since | Between | Daily
    rates: BilledUnits[Rate]
    version: int | None = None


class Charges(NamedTuple):
    """What calls cost, one row a call.

    usd: NaN where the model charges by something else. period: which of the schedule's periods it
    is by, -1 for none.
    """

    usd: Counts
    period: npt.NDArray[np.intp]


# By identity: one schedule is made for each model, and they are grouped by it.
@dataclass(frozen=True, slots=True, eq=False)
class PriceSchedule:
    """All the rates of one model; of the periods that hold, the last one counts."""

    periods: tuple[PricePeriod, ...]

    def charges(self, units: BilledUnits[Counts], time_ns: Times, at_ns: int | None) -> Charges:
        """Return what each call costs at its own time.

        at_ns: the moment whose prices all of them cost, in nanoseconds since the epoch, if not
        their own; only what depends on the time of the day stays theirs.
        """
        prompt_tokens = units.uncached_input + units.cache_read + units.cache_write
        priced_ns = time_ns if at_ns is None else np.full(len(time_ns), at_ns)
        charges = Charges(np.full(len(time_ns), np.nan), np.full(len(time_ns), -1))
        for number, period in enumerate(self.periods):
            holds = period.when.holds(time_ns if isinstance(period.when, Daily) else priced_ns)
            if not holds.any():
                continue
            usd = np.zeros(len(time_ns))
            for count, rate in zip(units, period.rates, strict=True):
                usd += count * rate.at(prompt_tokens)
            charges = Charges(
                np.where(holds, usd, charges.usd), np.where(holds, number, charges.period)
            )
        return charges

    def period_at(self, time_ns: int) -> PricePeriod | None:
        """Return the period that counts at a moment, in nanoseconds since the epoch."""
        moment = np.array([time_ns])
        return next((p for p in reversed(self.periods) if p.when.holds(moment).any()), None)


def usd_per_unit(price: Decimal, units: int) -> float:
    """Return the USD for one unit, from the price of so many."""
    return float(price / units)


def nanoseconds_since_epoch(moment: datetime) -> int:
    """Return the nanoseconds, or the last that 64 bits hold on that side."""
    nanoseconds = (moment - _EPOCH) // timedelta(microseconds=1) * 1_000
    return min(max(nanoseconds, -(2**63)), 2**63 - 1)
