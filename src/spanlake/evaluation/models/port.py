"""The port of a run: every model it asks, with limit, cache, retry and price around each.

From the inside out: the provider's adapter, a span for each call, the limit, the budget, the cache,
retry, price. So a reply from the cache waits for no place and costs nothing, whoever waits to try
again holds no place, and a budget that is used up still lets cached replies through.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from spanlake.config import model_access
from spanlake.errors import UserError
from spanlake.evaluation.models.anthropic_messages import AnthropicMessages
from spanlake.evaluation.models.blocking import run_blocking
from spanlake.evaluation.models.budget import Budget, Budgeted
from spanlake.evaluation.models.cache import Cached, InFlight, ReplyStore
from spanlake.evaluation.models.chat_model import ChatModel
from spanlake.evaluation.models.errors import ModelSetupError
from spanlake.evaluation.models.limit import DEFAULT_CONCURRENCY, AdaptiveLimit, Limited
from spanlake.evaluation.models.name import ModelName
from spanlake.evaluation.models.offline import offline_model
from spanlake.evaluation.models.openai_chat import OpenAIChat
from spanlake.evaluation.models.price import Priced, Prices
from spanlake.evaluation.models.reply import Usage
from spanlake.evaluation.models.retry import Retrying, RetryPolicy
from spanlake.evaluation.models.spending import Spending, Tally
from spanlake.evaluation.models.tracing import Traced
from spanlake.evaluation.models.transport import DEFAULT_TIMEOUT, Transport
from spanlake.semconv.price_book import NO_CUSTOM_PRICES, PriceBook


@dataclass(frozen=True, slots=True)
class _Access:
    """A model, where it is, and the key to it. url: None for one that is in the program."""

    name: ModelName
    url: str | None
    key: str | None = field(repr=False)


@dataclass(slots=True)
class _OfLoop:
    """What belongs to one event loop."""

    transport: Transport
    limits: dict[str, AdaptiveLimit] = field(default_factory=dict)
    models: dict[_Access, ChatModel] = field(default_factory=dict)
    in_flight: InFlight = field(default_factory=dict)


@dataclass(slots=True, kw_only=True, eq=False)
class ModelPort:
    """Models for one run, or for one program. May be used from several threads and event loops.

    store: keeps replies between runs; None asks anew. prices: of models. budget_usd: what may be
    spent; None is no limit. concurrency: requests to one provider at once, at most. timeout:
    seconds for one reply.
    """

    store: ReplyStore | None = None
    prices: PriceBook = NO_CUSTOM_PRICES
    budget_usd: float | None = None
    concurrency: int = DEFAULT_CONCURRENCY
    timeout: float = DEFAULT_TIMEOUT
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    _costs: Prices = field(init=False)
    _budget: Budget | None = field(init=False)
    _tally: Tally = field(init=False, default_factory=Tally)
    _loops: dict[asyncio.AbstractEventLoop, _OfLoop] = field(init=False, default_factory=dict)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        if self.concurrency < 1:
            raise UserError(f"concurrency is {self.concurrency}: must be 1 or more")
        if not self.timeout > 0:
            raise UserError(f"timeout is {self.timeout}: must be more than 0 seconds")
        self._costs = Prices(self.prices)
        self._budget = None if self.budget_usd is None else Budget(self.budget_usd)

    @property
    def spending(self) -> Spending:
        """What has been asked and paid so far."""
        return self._tally.spending

    def model(self, model: str | ChatModel, base_url: str | None = None) -> ChatModel:
        """Return a model by name, or an adapter of the user's own, with all the layers around it.

        To be called where the event loop runs that will use it. base_url: of an OpenAI-compatible
        server that serves the model. UserError for a name that is none, ModelSetupError for a key
        that is missing.
        """
        mine = self._of_loop()
        if not isinstance(model, str):
            return self._layered(model, None, mine)
        # Asked of the environment each time: in a notebook a key may be corrected.
        access = _access(ModelName.parse(model, base_url))
        if access not in mine.models:
            adapter = _adapter(access, mine.transport)
            mine.models[access] = self._layered(adapter, access.url, mine)
        return mine.models[access]

    async def check(self, model: str | ChatModel, base_url: str | None = None) -> None:
        """Raise ModelSetupError for a model that no call could reach, or that no budget can hold.

        Asks nobody. UserError for a name that is none.
        """
        name = ModelName.parse(model, base_url) if isinstance(model, str) else model.name
        if isinstance(model, str):
            _access(name)
        one = Usage(input_tokens=1, output_tokens=1)
        if self._budget is not None and await self._costs.cost_usd(name, one) is None:
            raise ModelSetupError(
                f"the model {name} has no known price, so a budget of {self.budget_usd:g} USD "
                "cannot hold it; set one with `spanlake prices set`, or leave the budget out"
            )

    def _layered(self, adapter: ChatModel, url: str | None, mine: _OfLoop) -> ChatModel:
        self._costs.load()
        provider = url or adapter.name.provider.name
        limit = mine.limits.setdefault(provider, AdaptiveLimit(self.concurrency))
        model: ChatModel = Limited(Traced(adapter, url), limit)
        if self._budget is not None:
            model = Budgeted(model, self._budget, self._costs)
        if self.store is not None:
            model = Cached(model, self.store, mine.in_flight)
        return Priced(Retrying(model, self.retry), self._costs, self._tally)

    def _of_loop(self) -> _OfLoop:
        loop = asyncio.get_running_loop()
        with self._lock:
            if loop not in self._loops:
                self._loops = {
                    each: its for each, its in self._loops.items() if not each.is_closed()
                }
                self._loops[loop] = _OfLoop(Transport(self.timeout))
            return self._loops[loop]

    async def aclose(self) -> None:
        """Close the connections, wherever they were opened. Safe to call twice."""
        with self._lock:
            loops, self._loops = self._loops, {}
        here = asyncio.get_running_loop()
        for loop, its in loops.items():
            if loop is here:
                await its.transport.aclose()
            elif loop.is_running():
                closing = asyncio.run_coroutine_threadsafe(its.transport.aclose(), loop)
                await asyncio.wrap_future(closing)

    def close(self) -> None:
        """The same, for code that is not async."""
        run_blocking(self.aclose)


def _access(name: ModelName) -> _Access:
    """Find out where a model is. ModelSetupError if the environment lacks what it takes."""
    provider = name.provider
    if provider.protocol == "offline":
        return _Access(name, None, None)
    key = model_access(provider.key) if provider.key else None
    if provider.key and key is None and name.base_url is None:
        raise ModelSetupError(
            f"the model {name} needs a key, and {provider.key} is not set; set it, "
            "or name a model that needs none, such as ollama:/MODEL"
        )
    configured = model_access(provider.url) if provider.url else None
    url = name.base_url or configured or provider.base_url
    if url is None:
        raise ModelSetupError(
            f"the model {name} needs a base URL, and {provider.url} is not set; "
            "set it to one such as https://RESOURCE.openai.azure.com/openai/v1"
        )
    return _Access(name, url.rstrip("/"), key)


def _adapter(access: _Access, transport: Transport) -> ChatModel:
    """Make the adapter of a model."""
    if access.url is None:
        return offline_model(access.name)
    kind = AnthropicMessages if access.name.provider.protocol == "anthropic" else OpenAIChat
    return kind(access.name, transport, access.url, access.key)


_current: ContextVar[ModelPort | None] = ContextVar("spanlake_model_port", default=None)
_default = ModelPort()


@contextmanager
def use_port(port: ModelPort) -> Iterator[ModelPort]:
    """Make a port the one that judges use, in here and in the tasks and threads started here."""
    token = _current.set(port)
    try:
        yield port
    finally:
        _current.reset(token)


def current_port() -> ModelPort:
    """Return the port of the run, or outside of one the program's own, without cache or budget."""
    return _current.get() or _default
