"""A limit in USD that a run does not overstep, however many calls are in flight.

What a call could cost at most is set aside before it is sent, and what it did cost is charged when
it is answered. A call that does not fit waits while others in flight may turn out cheaper, and is
refused when none is.
"""

import asyncio
import threading
from dataclasses import dataclass, field

from spanlake.errors import UserError
from spanlake.evaluation.models.chat_model import ChatModel
from spanlake.evaluation.models.errors import BudgetExceededError, UnpricedModelError
from spanlake.evaluation.models.message import ChatRequest
from spanlake.evaluation.models.name import ModelName
from spanlake.evaluation.models.price import Prices
from spanlake.evaluation.models.reply import ChatReply, Usage

_BYTES_A_TOKEN = 3
"""Fewer than any tokenizer takes on average, so that a prompt is rather over- than underrated."""
_TOKENS_A_MESSAGE = 16
_PAUSE = 0.05


@dataclass(slots=True)
class Budget:
    """What may be spent, in USD, and what has been. Thread-safe."""

    limit_usd: float
    spent_usd: float = 0.0
    _reserved_usd: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        if not self.limit_usd > 0:
            raise UserError(
                f"the budget is {self.limit_usd!r} USD: must be more than 0; "
                "leave it out for no limit"
            )

    async def reserve(self, usd: float) -> None:
        """Set aside what a call could cost. BudgetExceededError if that much is not left."""
        while not self._reserve(usd):  # noqa: ASYNC110  # see below
            # No event: those who may give it back run in other event loops too.
            await asyncio.sleep(_PAUSE)

    def _reserve(self, usd: float) -> bool:
        with self._lock:
            if self.spent_usd + self._reserved_usd + usd <= self.limit_usd:
                self._reserved_usd += usd
                return True
            if self._reserved_usd > 0 and self.spent_usd + usd <= self.limit_usd:
                return False
            raise BudgetExceededError(
                f"the budget is {self.limit_usd:g} USD, {self.spent_usd:.6g} USD of it are spent, "
                f"and the next call could cost {usd:.6g} USD; continue with a larger budget: "
                "what was answered is kept"
            )

    def settle(self, reserved_usd: float, cost_usd: float) -> None:
        """Charge what a call did cost instead of what was set aside for it."""
        with self._lock:
            # Rounding must not leave a crumb that looks like a call in flight.
            self._reserved_usd = max(0.0, round(self._reserved_usd - reserved_usd, 12))
            self.spent_usd += cost_usd


@dataclass(frozen=True, slots=True)
class Budgeted:
    """A model that is only asked what the budget can pay for."""

    inner: ChatModel
    budget: Budget
    prices: Prices

    @property
    def name(self) -> ModelName:
        """Which model it is."""
        return self.inner.name

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one request. BudgetExceededError, or another ModelError, if there is no answer."""
        most = await self.prices.cost_usd(self.name, _most(request))
        if most is None:
            raise UnpricedModelError(
                f"the model {self.name} has no known price, so no budget can hold it; "
                "set one with `spanlake prices set`, or leave the budget out"
            )
        most = round(most, 12)
        await self.budget.reserve(most)
        cost = 0.0
        try:
            reply = await self.inner.complete(request)
            cost = await self.prices.cost_usd(self.name, reply.usage, reply.model) or most
        finally:
            self.budget.settle(most, cost)
        return reply


def _most(request: ChatRequest) -> Usage:
    """The tokens that a request could take."""
    texts = [
        *(message.text for message in request.messages),
        *(call.arguments for message in request.messages for call in message.tool_calls),
        *(f"{tool.name} {tool.description} {tool.parameters}" for tool in request.tools),
        str(request.response_schema or ""),
    ]
    size = sum(len(text.encode("utf-8", "replace")) for text in texts)
    overhead = _TOKENS_A_MESSAGE * (len(request.messages) + len(request.tools))
    return Usage(
        input_tokens=-(-size // _BYTES_A_TOKEN) + overhead, output_tokens=request.max_tokens
    )
