"""What replies cost, by the same price book as the calls in stored traces."""

import asyncio
import math
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from spanlake.evaluation.models.chat_model import ChatModel
from spanlake.evaluation.models.message import ChatRequest
from spanlake.evaluation.models.name import ModelName
from spanlake.evaluation.models.reply import ChatReply, Usage
from spanlake.evaluation.models.spending import Tally
from spanlake.semconv.price_book import NO_CUSTOM_PRICES, PriceBook
from spanlake.semconv.prices import BilledUnits, Counts


@dataclass(slots=True)
class Prices:
    """What calls cost now."""

    book: PriceBook = NO_CUSTOM_PRICES
    _loading: Future[object] | None = None

    def load(self) -> None:
        """Begin to load every price there is, which takes most of a second, in a thread."""
        if self._loading is None:
            pool = ThreadPoolExecutor(1, "spanlake-prices")
            self._loading = pool.submit(self.book.find, "openai", "gpt-4o")
            pool.shutdown(wait=False)

    async def cost_usd(
        self, name: ModelName, usage: Usage, answered_by: str | None = None
    ) -> float | None:
        """What a call costs in USD; None if its price or its usage is not known.

        answered_by: the model that the reply names, which is more precise than the one asked for.
        """
        self.load()
        if self._loading is not None and not self._loading.done():
            await asyncio.wrap_future(self._loading)
        models = dict.fromkeys((answered_by or name.model, name.model))
        costs = (self._cost(name.provider.semconv, model, usage) for model in models)
        return next((usd for usd in costs if usd is not None), None)

    def _cost(self, provider: str, model: str, usage: Usage) -> float | None:
        """One call, priced as in `semconv.cost`, whose columns of one row take a millisecond."""
        schedule = self.book.find(provider, model)
        if schedule is None or (usage.input_tokens is None and usage.output_tokens is None):
            return None
        read, written = usage.cache_read_tokens or 0, usage.cache_write_tokens or 0
        reasoning = usage.reasoning_tokens or 0
        units = BilledUnits(
            uncached_input=_count(max((usage.input_tokens or 0) - read - written, 0)),
            cache_read=_count(read),
            cache_write=_count(written),
            output=_count(max((usage.output_tokens or 0) - reasoning, 0)),
            reasoning=_count(reasoning),
            requests=_count(1),
        )
        usd = float(schedule.charges(units, np.array([time.time_ns()]), None).usd[0])
        return None if math.isnan(usd) else usd


def _count(value: int) -> Counts:
    return np.array([float(value)])


@dataclass(frozen=True, slots=True)
class Priced:
    """A model whose replies say what they cost, or what a reply from the cache saved."""

    inner: ChatModel
    prices: Prices
    tally: Tally

    @property
    def name(self) -> ModelName:
        """Which model it is."""
        return self.inner.name

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one request. ModelError if there is no answer."""
        reply = await self.inner.complete(request)
        usd = await self.prices.cost_usd(self.name, reply.usage, reply.model)
        if reply.from_cache:
            reply = replace(reply, cost_usd=0.0, saved_usd=usd)
        else:
            reply = replace(reply, cost_usd=usd)
        self.tally.add(reply)
        return reply
