"""Trying again what may succeed later: for how long depends on what failed.

A provider that says it is busy is waited for, as long as `patience`. One that breaks is tried a few
times. What it rejects is final at once.
"""

from dataclasses import dataclass

import stamina
from stamina.instrumentation import RetryDetails, get_on_retry_hooks, set_on_retry_hooks

from spanlake import log
from spanlake.evaluation.models.chat_model import ChatModel
from spanlake.evaluation.models.errors import ModelError, RateLimitedError, TransientModelError
from spanlake.evaluation.models.limit import LONGEST_WAIT
from spanlake.evaluation.models.message import ChatRequest
from spanlake.evaluation.models.name import ModelName
from spanlake.evaluation.models.reply import ChatReply

_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long to try again, in seconds and times.

    patience: how long a busy provider is waited for. attempts: how often a broken one is asked.
    first_wait, longest_wait: between attempts, where the provider does not say how long.
    """

    patience: float = 600.0
    attempts: int = 4
    first_wait: float = 0.5
    longest_wait: float = 30.0


class _Verdicts:
    """Whether and when to try again after an error, for one request."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._left = policy.attempts - 1

    def __call__(self, error: Exception) -> bool | float:
        if not isinstance(error, TransientModelError):
            return False
        if error.retry_after is not None and error.retry_after > LONGEST_WAIT:
            return False
        if not isinstance(error, RateLimitedError):
            self._left -= 1
            if self._left < 0:
                return False
        # The limiter holds everybody back for as long as a 429 says, so no time is lost here.
        return True if error.retry_after is None else error.retry_after


@dataclass(frozen=True, slots=True)
class Retrying:
    """A model that is asked again where that may help."""

    inner: ChatModel
    policy: RetryPolicy = RetryPolicy()

    @property
    def name(self) -> ModelName:
        """Which model it is."""
        return self.inner.name

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one request. ModelError if there is no answer."""
        try:
            return await self.inner.complete(request)
        except TransientModelError as error:
            return await self._again(request, error)

    async def _again(self, request: ChatRequest, failed: TransientModelError) -> ChatReply:
        """Try again after a failure; only now, as there is one, the machinery for it is made."""
        first: TransientModelError | None = failed
        async for attempt in stamina.retry_context(
            on=_Verdicts(self.policy),
            attempts=None,
            timeout=self.policy.patience,
            wait_initial=self.policy.first_wait,
            wait_max=self.policy.longest_wait,
            wait_jitter=self.policy.first_wait,
        ):
            with attempt:
                if first is not None:
                    error, first = first, None
                    raise error
                return await self.inner.complete(request)
        raise AssertionError("stamina returns or raises")  # pragma: no cover


class _ExceptModelErrors:
    """The hooks of before, for the retries of other programs."""

    def __init__(self) -> None:
        self._hooks = get_on_retry_hooks()

    def __call__(self, details: RetryDetails) -> None:
        if isinstance(details.caused_by, ModelError):
            _log.debug(
                "models.retry",
                error=str(details.caused_by),
                attempt=details.retry_num,
                wait_s=round(details.wait_for, 2),
            )
            return
        for hook in self._hooks:
            hook(details)


# By itself stamina writes a line on stdout for every retry, where structlog is not configured.
set_on_retry_hooks((_ExceptModelErrors(),))
