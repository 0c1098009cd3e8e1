"""What one model charges: by kind of token, by the length of the prompt, and over time.

A `PriceSchedule` is read from a model of `genai-prices` and then priced in numpy columns.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from genai_prices.types import (
        ModelInfo,
        ModelPrice,
        StartDateConstraint,
        TieredPrices,
        TimeOfDateConstraint,
    )

Counts = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NS_PER_DAY = 86_400_000_000_000
_MILLION = 1_000_000
_THOUSAND = 1_000


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
    """When some rates apply."""

    when: Since | Daily
    rates: BilledUnits[Rate]


# By identity: one schedule is made for each model, and they are grouped by it.
@dataclass(frozen=True, slots=True, eq=False)
class PriceSchedule:
    """All the rates of one model; of the periods that hold, the last one counts."""

    periods: tuple[PricePeriod, ...]

    def cost(self, units: BilledUnits[Counts], time_ns: Times) -> Counts:
        """Return the USD of each call, NaN where the model charges by something else."""
        prompt_tokens = units.uncached_input + units.cache_read + units.cache_write
        total = np.full(len(time_ns), np.nan)
        for period in self.periods:
            usd = np.zeros(len(time_ns))
            for count, rate in zip(units, period.rates, strict=True):
                usd += count * rate.at(prompt_tokens)
            total = np.where(period.when.holds(time_ns), usd, total)
        return total


_ALWAYS = Since(-(2**63))
_FREE = Rate(0.0)
_UNPRICED = BilledUnits(*[Rate(np.nan)] * len(BilledUnits._fields))


def price_schedule(model: "ModelInfo") -> PriceSchedule:
    """Return the prices of a model of `genai-prices`."""
    if not isinstance(model.prices, list):
        return PriceSchedule((PricePeriod(_ALWAYS, _rates(model.prices)),))
    # The first price is also the one for times at which no condition holds.
    return PriceSchedule(
        tuple(
            PricePeriod(_when(price.constraint) if number else _ALWAYS, _rates(price.prices))
            for number, price in enumerate(model.prices)
        )
    )


def _when(constraint: "StartDateConstraint | TimeOfDateConstraint | None") -> Since | Daily:
    from genai_prices.types import StartDateConstraint

    if constraint is None:
        return _ALWAYS
    if isinstance(constraint, StartDateConstraint):
        return Since(_since_epoch(datetime.combine(constraint.start_date, time(), tzinfo=UTC)))
    return Daily(_ns_of_day(constraint.start_time), _ns_of_day(constraint.end_time))


def _ns_of_day(moment: time) -> int:
    on_first_day = datetime.combine(_EPOCH, moment, tzinfo=moment.tzinfo or UTC)
    return _since_epoch(on_first_day) % _NS_PER_DAY


def _since_epoch(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1_000


def _rates(price: "ModelPrice") -> BilledUnits[Rate]:
    """Return the rates; tokens without a price of their own cost what their parent costs.

    A model that charges only by what spans do not count, such as seconds of audio, is unpriced.
    One without any price is free.
    """
    ours = (price.input_mtok, price.output_mtok, price.requests_kcount)
    charges = [value for value in vars(price).values() if value is not None]
    if charges and all(value is None for value in ours):
        return _UNPRICED
    uncached_input = _rate(price.input_mtok, _MILLION, default=_FREE)
    output = _rate(price.output_mtok, _MILLION, default=_FREE)
    return BilledUnits(
        uncached_input=uncached_input,
        cache_read=_rate(price.cache_read_mtok, _MILLION, default=uncached_input),
        cache_write=_rate(price.cache_write_mtok, _MILLION, default=uncached_input),
        output=output,
        reasoning=_rate(price.output_reasoning_mtok, _MILLION, default=output),
        requests=_rate(price.requests_kcount, _THOUSAND, default=_FREE),
    )


def _rate(price: "Decimal | TieredPrices | None", units: int, *, default: Rate) -> Rate:
    """Return the rate of one unit, from the price of so many."""
    if price is None:
        return default
    if isinstance(price, Decimal):
        return Rate(float(price / units))
    tiers = tuple((tier.start, float(tier.price / units)) for tier in price.tiers)
    return Rate(float(price.base / units), tiers)
