"""How far an evaluation is."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from spanlake.evaluation.models.spending import Spending


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far it is. total: None for not known. done counts those that were done before, too.

    rate: rows a second. eta: seconds that are left, None for not known. errors: rows whose app, or
    any of whose scorers, failed. cost_usd: of judges; saved_usd: what cached replies saved.
    """

    done: int
    total: int | None
    errors: int
    rate: float
    eta: float | None
    cost_usd: float
    saved_usd: float


Tell = Callable[[Progress], None]


@dataclass(slots=True)
class Meter:
    """Counts, and tells not more often than is worth looking at."""

    tell: Tell | None
    total: int | None
    spending: Callable[[], Spending]
    interval: float = 0.2
    done: int = 0
    resumed: int = 0
    errors: int = 0
    _began: float = field(default_factory=time.monotonic)
    _told: float = 0.0

    def skip(self, rows: int = 1) -> None:
        """So many rows were done before."""
        self.done += rows
        self.resumed += rows

    def finish(self, *, is_error: bool) -> None:
        """A row is done."""
        self.done += 1
        self.errors += is_error
        now = time.monotonic()
        if self.tell is not None and now - self._told >= self.interval:
            self._told = now
            self.tell(self.progress())

    def end(self) -> None:
        """Tell the last of it."""
        if self.tell is not None:
            self.tell(self.progress())

    def progress(self) -> Progress:
        """How far it is now."""
        seconds = max(time.monotonic() - self._began, 1e-9)
        rate = (self.done - self.resumed) / seconds
        left = None if self.total is None else self.total - self.done
        spending = self.spending()
        return Progress(
            done=self.done,
            total=self.total,
            errors=self.errors,
            rate=rate,
            eta=left / rate if left is not None and rate > 0 else None,
            cost_usd=spending.cost_usd,
            saved_usd=spending.saved_usd,
        )
