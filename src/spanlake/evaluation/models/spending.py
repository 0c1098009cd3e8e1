"""What a run has spent on models."""

import threading
from dataclasses import dataclass, field, replace

from spanlake.evaluation.models.reply import ChatReply


@dataclass(frozen=True, slots=True)
class Spending:
    """The replies so far.

    calls: replies that were paid for. cached_calls: replies that were not. unpriced_calls: those of
    `calls` whose price is not known, and which cost_usd leaves out. saved_usd: what the cached ones
    cost when they were paid for, at today's prices.
    """

    calls: int = 0
    cached_calls: int = 0
    unpriced_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    saved_usd: float = 0.0

    def with_reply(self, reply: ChatReply) -> "Spending":
        """Return the spending with one more reply."""
        if reply.from_cache:
            return replace(
                self,
                cached_calls=self.cached_calls + 1,
                saved_usd=self.saved_usd + (reply.saved_usd or 0.0),
            )
        return replace(
            self,
            calls=self.calls + 1,
            unpriced_calls=self.unpriced_calls + (reply.cost_usd is None),
            input_tokens=self.input_tokens + (reply.usage.input_tokens or 0),
            output_tokens=self.output_tokens + (reply.usage.output_tokens or 0),
            cost_usd=self.cost_usd + (reply.cost_usd or 0.0),
        )


@dataclass(slots=True)
class Tally:
    """Adds up the spending of a run. Thread-safe."""

    spending: Spending = field(default_factory=Spending)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, reply: ChatReply) -> None:
        """Count a reply."""
        with self._lock:
            self.spending = self.spending.with_reply(reply)
