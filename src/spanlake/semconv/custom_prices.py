"""Prices of one's own: negotiated ones, and those of models that no price list has.

Nothing is ever changed: what is said later about a provider and model goes before what was said
earlier, for the time that it is about.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from spanlake.semconv.prices import (
    BilledUnits,
    Rate,
    nanoseconds_since_epoch,
    usd_per_unit,
)

_MILLION = 1_000_000
_END_OF_TIME = 2**63 - 1
_FREE = Rate(0.0)


@dataclass(frozen=True, slots=True)
class ModelRates:
    """USD for a million tokens of each kind, and for a call.

    What is None is free, but for cached tokens: they cost what other input costs.
    """

    input_mtok: float | None = None
    output_mtok: float | None = None
    cache_read_mtok: float | None = None
    cache_write_mtok: float | None = None
    request_usd: float | None = None


@dataclass(frozen=True, slots=True)
class PriceTerms:
    """What is said about the price of a model.

    provider, model: as spans have them, in lower case; * is any text. A provider of None is any,
    also none. valid_from, valid_to: aware; None is without an end. rates: None withdraws what was
    said before about this provider and model for that time.
    """

    provider: str | None
    model: str
    valid_from: datetime
    valid_to: datetime | None
    rates: ModelRates | None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class CustomPrice:
    """Terms as they were recorded. version: a later one has a higher number."""

    version: int
    created_at: datetime
    terms: PriceTerms


class Interval(NamedTuple):
    """From one moment on and before another, in nanoseconds since the epoch, a price counts."""

    start_ns: int
    end_ns: int
    price: CustomPrice


def timeline(prices: Sequence[CustomPrice]) -> list[Interval]:
    """When which of the prices of one provider and model counts, by time, without overlaps.

    Of those that are valid at a moment it is the last version; while that is a withdrawal, none.
    """
    said = sorted(map(_validity, prices), key=lambda each: each.start_ns)
    edges = sorted({edge for each in said for edge in (each.start_ns, each.end_ns)})
    found: list[Interval] = []
    valid: list[tuple[int, Interval]] = []
    begun = 0
    for start, end in pairwise(edges):
        while begun < len(said) and said[begun].start_ns <= start:
            heapq.heappush(valid, (-said[begun].price.version, said[begun]))
            begun += 1
        while valid and valid[0][1].end_ns <= start:
            heapq.heappop(valid)
        if valid and (price := valid[0][1].price).terms.rates is not None:
            if found and found[-1].end_ns == start and found[-1].price is price:
                found[-1] = found[-1]._replace(end_ns=end)
            else:
                found.append(Interval(start, end, price))
    return found


def in_force(prices: Iterable[CustomPrice], moment: datetime) -> list[CustomPrice]:
    """Those that count at a moment: one at most for each provider and model, by version."""
    at_ns = nanoseconds_since_epoch(moment)
    counting = (
        each.price
        for said in by_names(prices).values()
        for each in timeline(said)
        if each.start_ns <= at_ns < each.end_ns
    )
    return sorted(counting, key=lambda price: price.version)


def by_names(prices: Iterable[CustomPrice]) -> dict[tuple[str | None, str], list[CustomPrice]]:
    """What is said about each provider and model, in the order it was said."""
    said = defaultdict[tuple[str | None, str], list[CustomPrice]](list)
    for price in prices:
        said[price.terms.provider, price.terms.model].append(price)
    return said


def is_said_already(terms: PriceTerms, prices: Sequence[CustomPrice]) -> bool:
    """Whether terms would change nothing. prices: all of the same provider and model."""
    start, end = _bounds(terms)
    during = [each for each in timeline(prices) if each.start_ns < end and each.end_ns > start]
    if terms.rates is None:
        return not during
    if not during or during[0].start_ns > start or during[-1].end_ns < end:
        return False
    return all(before.end_ns == after.start_ns for before, after in pairwise(during)) and all(
        (each.price.terms.rates, each.price.terms.note) == (terms.rates, terms.note)
        for each in during
    )


def billed_rates(rates: ModelRates) -> BilledUnits[Rate]:
    """The rates of each kind of unit; reasoning costs what other output costs."""
    uncached_input = _rate(rates.input_mtok, default=_FREE)
    output = _rate(rates.output_mtok, default=_FREE)
    return BilledUnits(
        uncached_input=uncached_input,
        cache_read=_rate(rates.cache_read_mtok, default=uncached_input),
        cache_write=_rate(rates.cache_write_mtok, default=uncached_input),
        output=output,
        reasoning=output,
        requests=_FREE if rates.request_usd is None else Rate(rates.request_usd),
    )


def _rate(price: float | None, *, default: Rate) -> Rate:
    return default if price is None else Rate(usd_per_unit(Decimal(str(price)), _MILLION))


def _bounds(terms: PriceTerms) -> tuple[int, int]:
    """From when until when terms are valid, in nanoseconds since the epoch."""
    end = terms.valid_to
    return (
        nanoseconds_since_epoch(terms.valid_from),
        _END_OF_TIME if end is None else nanoseconds_since_epoch(end),
    )


def _validity(price: CustomPrice) -> Interval:
    return Interval(*_bounds(price.terms), price)
