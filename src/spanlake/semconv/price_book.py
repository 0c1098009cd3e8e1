"""All prices there are: custom ones, and where they say nothing those of `genai-prices`."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from spanlake.semconv.custom_prices import CustomPrice, billed_rates, by_names, timeline
from spanlake.semconv.price_lookup import find_prices, is_overlong
from spanlake.semconv.prices import Between, PricePeriod, PriceSchedule

_ANY = "*"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A name in lower case, in which * is any text; None is any name, and none."""

    text: str | None

    def matches(self, name: str | None) -> bool:
        """Whether a lower-case name is one of these. Takes time linear in the name."""
        if self.text is None:
            return True
        if name is None:
            return False
        head, *tail = self.text.split(_ANY)
        if not tail:
            return name == head
        *middle, end = tail
        if not name.startswith(head) or not name.endswith(end):
            return False
        at, last = len(head), len(name) - len(end)
        for part in middle:
            found = name.find(part, at, max(last, 0))
            if found < 0:
                return False
            at = found + len(part)
        return at <= last

    @property
    def precision(self) -> tuple[bool, int]:
        """How much it says, to compare: all of the name, or so many characters of it."""
        if self.text is None:
            return False, -1
        return _ANY not in self.text, len(self.text.replace(_ANY, ""))


@dataclass(frozen=True, slots=True)
class _Offer:
    """What is said about one provider and model."""

    provider: Pattern
    model: Pattern
    periods: tuple[PricePeriod, ...]

    def matches(self, provider: str | None, model: str) -> bool:
        return self.model.matches(model) and self.provider.matches(provider)

    @property
    def precision(self) -> tuple[tuple[bool, int], tuple[bool, int]]:
        return self.model.precision, self.provider.precision


class PriceBook:
    """The prices of every model at every time. Does not change.

    At each moment the most precise custom price that is valid counts: a model's whole name goes
    before a pattern, then a longer pattern before a shorter, then the same for its provider's.
    """

    def __init__(self, prices: Iterable[CustomPrice] = ()) -> None:
        self._offers = sorted(
            (_offer(*names, said) for names, said in by_names(prices).items()),
            key=lambda offer: offer.precision,
        )
        # One schedule for all names that the same is said of: a schedule is priced at a time.
        self._combined = lru_cache(maxsize=1024)(self._combine)
        self._found = lru_cache(maxsize=4096)(self._find)

    def find(self, provider: str | None, model: str | None) -> PriceSchedule | None:
        """Return the prices of a provider's model, or None if they are not known."""
        if not self._offers or model is None or is_overlong(provider, model):
            return find_prices(provider, model)
        return self._found(provider, model)

    def _find(self, provider: str | None, model: str) -> PriceSchedule | None:
        known = find_prices(provider, model)
        provider_name = None if provider is None else provider.strip().lower()
        model_name = model.strip().lower()
        offers = tuple(
            number
            for number, offer in enumerate(self._offers)
            if offer.matches(provider_name, model_name)
        )
        return self._combined(known, offers) if offers else known

    def _combine(self, known: PriceSchedule | None, offers: tuple[int, ...]) -> PriceSchedule:
        periods = known.periods if known else ()
        for number in offers:
            periods += self._offers[number].periods
        return PriceSchedule(periods)


NO_CUSTOM_PRICES: Final = PriceBook()
"""The prices of `genai-prices` alone."""


def _offer(provider: str | None, model: str, prices: list[CustomPrice]) -> _Offer:
    periods = tuple(
        PricePeriod(Between(each.start_ns, each.end_ns), billed_rates(rates), each.price.version)
        for each in timeline(prices)
        if (rates := each.price.terms.rates) is not None
    )
    return _Offer(Pattern(provider), Pattern(model), periods)
