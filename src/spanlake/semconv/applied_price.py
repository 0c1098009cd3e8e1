"""What is charged for a model at a moment, whichever price it is by, as people read it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from spanlake.semconv.cost import version_label
from spanlake.semconv.custom_prices import CustomPrice
from spanlake.semconv.price_book import Pattern, PriceBook
from spanlake.semconv.prices import PricePeriod, Rate, nanoseconds_since_epoch

_MILLION = 1_000_000
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class AppliedPrice:
    """USD for a million tokens of each kind, and for a call.

    prompt_over: so many tokens; what is charged for a longer prompt is a price of its own.
    """

    provider: str | None
    model: str
    price_version: str
    prompt_over: int
    input_mtok: float
    output_mtok: float
    cache_read_mtok: float
    cache_write_mtok: float
    reasoning_mtok: float
    request_usd: float


def applied_prices(
    prices: Iterable[CustomPrice], model: str, *, provider: str | None, moment: datetime
) -> list[AppliedPrice]:
    """What a provider's model costs; of all providers that custom prices name, if it is None.

    The first are those of calls that name no provider. A model without a price is in none.
    """
    said = list(prices)
    book = PriceBook(said)
    providers = [provider] if provider is not None else [None, *_providers(said, model)]
    at_ns = nanoseconds_since_epoch(moment)
    found = []
    for name in providers:
        schedule = book.find(name, model)
        period = schedule.period_at(at_ns) if schedule else None
        if period is not None and not np.isnan(period.rates.uncached_input.base):
            found += [_applied(name, model, period, start) for start in _starts(period)]
    return found


def _providers(prices: Iterable[CustomPrice], model: str) -> list[str]:
    """The whole names of providers for which there is a custom price of this model."""
    name = model.strip().lower()
    return sorted(
        {
            price.terms.provider
            for price in prices
            if price.terms.provider and Pattern(price.terms.provider).precision[0]
            if Pattern(price.terms.model).matches(name)
        }
    )


def _starts(period: PricePeriod) -> list[int]:
    """The prompt lengths at which prices change."""
    return sorted({0} | {start for rate in period.rates for start, _ in rate.tiers})


def _applied(
    provider: str | None, model: str, period: PricePeriod, prompt_over: int
) -> AppliedPrice:
    def mtok(rate: Rate) -> float:
        usd = np.max(rate.at(np.array([prompt_over + 1.0])))
        return round(float(usd) * _MILLION, _DIGITS)

    rates = period.rates
    return AppliedPrice(
        provider=provider,
        model=model,
        price_version=version_label(period.version),
        prompt_over=prompt_over,
        input_mtok=mtok(rates.uncached_input),
        output_mtok=mtok(rates.output),
        cache_read_mtok=mtok(rates.cache_read),
        cache_write_mtok=mtok(rates.cache_write),
        reasoning_mtok=mtok(rates.reasoning),
        request_usd=round(rates.requests.base, _DIGITS),
    )
