"""A bound on the bytes of requests in memory, so that load is refused before it hurts."""

from collections.abc import Iterator
from contextlib import contextmanager

from spanlake.errors import OverloadedError


class Budget:
    """Bytes of all requests in flight. For one event loop."""

    def __init__(self, limit: int, *, retry_after: float) -> None:
        self.limit = limit
        self.taken = 0
        self._retry_after = retry_after

    @contextmanager
    def reservation(self) -> Iterator["Reservation"]:
        """One request's share, given back when the block ends."""
        held = Reservation(self)
        try:
            yield held
        finally:
            self.taken -= held.size

    def refusal(self, wanted: int) -> OverloadedError:
        """What a request is told that wants `wanted` more bytes than there are."""
        return OverloadedError(
            f"{self.taken + wanted} bytes of requests would be in flight, over "
            f"memory_limiter.limit_mib ({self.limit >> 20} MiB)",
            retry_after=self._retry_after,
        )


class Reservation:
    """The bytes one request holds of the budget."""

    def __init__(self, budget: Budget) -> None:
        self.size = 0
        self._budget = budget

    def grow(self, size: int) -> None:
        """Take `size` bytes more; OverloadedError when other requests leave no room for them.

        A request that is alone gets what it needs: its own limit bounds it.
        """
        alone = self._budget.taken == self.size
        if not alone and self._budget.taken + size > self._budget.limit:
            raise self._budget.refusal(size)
        self.size += size
        self._budget.taken += size
