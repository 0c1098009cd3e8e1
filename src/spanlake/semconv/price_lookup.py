"""Which prices apply to a call, by the names of its provider and its model.

The prices are those that ship inside `genai-prices`; its download of newer ones is never started.
Names match as they do in `genai_prices.calc_price`, but through indexes and a bounded cache: a
client that invents a model name for every span costs microseconds a name and no lasting memory.

That package takes most of a second to import, so it is loaded with the first name looked up.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from spanlake.semconv.builtin_prices import price_schedule
from spanlake.semconv.prices import PriceSchedule

if TYPE_CHECKING:
    from genai_prices.types import MatchLogic, ModelInfo

# In characters; twice the longest real ones, which are inference profiles with a full Bedrock ARN.
_LONGEST_NAME = 256
_COMPACT_DATE = re.compile(r"-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)")


def find_prices(provider: str | None, model: str | None) -> PriceSchedule | None:
    """Return the prices of a provider's model, or None if they are not known.

    provider: the canonical OpenTelemetry name. If it is None, or has no price list (a gateway),
    the model's name decides alone.
    """
    if model is None or is_overlong(provider, model):
        return None
    return _find(provider, model.lower())


def is_overlong(provider: str | None, model: str) -> bool:
    """Whether a name is longer than any real one."""
    return len(model) > _LONGEST_NAME or len(provider or "") > _LONGEST_NAME


@lru_cache(maxsize=4096)
def _find(provider: str | None, model: str) -> PriceSchedule | None:
    for prices, name in _candidates(provider, model):
        if schedule := prices.find(name):
            return schedule
    return None


def _candidates(provider: str | None, model: str) -> "Iterator[tuple[PriceList, str]]":
    """Yield the price lists to look into, best first, and the name to look for.

    Routers write `provider/model`. Such a prefix never overrules a provider that has a price list:
    who serves a model sets its price.
    """
    prices = None if provider is None else _price_list(provider)
    prefix, slash, rest = model.partition("/")
    prefixed = _price_list(prefix) if slash else None
    if prices is None:
        if seller := _seller_of(model):
            yield seller, model
        if prefixed is not None:
            yield prefixed, rest
    else:
        yield prices, model
        if prefixed is prices:
            yield prices, rest


class ModelIndex:
    """The models of one provider by name; where several match, the first one counts.

    Nine patterns in ten are plain names, which a dictionary answers at once.
    """

    def __init__(self, models: "Iterable[ModelInfo]") -> None:
        self._schedules: list[PriceSchedule] = []
        self._exact: dict[str, int] = {}
        self._patterns: list[tuple[int, MatchLogic]] = []
        for position, model in enumerate(models):
            self._schedules.append(price_schedule(model))
            self._add(position, model.match)

    def _add(self, position: int, clause: "MatchLogic") -> None:
        from genai_prices.types import ClauseEquals, ClauseOr

        if isinstance(clause, ClauseOr):
            for alternative in clause.or_:
                self._add(position, alternative)
        elif isinstance(clause, ClauseEquals):
            self._exact.setdefault(clause.equals.lower(), position)
        else:
            self._patterns.append((position, clause))

    def match(self, name: str) -> PriceSchedule | None:
        """Return the prices of the model that a lower-case name refers to."""
        exact = self._exact.get(name, len(self._schedules))
        for position, clause in self._patterns:
            if position >= exact:
                break
            if clause.is_match(name):
                return self._schedules[position]
        return self._schedules[exact] if exact < len(self._schedules) else None


@dataclass(frozen=True, slots=True)
class PriceList:
    """What one provider sells: its own models, then those of others that it resells."""

    indexes: tuple[ModelIndex, ...]

    def find(self, model: str) -> PriceSchedule | None:
        """Return a model's prices by its lower-case name, in which a date may lack its dashes."""
        dashed = _COMPACT_DATE.sub(r"-\1-\2-\3", model)
        for spelling in dict.fromkeys((model, dashed)):
            for index in self.indexes:
                if schedule := index.match(spelling):
                    return schedule
        return None


_SELLS_NOTHING = PriceList(())


def _price_list(provider: str) -> PriceList | None:
    """Return the price list of a provider, or None if it has none."""
    from genai_prices.data import providers
    from genai_prices.data_snapshot import find_provider_by_id

    names = _provider_names()
    name = provider.strip().lower()
    if name in names.self_hosted:
        return _SELLS_NOTHING
    known = find_provider_by_id(providers, names.priced_as.get(name, name))
    return None if known is None else _price_lists()[known.id]


def _seller_of(model: str) -> PriceList | None:
    """Return the price list of the provider whose models bear names like this one."""
    from genai_prices.data import providers

    for provider in providers:
        if provider.model_match is not None and provider.model_match.is_match(model):
            return _price_lists()[provider.id]
    return None


@cache
def _price_lists() -> Mapping[str, PriceList]:
    """Return every provider's price list, by its id in `genai-prices`."""
    from genai_prices.data import providers

    indexes = {provider.id: ModelIndex(provider.models) for provider in providers}
    return {
        provider.id: PriceList(
            (
                indexes[provider.id],
                *(indexes[other] for other in provider.fallback_model_providers or ()),
            )
        )
        for provider in providers
    }


@dataclass(frozen=True, slots=True)
class ProviderNames:
    """How canonical provider names relate to price lists.

    priced_as: canonical name to the provider's id in `genai-prices`.
    self_hosted: canonical names of software that runs models on one's own machines.
    """

    priced_as: Mapping[str, str]
    self_hosted: frozenset[str]


@cache
def _provider_names() -> ProviderNames:
    text = Path(__file__).with_name("price_providers.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return ProviderNames(table["priced_as"], frozenset(table["self_hosted"]["names"]))
