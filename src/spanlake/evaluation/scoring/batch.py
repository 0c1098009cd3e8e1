"""A batch of targets scored by itself: what comes in is all that it needs, in any process.

So an engine may send it wherever there is a Python with Spanlake and the scorers' modules.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

from spanlake.evaluation.harness.engine import BudgetSpent, Engine
from spanlake.evaluation.harness.progress import Meter
from spanlake.evaluation.harness.row import EvaluationRow
from spanlake.evaluation.harness.spans import collect
from spanlake.evaluation.harness.trace_loader import TraceLoader
from spanlake.evaluation.models.errors import ModelSetupError
from spanlake.evaluation.models.port import ModelPort, use_port
from spanlake.evaluation.scorers.scorer import Scorer
from spanlake.evaluation.scoring.rows import Targets
from spanlake.storage.runs.results import RunResult

Outcome = tuple[RunResult, ...] | bytes | BudgetSpent | ModelSetupError
"""Verdicts that a scorer gave at once, an export request of spans, or why no more are asked."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Targets with what scorers may ask for. missing: digests of who has not judged, by id."""

    run_id: str
    rows: tuple[EvaluationRow, ...]
    missing: dict[str, frozenset[str]]


async def score_batch(
    batch: Batch, scorers: Sequence[Scorer], port: ModelPort, concurrency: int
) -> AsyncIterator[Outcome]:
    """Score a batch; each verdict comes out as soon as it is there.

    concurrency: calls of scorers at once. port: of the models that judges ask.
    """
    outcomes = _Outcomes()
    spans = collect(batch.run_id)
    targets = Targets(lambda: iter(batch.rows), batch.missing)
    work = targets.work(batch.run_id, scorers, concurrency)
    meter = Meter(None, len(batch.rows), lambda: port.spending)
    engine = Engine(work, outcomes, spans, TraceLoader(lambda _: {}), meter)
    with use_port(port):
        task = asyncio.create_task(engine.run())
    task.add_done_callback(lambda _: outcomes.queue.put_nowait(None))
    try:
        while (outcome := await outcomes.queue.get()) is not None:
            yield outcome
        try:
            await task
        except (BudgetSpent, ModelSetupError) as stop:
            yield stop
    finally:
        task.cancel()
        spans.close()


class _Outcomes:
    """What the engine has put, in its order; None is the end."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Outcome | None] = asyncio.Queue()

    def add(self, results: Iterable[RunResult]) -> None:
        """Pass on verdicts."""
        self.queue.put_nowait(tuple(results))

    def add_spans(self, request: bytes) -> None:
        """Pass on spans."""
        self.queue.put_nowait(request)
