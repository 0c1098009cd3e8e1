"""`spanlake.score`: stored traces and sessions scored in batches, each once."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from spanlake.errors import UserError
from spanlake.evaluation.harness.data import trace_row
from spanlake.evaluation.harness.engine import BudgetSpent, Engine, Work, session_row
from spanlake.evaluation.harness.event_loop import run_to_end
from spanlake.evaluation.harness.options import read_scorers
from spanlake.evaluation.harness.place import Place
from spanlake.evaluation.harness.progress import Meter, Tell
from spanlake.evaluation.harness.row import ContentDigests, EvaluationData, EvaluationRow
from spanlake.evaluation.harness.set_scoring import is_of_sessions, score_set
from spanlake.evaluation.harness.spans import collect
from spanlake.evaluation.harness.trace_loader import TraceLoader
from spanlake.evaluation.models.port import ModelPort, use_port
from spanlake.evaluation.scorers.scorer import Scorer
from spanlake.evaluation.scorers.sql import SqlScorer
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
    Lacking,
    LedgerScorer,
    LedgerTarget,
    Sought,
    TargetFilter,
    choose_targets,
    lacking,
    lacking_table,
    past_cost,
)
from spanlake.storage.runs.reading import Done
from spanlake.storage.runs.store import RunStore
from spanlake.storage.trace_reader.reader import load_sessions, load_traces

# One at a time: two would score the same. What one that died has left is found under this name.
_JOURNAL = "scoring"
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorerPlan:
    """What a scorer would have to do. targets: how many lack its verdict.

    cost_usd: what they are likely to cost, by what its verdicts have cost; None if nobody knows.
    """

    scorer: str
    digest: str
    targets: int
    cost_usd: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreResult:
    """What was scored, or, of a dry run, would be. run_id: None where nothing was.

    scored: verdicts by scorer; errors: those of them that failed.
    """

    run_id: str | None
    plan: tuple[ScorerPlan, ...]
    state: str = "planned"
    scored: dict[str, int] = field(default_factory=dict)
    errors: int = 0
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreOptions:
    """Which targets, and how; see `score`."""

    where: str | None = None
    since: datetime | None = None
    sample: float = 1.0
    limit: int | None = None
    trace_ids: tuple[str, ...] | None = None
    retry_errors: bool = False
    include_evaluations: bool = False
    concurrency: int = 10
    budget_usd: float | None = None
    cache: bool = True
    name: str | None = None
    dry_run: bool = False
    progress: Tell | None = None

    def __post_init__(self) -> None:
        if not 0 < self.sample <= 1:
            raise UserError(f"sample is {self.sample}: must be above 0 and at most 1, such as 0.1")
        if self.concurrency < 1:
            raise UserError(f"concurrency is {self.concurrency}: must be 1 or more")
        if self.limit is not None and self.limit < 1:
            raise UserError(f"limit is {self.limit}: must be 1 or more")


def score(  # noqa: PLR0913  # all that can be said of it, by name
    scorers: Sequence[Scorer | Callable[..., Any] | str],
    *,
    where: str | None = None,
    since: datetime | None = None,
    sample: float = 1.0,
    limit: int | None = None,
    trace_ids: Sequence[str] | None = None,
    retry_errors: bool = False,
    include_evaluations: bool = False,
    concurrency: int = 10,
    budget_usd: float | None = None,
    cache: bool = True,
    name: str | None = None,
    dry_run: bool = False,
    progress: Tell | None = None,
    lake: str | Path | None = None,
) -> ScoreResult:
    """Score the stored traces, or sessions, that lack a verdict of these scorers.

    A verdict counts for the content of its target and the version of its scorer: asked again,
    nothing is scored twice; a trace that grew, or a scorer that changed, is. Verdicts are
    assessments, and rows of `ledger`.

    where: an SQL condition on the columns of `traces`. since: started then or later. sample: the
    share to score, the same traces every time. limit: how many at most, the oldest. trace_ids:
    only these. retry_errors: score what failed again. include_evaluations: traces of evaluations,
    too. concurrency: calls of scorers at once. budget_usd: what judges may spend. dry_run: only
    say how many calls it would be. Raises UserError, and NotFoundError for an unknown scorer.
    """
    options = ScoreOptions(
        where=where,
        since=since,
        sample=sample,
        limit=limit,
        trace_ids=None if trace_ids is None else tuple(trace_ids),
        retry_errors=retry_errors,
        include_evaluations=include_evaluations,
        concurrency=concurrency,
        budget_usd=budget_usd,
        cache=cache,
        name=name,
        dry_run=dry_run,
        progress=progress,
    )
    return score_with(scorers, options, lake=lake)


def score_with(
    scorers: Sequence[Scorer | Callable[..., Any] | str],
    options: ScoreOptions,
    *,
    lake: str | Path | None = None,
) -> ScoreResult:
    """The same with its options as one value."""
    chosen = read_scorers(scorers)
    if not chosen:
        raise UserError("scorers is empty: must have one at least")
    place = Place.of(lake)
    with place.open_catalog() as catalog, place.open_lake() as opened:
        scoring = _Scoring(place, catalog, opened, chosen, options)
        if options.dry_run:
            return ScoreResult(run_id=None, plan=scoring.plan())
        return run_to_end(scoring.run)


@dataclass(slots=True)
class _Scoring:
    """One pass over what is stored."""

    place: Place
    catalog: Catalog
    lake: Lake
    scorers: list[Scorer]
    options: ScoreOptions

    def plan(self) -> tuple[ScorerPlan, ...]:
        """What each scorer lacks, without asking any."""
        known = [self._known(each) for each in self.scorers]
        with_sessions = any(each.target == "session" for each in known)
        choose_targets(self.lake, self._filter, with_sessions=with_sessions)
        return tuple(map(self._plan_of, self.scorers, known))

    def _plan_of(self, scorer: Scorer, known: LedgerScorer) -> ScorerPlan:
        targets = len(lacking_table(self.lake, known, self._sought))
        past = past_cost(self.lake, known)
        cost = None if past.cost_usd is None else past.cost_usd * targets
        return ScorerPlan(scorer=scorer.name, digest=scorer.digest, targets=targets, cost_usd=cost)

    async def run(self) -> ScoreResult:
        book = PriceBook(list_prices(self.catalog))
        normaliser = Normaliser(load_dialects(), prices=True, book=lambda: book)
        with RunStore(self.lake.layout, _JOURNAL, normaliser) as store:
            # First what one that died has paid for: that is not to be scored again.
            store.recover(self.lake)
            plan = self.plan()
            if not any(each.targets for each in plan):
                return ScoreResult(run_id=None, plan=plan, state="finished")
            self._end_dead_runs()
            run = self._begin(plan)
            replies = ReplyCache(self.place.root) if self.options.cache else None
            port = ModelPort(store=replies, prices=book, budget_usd=self.options.budget_usd)
            state: RunState = "finished"
            try:
                with use_port(port):
                    await self._score(run, store, port, sum(each.targets for each in plan))
            except BudgetSpent:
                state = "stopped"
            except (asyncio.CancelledError, KeyboardInterrupt):
                end_run(self.catalog, run.run_id, RunOutcome(state="stopped"))
                raise
            except BaseException as error:
                message = f"{type(error).__name__}: {error}"
                failed = RunOutcome(state="failed", error_message=message)
                end_run(self.catalog, run.run_id, failed)
                raise
            finally:
                await port.aclose()
                if replies is not None:
                    replies.close()
            store.commit()
        return self._ended(run, plan, state)

    async def _score(self, run: Run, store: RunStore, port: ModelPort, total: int) -> None:
        sets = [each for each in self.scorers if isinstance(each, SqlScorer)]
        singles = [each for each in self.scorers if not isinstance(each, SqlScorer)]
        for scorer in sets:
            rows = await asyncio.to_thread(
                score_set, self.lake, scorer, self._known(scorer), self._sought, run.run_id
            )
            await asyncio.to_thread(store.add_table, rows)
        spans = collect(run.run_id)
        meter = Meter(self.options.progress, total, lambda: port.spending)
        try:
            for level in (False, True):
                asked = [each for each in singles if each.is_session_level is level]
                if asked:
                    work = self._work(run, asked)
                    # What it wants of the lake is loaded with the rows.
                    await Engine(work, store, spans, TraceLoader(lambda _: {}), meter).run()
        finally:
            spans.close()

    def _work(self, run: Run, scorers: Sequence[Scorer]) -> Work:
        found = lacking(self.lake, [self._known(each) for each in scorers], self._sought)
        everything = {each.digest for each in scorers}
        verdicts = {(each.target_id, 0): everything - set(each.missing) for each in found}
        is_session = scorers[0].is_session_level
        load = self._session_rows if is_session else self._trace_rows
        return Work(
            run_id=run.run_id,
            data=EvaluationData(rows=lambda: load(found), count=len(found), has_answers=True),
            predictor=None,
            scorers=scorers,
            scorer_concurrency=self.options.concurrency,
            keeps_rows=False,
            done=Done(frozenset(), verdicts),
            stored_rows=lambda _: {},
            load_sessions=lambda _: [],
        )

    def _trace_rows(self, found: Sequence[Lacking]) -> Iterator[EvaluationRow]:
        content = _contents(found)
        ids = iter(each.target_id for each in found)
        position = 0
        while batch := list(islice(ids, _BATCH)):
            for trace in load_traces(self.lake, batch):
                yield trace_row(trace, position, content[trace.trace_id])
                position += 1

    def _session_rows(self, found: Sequence[Lacking]) -> Iterator[EvaluationRow]:
        content = _contents(found)
        ids = iter(each.target_id for each in found)
        position = 0
        while batch := list(islice(ids, _BATCH)):
            for session in load_sessions(self.lake, batch):
                yield session_row(session, position, content[session.session_id])
                position += 1

    def _end_dead_runs(self) -> None:
        """Whoever holds the journal is alone: a run that still says so has died."""
        for run in list_runs(self.catalog, kind="scoring"):
            if run.state == "running":
                end_run(self.catalog, run.run_id, RunOutcome(state="stopped"))

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
                },
                scorers=tuple(RunScorer(each.name, each.digest) for each in self.scorers),
                row_count=sum(each.targets for each in plan),
            ),
        )

    def _ended(self, run: Run, plan: tuple[ScorerPlan, ...], state: RunState) -> ScoreResult:
        rows = self.lake.sql(
            "SELECT scorer_name, count(*), count(error_code), sum(judge_cost_usd),"
            " avg(coalesce(value_double, value_bool::DOUBLE)) FROM lake.run_results"
            " WHERE run_id = $run_id AND kind = 'verdict' GROUP BY scorer_name ORDER BY 1",
            {"run_id": run.run_id},
        ).fetchall()
        errors = sum(failed for _, _, failed, _, _ in rows)
        costs = [cost for _, _, _, cost, _ in rows if cost is not None]
        cost = sum(costs) if costs else None
        scored = {name: count for name, count, _, _, _ in rows}
        outcome = RunOutcome(
            state=state,
            metrics={f"{name}/mean": mean for name, _, _, _, mean in rows if mean is not None},
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


def _contents(found: Sequence[Lacking]) -> dict[str, ContentDigests]:
    return {
        each.target_id: ContentDigests(each.content_digest, each.expected_digest) for each in found
    }
