from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from spanlake.semconv.custom_prices import (
    CustomPrice,
    ModelRates,
    PriceTerms,
    by_names,
    in_force,
    is_said_already,
    timeline,
)
from spanlake.semconv.prices import nanoseconds_since_epoch

DAYS = 12
START = datetime(2026, 1, 1, tzinfo=UTC)
FAR = datetime(9999, 12, 31, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


@st.composite
def terms(draw: st.DrawFn) -> PriceTerms:
    """Terms of one model whose validity begins and ends on one of a few days, or never."""
    first = draw(st.integers(0, DAYS - 1))
    last = draw(st.none() | st.integers(first + 1, DAYS))
    rates = draw(st.none() | st.builds(ModelRates, st.sampled_from([1.0, 2.0])))
    note = draw(st.sampled_from([None, "deal"]))
    return PriceTerms(None, "m", day(first), None if last is None else day(last), rates, note)


def said(several: list[PriceTerms]) -> list[CustomPrice]:
    return [CustomPrice(number, START, each) for number, each in enumerate(several, 1)]


def counting(prices: list[CustomPrice], moment: datetime) -> CustomPrice | None:
    """What counts at a moment, by its definition: the last that is valid, if it is a price."""
    valid = [
        price
        for price in prices
        if price.terms.valid_from <= moment
        if price.terms.valid_to is None or moment < price.terms.valid_to
    ]
    return valid[-1] if valid and valid[-1].terms.rates is not None else None


# Between and at all edges, before the first and after the last.
MOMENTS = [day(0) + timedelta(hours=12 * half) for half in range(-1, 2 * DAYS + 3)] + [FAR]


@given(st.lists(terms(), max_size=8).map(said))
def test_the_last_valid_version_counts(prices: list[CustomPrice]) -> None:
    """At every moment the timeline has the last version that is valid, and none if it withdraws."""
    found = timeline(prices[::-1])
    for moment in MOMENTS[:-1]:
        at_ns = nanoseconds_since_epoch(moment)
        here = [each.price for each in found if each.start_ns <= at_ns < each.end_ns]
        expected = counting(prices, moment)
        assert here == ([] if expected is None else [expected])
        assert in_force(prices, moment) == here


@given(st.lists(terms(), max_size=8).map(said))
def test_a_timeline_has_no_overlaps(prices: list[CustomPrice]) -> None:
    """Intervals follow each other, are never empty, and neighbours are of different versions."""
    found = timeline(prices)
    assert all(each.start_ns < each.end_ns for each in found)
    for before, after in pairwise(found):
        assert before.end_ns <= after.start_ns
        assert before.end_ns < after.start_ns or before.price is not after.price


@given(st.lists(terms(), max_size=6).map(said), terms())
def test_what_is_said_already_changes_nothing(prices: list[CustomPrice], new: PriceTerms) -> None:
    """Terms are said already exactly if recording them would change no price at any moment."""
    later = [*prices, CustomPrice(len(prices) + 1, START, new)]

    def charged(known: list[CustomPrice], moment: datetime) -> tuple[ModelRates | None, str | None]:
        price = counting(known, moment)
        return (price.terms.rates, price.terms.note) if price else (None, None)

    changes = any(charged(prices, moment) != charged(later, moment) for moment in MOMENTS)
    assert is_said_already(new, prices) is not changes


def test_names_keep_their_prices_apart() -> None:
    """What is said about one provider and model says nothing about another."""
    rates = ModelRates(1.0)
    first = PriceTerms("a", "m", day(0), None, rates)
    second = PriceTerms(None, "m", day(1), None, rates)
    withdrawn = PriceTerms("a", "m", day(2), None, None)
    prices = said([first, second, withdrawn])
    assert list(by_names(prices)) == [("a", "m"), (None, "m")]
    assert [price.version for price in in_force(prices, day(1))] == [1, 2]
    assert [price.version for price in in_force(prices, day(2))] == [2]


def test_times_beyond_what_nanoseconds_can_say() -> None:
    """A price may be valid from year 1 to 9999, though 64 bits of nanoseconds end before."""
    ever = PriceTerms(None, "m", datetime(1, 1, 1, tzinfo=UTC), FAR, ModelRates(1.0))
    never = PriceTerms(None, "m", datetime(9000, 1, 1, tzinfo=UTC), FAR, ModelRates(2.0))
    (interval,) = timeline(said([ever, never]))
    assert (interval.start_ns, interval.end_ns) == (-(2**63), 2**63 - 1)
    assert interval.price.version == 1
