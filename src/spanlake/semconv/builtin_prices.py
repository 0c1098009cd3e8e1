"""The prices that ship inside `genai-prices`, as schedules."""

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from spanlake.semconv.prices import (
    BilledUnits,
    Daily,
    PricePeriod,
    PriceSchedule,
    Rate,
    Since,
    nanoseconds_since_epoch,
    usd_per_unit,
)

if TYPE_CHECKING:
    from genai_prices.types import (
        ModelInfo,
        ModelPrice,
        StartDateConstraint,
        TieredPrices,
        TimeOfDateConstraint,
    )

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NS_PER_DAY = 86_400_000_000_000
_MILLION = 1_000_000
_THOUSAND = 1_000

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
        return Since(
            nanoseconds_since_epoch(datetime.combine(constraint.start_date, time(), tzinfo=UTC))
        )
    return Daily(_ns_of_day(constraint.start_time), _ns_of_day(constraint.end_time))


def _ns_of_day(moment: time) -> int:
    on_first_day = datetime.combine(_EPOCH, moment, tzinfo=moment.tzinfo or UTC)
    return nanoseconds_since_epoch(on_first_day) % _NS_PER_DAY


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
        return Rate(usd_per_unit(price, units))
    tiers = tuple((tier.start, usd_per_unit(tier.price, units)) for tier in price.tiers)
    return Rate(usd_per_unit(price.base, units), tiers)
