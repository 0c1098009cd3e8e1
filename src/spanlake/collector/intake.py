"""The one door behind both receivers: from a request's protobuf bytes to its receipt."""

import time
from collections.abc import Mapping

from spanlake.collector.budget import Budget
from spanlake.collector.commit import GroupCommit
from spanlake.collector.metrics import CollectorMetrics
from spanlake.collector.submission import Submission
from spanlake.entities import Receipt, Signal
from spanlake.errors import OverloadedError

_MAX_EXPERIMENT = 200


class Intake:
    """Takes requests of the signals that are switched on, and counts what becomes of them."""

    def __init__(
        self, commits: Mapping[Signal, GroupCommit], budget: Budget, metrics: CollectorMetrics
    ) -> None:
        self._commits = commits
        self.budget = budget
        self.metrics = metrics
        self.is_stopping = False

    @property
    def signals(self) -> list[Signal]:
        """The signals that are switched on."""
        return list(self._commits)

    async def store(
        self, signal: Signal, payload: bytes, experiment: str | None, *, only: str | None = None
    ) -> Receipt:
        """Return once the request is durable and visible; RequestError when it is not to be.

        experiment: what its header says. only: the experiment its sender may write to, if there is
        but one; items of others are rejected.
        """
        if self.is_stopping:
            raise OverloadedError("the server is stopping", retry_after=1.0)
        name = (experiment or "").strip()[:_MAX_EXPERIMENT] or None
        received = time.time_ns()
        submission = Submission.of(
            payload, experiment=only or name, only=only, received_ns=received
        )
        receipt = await self._commits[signal].store(submission)
        self.metrics.acknowledged(signal, receipt)
        return receipt

    async def drain(self) -> None:
        """Refuse what comes from now on, and return when all that came before is answered."""
        self.is_stopping = True
        for commit in self._commits.values():
            await commit.drain()
