"""What a request does without where a model refuses it.

Providers differ, and change, in which optional parameters a model takes: a reasoning model refuses
a temperature, an older server a JSON schema. What a model refused once it is not asked again.
"""

from collections.abc import Awaitable, Callable, Iterable

from spanlake.evaluation.models.errors import RejectedRequestError


class Concessions:
    """The optional parameters that one model has refused so far."""

    def __init__(self, optional: Iterable[str]) -> None:
        self._optional = tuple(optional)
        self.refused: frozenset[str] = frozenset()

    async def send(self, attempt: Callable[[frozenset[str]], Awaitable[bytes]]) -> bytes:
        """Attempt it without what was refused, until nothing more is; then the error is final."""
        while True:
            without = self.refused
            try:
                return await attempt(without)
            except RejectedRequestError as error:
                named = self._named(error.parameter, without)
                if named is None:
                    raise
                self.refused |= {named}

    def _named(self, complaint: str | None, without: frozenset[str]) -> str | None:
        """Which optional parameter, that was sent, a complaint is about."""
        sent = (name for name in self._optional if name not in without)
        return next((name for name in sent if complaint and name in complaint), None)
