"""One pass over what is stored: plan, engine, outcome."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from spanlake.evaluation.harness.checks import check_scorers
from spanlake.evaluation.harness.engine import BudgetSpent, Engine
from spanlake.evaluation.harness.place import Place
from spanlake.evaluation.harness.progress import Meter
from spanlake.evaluation.harness.spans import collect
from spanlake.evaluation.harness.trace_loader import TraceLoader
from spanlake.evaluation.models.errors import ModelSetupError
from spanlake.evaluation.models.port import ModelPort, use_port
from spanlake.evaluation.models.spending import Spending
from spanlake.evaluation.scorers.scorer import Scorer
from spanlake.evaluation.scorers.sql import SqlScorer
from spanlake.evaluation.scoring.options import ScoreOptions, ScoreResult, ScorerPlan
from spanlake.evaluation.scoring.ray_engine import RayEngine
from spanlake.evaluation.scoring.rows import Targets, stored_targets
from spanlake.evaluation.scoring.sets import is_of_sessions, score_set
from spanlake.semconv.normalise import Normaliser
from spanlake.semconv.price_book import PriceBook
from spanlake.semconv.tables import load_dialects
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.prices import list_prices
from spanlake.storage.catalog.runs import (
    Run,
    RunOutcome,
    RunPlan,
    RunScorer,
    RunState,
    begin_run,
    end_run,
    list_runs,
)
from spanlake.storage.lake import Lake
from spanlake.storage.reply_cache import ReplyCache
from spanlake.storage.runs.ledger import (
    LedgerScorer,
    LedgerTarget,
    Sought,
    TargetFilter,
    choose_targets,
    count_lacking,
    lacking,
    past_cost,
)
from spanlake.storage.runs.reading import scoring_sums
from spanlake.storage.runs.store import RunStore

# One at a time: two would score the same. What one that died has left is found under this name.
_JOURNAL = "scoring"


@dataclass(slots=True)
class Scoring:
    """One pass over what is stored. ray: the module of a cluster that is joined, or None."""

    place: Place
    catalog: Catalog
    lake: Lake
    scorers: list[Scorer]
    options: ScoreOptions
    ray: Any = None

    def plan(self) -> tuple[ScorerPlan, ...]:
        """What each scorer lacks, without asking any."""
        known = [self._known(each) for each in self.scorers]
        with_sessions = any(each.target == "session" for each in known)
        choose_targets(self.lake, self._filter, with_sessions=with_sessions)
        return tuple(map(self._plan_of, self.scorers, known))

    def _plan_of(self, scorer: Scorer, known: LedgerScorer) -> ScorerPlan:
        targets = count_lacking(self.lake, known, self._sought)
        past = past_cost(self.lake, known)
        cost = None if past.cost_usd is None else past.cost_usd * targets
        return ScorerPlan(scorer=scorer.name, digest=scorer.digest, targets=targets, cost_usd=cost)

    async def run(self) -> ScoreResult:
        """Score what is lacking. Raises what storing raises; the run is then failed or stopped."""
        book = PriceBook(list_prices(self.catalog))
        normaliser = Normaliser(load_dialects(), prices=True, book=lambda: book)
        with RunStore(self.lake.layout, _JOURNAL, normaliser) as store:
            # First what one that died has paid for: that is not to be scored again.
            store.recover(self.lake)
            plan = self.plan()
            if not any(each.targets for each in plan):
                return ScoreResult(run_id=None, plan=plan, state="finished")
            await asyncio.to_thread(
                check_scorers, self.scorers, self.catalog, self.options.budget_usd
            )
            self._end_dead_runs()
            run = self._begin(plan)
            state: RunState = "finished"
            try:
                await self._score(run, store, book)
            except BudgetSpent:
                state = "stopped"
            except ModelSetupError as error:
                self._end(run, "stopped", reason=str(error))
                raise ModelSetupError(f"{error}; the same command goes on") from error
            except (asyncio.CancelledError, KeyboardInterrupt):
                self._end(run, "stopped")
                raise
            except BaseException as error:
                self._end(run, "failed", error_message=f"{type(error).__name__}: {error}")
                raise
            store.commit()
        return self._ended(run, plan, state)

    async def _score(self, run: Run, store: RunStore, book: PriceBook) -> None:
        for scorer in self.scorers:
            if isinstance(scorer, SqlScorer):
                known = self._known(scorer)
                rows = await asyncio.to_thread(
                    score_set, self.lake, scorer, known, self._sought, run.run_id
                )
                await asyncio.to_thread(store.add_table, rows)
        asked = [each for each in self.scorers if not isinstance(each, SqlScorer)]
        levels = [
            [each for each in asked if each.is_session_level is are_sessions]
            for are_sessions in (False, True)
        ]
        levels = [each for each in levels if each]
        if self.ray is not None:
            for scorers in levels:
                await self._score_on_ray(run, store, scorers, share=len(levels))
        elif levels:
            await self._score_here(run, store, book, levels)

    async def _score_here(
        self, run: Run, store: RunStore, book: PriceBook, levels: Sequence[Sequence[Scorer]]
    ) -> None:
        options = self.options
        replies = ReplyCache(self.place.root) if options.cache else None
        port = ModelPort(store=replies, prices=book, budget_usd=options.budget_usd)
        spans = collect(run.run_id)
        try:
            with use_port(port):
                for scorers in levels:
                    targets = self._targets(scorers)
                    meter = Meter(options.progress, len(targets.missing), lambda: port.spending)
                    work = targets.work(run.run_id, scorers, options.concurrency)
                    # What it wants of the lake is loaded with the rows.
                    await Engine(work, store, spans, TraceLoader(lambda _: {}), meter).run()
        finally:
            spans.close()
            await port.aclose()
            if replies is not None:
                replies.close()

    async def _score_on_ray(
        self, run: Run, store: RunStore, scorers: Sequence[Scorer], *, share: int
    ) -> None:
        options, targets = self.options, self._targets(scorers)
        engine = RayEngine(
            ray=self.ray,
            store=store,
            meter=Meter(options.progress, len(targets.missing), Spending),
            scorers=scorers,
            prices=list_prices(self.catalog),
            concurrency=options.concurrency,
            budget_usd=None if options.budget_usd is None else options.budget_usd / share,
        )
        await engine.run(run.run_id, targets)

    def _targets(self, scorers: Sequence[Scorer]) -> Targets:
        """What these scorers, which are of one level, lack."""
        found = lacking(self.lake, [self._known(each) for each in scorers], self._sought)
        return stored_targets(self.lake, found, are_sessions=scorers[0].is_session_level)

    def _end_dead_runs(self) -> None:
        """Whoever holds the journal is alone: a run that still says so has died."""
        for run in list_runs(self.catalog, kind="scoring"):
            if run.state == "running":
                self._end(run, "stopped")

    def _begin(self, plan: Sequence[ScorerPlan]) -> Run:
        options = self.options
        return begin_run(
            self.catalog,
            RunPlan(
                name=options.name,
                kind="scoring",
                params={
                    "where": options.where,
                    "since": None if options.since is None else options.since.isoformat(),
                    "sample": options.sample,
                    "limit": options.limit,
                    "trace_ids": None if options.trace_ids is None else len(options.trace_ids),
                    "session_scorers": [
                        each.name for each in self.scorers if self._known(each).target == "session"
                    ],
                    "engine": options.engine,
                },
                scorers=tuple(RunScorer(each.name, each.digest) for each in self.scorers),
                row_count=sum(each.targets for each in plan),
            ),
        )

    def _end(
        self,
        run: Run,
        state: RunState,
        *,
        reason: str | None = None,
        error_message: str | None = None,
    ) -> None:
        outcome = RunOutcome(state=state, reason=reason, error_message=error_message)
        end_run(self.catalog, run.run_id, outcome)

    def _ended(self, run: Run, plan: tuple[ScorerPlan, ...], state: RunState) -> ScoreResult:
        sums = scoring_sums(self.lake, run.run_id)
        errors = sum(each.errors for each in sums)
        costs = [each.cost_usd for each in sums if each.cost_usd is not None]
        cost = sum(costs) if costs else None
        scored = {each.scorer: each.verdicts for each in sums}
        outcome = RunOutcome(
            state=state,
            metrics={f"{each.scorer}/mean": each.mean for each in sums if each.mean is not None},
            reason="the budget is spent" if state == "stopped" else None,
            done_count=sum(scored.values()),
            error_count=errors,
            cost_usd=cost,
        )
        end_run(self.catalog, run.run_id, outcome)
        return ScoreResult(
            run_id=run.run_id,
            plan=plan,
            state=state,
            scored=scored,
            errors=errors,
            unanswered=sum(each.unanswered for each in sums),
            cost_usd=cost,
        )

    def _known(self, scorer: Scorer) -> LedgerScorer:
        of_sessions = scorer.is_session_level
        if isinstance(scorer, SqlScorer):
            of_sessions = is_of_sessions(self.lake, scorer)
        target: LedgerTarget = "session" if of_sessions else "trace"
        return LedgerScorer(scorer.name, scorer.digest, target, "expectations" in scorer.wants)

    @property
    def _filter(self) -> TargetFilter:
        return TargetFilter(
            where=self.options.where,
            since=self.options.since,
            trace_ids=self.options.trace_ids,
            of_evaluations=self.options.include_evaluations,
        )

    @property
    def _sought(self) -> Sought:
        return Sought(self.options.sample, self.options.limit, self.options.retry_errors)
