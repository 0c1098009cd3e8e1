"""Batches of targets scored on a Ray cluster: an actor a processor, each with calls of its own.

The process that was started reads the lake, sends batches, and stores every verdict as it comes, so
that nothing but calls in flight is lost with it. A worker that dies is replaced, and what it had
not answered is sent again.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from spanlake import log
from spanlake.errors import UserError
from spanlake.evaluation.harness.event_loop import first_error
from spanlake.evaluation.harness.progress import Meter
from spanlake.evaluation.harness.row import EvaluationRow
from spanlake.evaluation.models.errors import ModelSetupError
from spanlake.evaluation.models.port import ModelPort
from spanlake.evaluation.scorers.scorer import Scorer
from spanlake.evaluation.scoring.batch import Batch, Outcome, score_batch
from spanlake.evaluation.scoring.rows import Targets
from spanlake.semconv.custom_prices import CustomPrice
from spanlake.semconv.price_book import PriceBook
from spanlake.storage.runs.results import RunResult
from spanlake.storage.runs.store import RunStore

# A batch ends with few calls under way, so it has many times as many targets as calls at once.
_ROUNDS = 20
_DEATHS = 3
"""How often in turn a worker may die without a verdict before it is somebody's fault."""

_log = log.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """How a worker scores. concurrency: calls at once. budget_usd: its part of the run's."""

    prices: Sequence[CustomPrice]
    concurrency: int
    budget_usd: float | None


class Worker:
    """Scores batches in a process of the cluster; a Ray actor."""

    def __init__(self, scorers: Sequence[Scorer], settings: WorkerSettings) -> None:
        self._scorers = scorers
        self._settings = settings
        book = PriceBook(list(settings.prices))
        self._port = ModelPort(prices=book, budget_usd=settings.budget_usd)

    async def score(self, batch: Batch) -> AsyncIterator[Outcome]:
        """Score a batch; each verdict is on its way as soon as it is there."""
        concurrency = self._settings.concurrency
        async for outcome in score_batch(batch, self._scorers, self._port, concurrency):
            yield outcome


def join_cluster() -> Any:  # noqa: ANN401  # the module of Ray, an extra
    """Connect to the running cluster. UserError if Ray or a cluster is not there."""
    try:
        ray = import_module("ray")
    except ImportError as error:
        raise UserError(
            f"the engine ray needs Ray installed, and importing it fails: {error}; "
            "pip install 'spanlake[ray]'"
        ) from error
    if not ray.is_initialized():
        try:
            ray.init(address="auto", log_to_driver=False, logging_level="WARNING")
        except ConnectionError as error:
            raise UserError(
                "the engine ray needs a running cluster, and there is none: `ray start --head` "
                "begins one here, RAY_ADDRESS names one elsewhere"
            ) from error
    return ray


@dataclass(slots=True, kw_only=True)
class RayEngine:
    """Scores the targets of one run on the cluster that `join_cluster` found."""

    ray: Any
    store: RunStore
    meter: Meter
    scorers: Sequence[Scorer]
    prices: Sequence[CustomPrice]
    concurrency: int
    budget_usd: float | None
    _stop: Exception | None = field(default=None, init=False)

    async def run(self, run_id: str, targets: Targets) -> None:
        """Score what is missing. Raises what storing raises, BudgetSpent, and ModelSetupError."""
        if not targets.missing:
            return
        size = _ROUNDS * self.concurrency
        batches = _Batches(run_id, targets.rows(), targets.missing, size)
        workers = max(1, int(self.ray.cluster_resources().get("CPU", 1)))
        workers = min(workers, -(-len(targets.missing) // size))
        settings = WorkerSettings(
            prices=self.prices,
            concurrency=self.concurrency,
            budget_usd=None if self.budget_usd is None else self.budget_usd / workers,
        )
        _send_with_code(self.ray)
        packed = self.ray.put(list(self.scorers))
        # A fraction of a processor: whoever shares the cluster with us is not locked out.
        remote = self.ray.remote(num_cpus=0.2, scheduling_strategy="SPREAD")(Worker)
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(workers):
                    tasks.create_task(self._feed(lambda: remote.remote(packed, settings), batches))
        except BaseExceptionGroup as group:
            raise first_error(group) from None
        self.meter.end()
        if self._stop is not None:
            raise self._stop

    async def _feed(self, start: Callable[[], Any], batches: "_Batches") -> None:
        """Give one worker batches until there are none, and a new worker the rest of a dead one."""
        worker, deaths = start(), 0
        try:
            while self._stop is None and (batch := await batches.next()) is not None:
                left = dict(batch.missing)
                try:
                    await self._take(worker.score.remote(batch), left)
                except self.ray.exceptions.RayActorError as error:
                    deaths = 0 if left != batch.missing else deaths + 1
                    if deaths == _DEATHS:
                        raise UserError(
                            f"a worker of the cluster died {deaths} times without a verdict: "
                            f"{error}; workers need Spanlake, and what the scorers import"
                        ) from error
                    _log.warning("scoring.worker_died", error=str(error), targets=len(left))
                    rows = tuple(row for row in batch.rows if row.record_id in left)
                    batches.give_back(Batch(batch.run_id, rows, left))
                    worker = start()
        finally:
            self.ray.kill(worker)

    async def _take(self, outcomes: Any, left: dict[str, frozenset[str]]) -> None:  # noqa: ANN401  # Ray's
        """Store what a worker says, and note who is still to be judged by whom."""
        failed: set[str] = set()
        async for reference in outcomes:
            outcome: Outcome = await reference
            match outcome:
                case bytes():
                    self.store.add_spans(outcome)
                case tuple():
                    self.store.add(outcome)
                    self._note(outcome, left, failed)
                case ModelSetupError():
                    self._stop = ModelSetupError(f"on a worker {outcome}")
                case _:
                    self._stop = outcome

    def _note(
        self, verdicts: Sequence[RunResult], left: dict[str, frozenset[str]], failed: set[str]
    ) -> None:
        target, digest = verdicts[0].record_id, verdicts[0].scorer_digest
        if any(each.error_code is not None for each in verdicts):
            failed.add(target)
        left[target] -= {str(digest)}
        if not left[target]:
            del left[target]
            self.meter.finish(is_error=target in failed)


class _Batches:
    """Cuts rows into batches as they are asked for, so that few are in memory."""

    def __init__(
        self,
        run_id: str,
        rows: Iterator[EvaluationRow],
        missing: dict[str, frozenset[str]],
        size: int,
    ) -> None:
        self._run_id, self._rows, self._missing, self._size = run_id, rows, missing, size
        self._returned: list[Batch] = []
        self._reading = asyncio.Lock()

    async def next(self) -> Batch | None:
        """The next one; None when there is nothing left."""
        if self._returned:
            return self._returned.pop()
        async with self._reading:
            rows = tuple(await asyncio.to_thread(lambda: list(islice(self._rows, self._size))))
        if not rows:
            return None
        missing = {row.record_id: self._missing[row.record_id] for row in rows}
        return Batch(self._run_id, rows, missing)

    def give_back(self, batch: Batch) -> None:
        """What has to be done again."""
        self._returned.append(batch)


def _send_with_code(ray: Any) -> None:  # noqa: ANN401  # the module of Ray
    """Have scorers of the working directory travel with their code: workers have no copy of it."""
    here = Path.cwd()
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        name = module.__name__.partition(".")[0]
        if file is None or name in ("spanlake", "__main__") or "site-packages" in file:
            continue
        if Path(file).is_relative_to(here):
            ray.cloudpickle.register_pickle_by_value(module)
