"""One evaluation: from the first row of a run to what it comes to."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from spanlake.entities import Session, Trace
from spanlake.evaluation.harness.engine import BudgetSpent, Engine, Work
from spanlake.evaluation.harness.options import RunOptions
from spanlake.evaluation.harness.outcome import (
    run_metrics,
    run_sums,
    verdict_by_criteria,
    verdict_by_passes,
)
from spanlake.evaluation.harness.place import LateLake, Place
from spanlake.evaluation.harness.prediction import Predictor
from spanlake.evaluation.harness.progress import Meter
from spanlake.evaluation.harness.row import EvaluationData
from spanlake.evaluation.harness.spans import RunSpans, collect
from spanlake.evaluation.harness.trace_loader import TraceLoader
from spanlake.evaluation.models.errors import ModelSetupError
from spanlake.evaluation.models.port import ModelPort, use_port
from spanlake.evaluation.result import EvaluationResult
from spanlake.evaluation.scorers.scorer import Scorer
from spanlake.evaluation.scorers.sql import SqlScorer
from spanlake.evaluation.scoring.sets import score_run
from spanlake.semconv.normalise import Normaliser
from spanlake.semconv.price_book import PriceBook
from spanlake.semconv.tables import load_dialects
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.prices import list_prices
from spanlake.storage.catalog.runs import Run, RunOutcome, RunState, end_run
from spanlake.storage.lake import Lake
from spanlake.storage.layout import Layout
from spanlake.storage.reply_cache import ReplyCache
from spanlake.storage.runs.reading import (
    Done,
    StoredRow,
    record_pages,
    rows_by_key,
    what_is_done,
)
from spanlake.storage.runs.store import RunStore
from spanlake.storage.trace_reader.reader import load_sessions, load_traces


@dataclass(slots=True)
class Evaluation:
    """One run, from its first row to its outcome."""

    place: Place
    catalog: Catalog
    run_: Run
    data: EvaluationData
    predict_fn: Callable[..., Any] | None
    scorers: list[Scorer]
    options: RunOptions

    async def run(self) -> EvaluationResult:
        """Do what is not done. Raises what storing raises; the run is then failed or stopped."""
        state: RunState = "finished"
        run_id = self.run_.run_id
        book = PriceBook(list_prices(self.catalog))
        normaliser = Normaliser(load_dialects(), prices=True, book=lambda: book)
        lake = LateLake(self.place)
        replies = ReplyCache(self.place.root) if self.options.cache else None
        port = ModelPort(store=replies, prices=book, budget_usd=self.options.budget_usd)
        spans = collect(run_id)
        try:
            with RunStore(Layout(self.place.root.absolute()), run_id, normaliser) as store:
                if self._goes_on:
                    store.recover(lake.get())
                with use_port(port):
                    try:
                        await self._engine(lake, store, spans, port).run()
                        await asyncio.to_thread(self._score_sets, lake, store)
                    except BudgetSpent:
                        state = "stopped"
                    finally:
                        await port.aclose()
            return self._ended(lake.get(), state)
        except ModelSetupError as error:
            end_run(self.catalog, run_id, RunOutcome(state="stopped", reason=str(error)))
            raise ModelSetupError(f"{error}; run_id={run_id} goes on with the run") from error
        except (asyncio.CancelledError, KeyboardInterrupt):
            end_run(self.catalog, run_id, RunOutcome(state="stopped"))
            raise
        except BaseException as error:
            failed = RunOutcome(state="failed", error_message=f"{type(error).__name__}: {error}")
            end_run(self.catalog, run_id, failed)
            raise
        finally:
            spans.close()
            lake.close()
            if replies is not None:
                replies.close()

    def _engine(self, lake: LateLake, store: RunStore, spans: RunSpans, port: ModelPort) -> Engine:
        """The engine with what it needs of the lake, which is for one thread at a time."""
        reading = threading.Lock()
        run_id = self.run_.run_id

        def load(trace_ids: Sequence[str]) -> dict[str, Trace]:
            store.commit()
            with reading:
                return {each.trace_id: each for each in load_traces(lake.get(), trace_ids)}

        def stored_rows(record_ids: list[str]) -> dict[tuple[str, int], StoredRow]:
            with reading:
                return rows_by_key(lake.get(), run_id, record_ids)

        def sessions(session_ids: Sequence[str]) -> list[Session]:
            with reading:
                return load_sessions(lake.get(), session_ids)

        predictor = None
        if self.predict_fn is not None:
            predictor = Predictor(
                function=self.predict_fn,
                run_id=run_id,
                experiment=self.run_.experiment,
                app_version=self.options.app_version,
                timeout=self.options.predict_timeout,
            )
        scorers = [each for each in self.scorers if not isinstance(each, SqlScorer)]
        done = Done()
        if self._goes_on:
            of_rows = [each.digest for each in scorers if not each.is_session_level]
            done = what_is_done(lake.get(), run_id, of_rows, self._repetitions)
        work = Work(
            run_id=run_id,
            data=self.data,
            predictor=predictor,
            scorers=scorers,
            repetitions=self._repetitions,
            concurrency=self.options.concurrency,
            scorer_concurrency=self.options.scorer_concurrency,
            experiment=self.run_.experiment,
            done=done,
            stored_rows=stored_rows,
            load_sessions=sessions,
        )
        total = None if self.data.count is None else self.data.count * self._repetitions
        meter = Meter(self.options.progress, total, lambda: port.spending)
        return Engine(work, store, spans, TraceLoader(load), meter)

    def _score_sets(self, lake: LateLake, store: RunStore) -> None:
        """Ask the scorers that are a SELECT, now that the traces of all rows are in the lake."""
        for scorer in self.scorers:
            if isinstance(scorer, SqlScorer):
                store.commit()
                store.add_table(score_run(lake.get(), scorer, self.run_.run_id))

    @property
    def _goes_on(self) -> bool:
        """Whether it may have results."""
        return self.options.run_id is not None

    @property
    def _repetitions(self) -> int:
        """A run that goes on has as many as it was to have."""
        planned: int = self.run_.params.get("repetitions", 1)
        return max(self.options.repetitions, planned)

    @property
    def _most_results(self) -> int:
        """About how many results it has, where that is known."""
        return (self.data.count or 0) * self._repetitions * (1 + len(self.scorers))

    def _ended(self, lake: Lake, state: RunState) -> EvaluationResult:
        run_id = self.run_.run_id
        pages = record_pages(lake, run_id, self._most_results)
        metrics = run_metrics(lake, run_id, self.scorers, pages)
        sums = run_sums(lake, run_id, pages)
        criteria = self.options.quality_criteria or self.run_.quality_criteria
        if criteria is not None:
            passed, reason = verdict_by_criteria(criteria, metrics, self.scorers)
        else:
            passed, reason = verdict_by_passes(sums)
        if state == "stopped":
            passed, reason = False, f"the budget is spent; {reason}"
        outcome = RunOutcome(
            state=state,
            metrics=metrics,
            passed=passed,
            reason=reason,
            done_count=sums.rows,
            error_count=sums.errors,
            cost_usd=sums.cost_usd,
        )
        end_run(self.catalog, run_id, outcome)
        return EvaluationResult(
            run_id,
            metrics,
            passed,
            reason,
            state,
            sums.rows,
            sums.errors,
            sums.cost_usd,
            self.place.open_lake,
        )
