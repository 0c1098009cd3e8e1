"""How many requests a provider gets at once: as many as it takes without a 429.

Additive increase, multiplicative decrease, as TCP does it: the limit starts at its ceiling, so that
a provider which takes everything is never waited for, and is halved by a 429. A burst of 429s to
requests that were sent before the cut is one piece of news, and cuts once.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from spanlake.evaluation.models.chat_model import ChatModel
from spanlake.evaluation.models.errors import RateLimitedError
from spanlake.evaluation.models.message import ChatRequest
from spanlake.evaluation.models.name import ModelName
from spanlake.evaluation.models.reply import ChatReply

DEFAULT_CONCURRENCY = 256
LONGEST_WAIT = 120.0
"""Seconds; who asks to wait longer is out of a daily quota, not out of breath."""
_GROWTH = 0.1
_COOL_DOWN = 0.5


@dataclass(slots=True)
class AdaptiveLimit:
    """The requests to one provider that may be in flight. For one event loop."""

    ceiling: int = DEFAULT_CONCURRENCY
    allowed: float = field(init=False)
    in_flight: int = field(default=0, init=False)
    _cuts: int = field(default=0, init=False)
    _closed_until: float = field(default=0.0, init=False)
    _waiting: deque[asyncio.Future[None]] = field(default_factory=deque, init=False)

    def __post_init__(self) -> None:
        self.allowed = float(self.ceiling)

    async def enter(self) -> int:
        """Wait for a place. Returns how often the limit had been cut by then."""
        if not self._is_open() or self._waiting:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            self._admit()
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self.leave()
                raise
        else:
            self.in_flight += 1
        return self._cuts

    def leave(self) -> None:
        """Give a place free."""
        self.in_flight -= 1
        self._admit()

    def succeeded(self) -> None:
        """A request was answered: grow by a tenth in the time of one round of requests."""
        grown = self.allowed + max(_GROWTH, 1 / self.allowed)
        self.allowed = min(grown, float(self.ceiling))

    def throttled(self, cuts_before: int, retry_after: float | None) -> None:
        """A request that entered after so many cuts got a 429."""
        if cuts_before == self._cuts:
            self._cuts += 1
            self.allowed = max(1.0, min(self.allowed, self.in_flight) / 2)
        loop = asyncio.get_running_loop()
        wait = min(_COOL_DOWN if retry_after is None else retry_after, LONGEST_WAIT)
        if (until := loop.time() + wait) > self._closed_until:
            self._closed_until = until
            loop.call_at(until, self._admit)

    def _is_open(self) -> bool:
        now = asyncio.get_running_loop().time()
        return self.in_flight < int(self.allowed) and now >= self._closed_until

    def _admit(self) -> None:
        """Let in who waits, in the order of coming, as far as there is room."""
        while self._waiting and self._is_open():
            turn = self._waiting.popleft()
            if not turn.done():
                self.in_flight += 1
                turn.set_result(None)


@dataclass(frozen=True, slots=True)
class Limited:
    """A model whose requests wait for a place at its provider."""

    inner: ChatModel
    limit: AdaptiveLimit

    @property
    def name(self) -> ModelName:
        """Which model it is."""
        return self.inner.name

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one request. ModelError if there is no answer."""
        cuts = await self.limit.enter()
        try:
            reply = await self.inner.complete(request)
        except RateLimitedError as error:
            self.limit.throttled(cuts, error.retry_after)
            raise
        finally:
            self.limit.leave()
        self.limit.succeeded()
        return reply
