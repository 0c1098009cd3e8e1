"""`spanlake.score`: stored traces and sessions scored in batches, each once."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from spanlake.errors import UserError
from spanlake.evaluation.harness.event_loop import run_to_end
from spanlake.evaluation.harness.options import read_scorers
from spanlake.evaluation.harness.place import Place
from spanlake.evaluation.harness.progress import Tell
from spanlake.evaluation.scorers.scorer import Scorer
from spanlake.evaluation.scoring.options import EngineName, ScoreOptions, ScoreResult
from spanlake.evaluation.scoring.ray_engine import join_cluster
from spanlake.evaluation.scoring.scoring import Scoring


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
    engine: EngineName = "asyncio",
    progress: Tell | None = None,
    lake: str | Path | None = None,
) -> ScoreResult:
    """Score the stored traces, or sessions, that lack a verdict of these scorers.

    A verdict counts for the content of its target and the version of its scorer: asked again,
    nothing is scored twice; a trace that grew, or a scorer that changed, is. Verdicts are
    assessments, and rows of `ledger`.

    where: an SQL condition on the columns of `traces`. since: started then or later. sample: the
    share to score, the same traces every time. limit: how many at most, the oldest. trace_ids:
    only these. retry_errors: score what failed again; what a model did not answer is asked for
    anyway. include_evaluations: traces of evaluations, too. concurrency: calls of scorers at once.
    budget_usd: what judges may spend. dry_run: only say how many calls it would be. engine: where
    scorers run, "asyncio" is here and "ray" a cluster. Raises UserError, and NotFoundError for an
    unknown scorer.
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
        engine=engine,
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
        scoring = Scoring(place, catalog, opened, chosen, options)
        if options.dry_run:
            return ScoreResult(run_id=None, plan=scoring.plan())
        if options.engine == "ray":
            scoring.ray = join_cluster()
        return run_to_end(scoring.run)
