"""The ledger: which stored traces and sessions a scorer has judged as they are now, and which not.

A verdict is known by its target, the digest of the target's content and the scorer's digest. So a
trace that gets more spans, and a scorer that changes, lack a verdict; everything else has it once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from string import Template
from typing import TYPE_CHECKING, Literal, NamedTuple

import duckdb

from spanlake.storage.lake import Lake
from spanlake.storage.query import query_errors
from spanlake.storage.sql_text import sql_text

if TYPE_CHECKING:
    import polars as pl

LedgerTarget = Literal["trace", "session"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFilter:
    """Which traces are to be scored.

    where: an SQL condition on the columns of `traces`. since: started then or later. trace_ids:
    only these. of_evaluations: those of evaluations and judges, too.
    """

    where: str | None = None
    since: datetime | None = None
    trace_ids: tuple[str, ...] | None = None
    of_evaluations: bool = False


class Sought(NamedTuple):
    """Which of the chosen targets.

    sample: the share, by a hash of the id, so that a smaller one is a part of a larger. limit: how
    many at most, the oldest. retry_errors: an error is no verdict.
    """

    sample: float = 1.0
    limit: int | None = None
    retry_errors: bool = False


class LedgerScorer(NamedTuple):
    """What the ledger knows of a scorer."""

    name: str
    digest: str
    target: LedgerTarget
    uses_expectations: bool


class Lacking(NamedTuple):
    """A target without a verdict of some scorers. missing: their digests."""

    target_id: str
    content_digest: str
    expected_digest: str
    missing: tuple[str, ...]


class PastCost(NamedTuple):
    """What a verdict of a scorer has cost so far, on average, and of how many that is known."""

    verdicts: int
    cost_usd: float | None


def choose_targets(lake: Lake, chosen: TargetFilter, *, with_sessions: bool) -> None:
    """Have the chosen traces, and their sessions, with digests of their content, at hand.

    What comes after in the same lake is about these. QueryError for a condition that is none.
    """
    columns = "trace_id, session_id, start_time, end_time, is_complete, experiment"
    with query_errors(lake, chosen.where or "", flag="--where" if chosen.where else None):
        matching = lake.sql("FROM traces")
        if chosen.where is not None:
            lake.make_views(chosen.where)
            matching = matching.filter(chosen.where)
        lake.sql("DROP TABLE IF EXISTS lake.matching_traces")
        matching.project(columns).create("lake.matching_traces")
        lake.sql(
            sql_text("runs/scored_traces"),
            {
                "since": chosen.since,
                "ids": None if chosen.trace_ids is None else list(chosen.trace_ids),
                "of_evaluations": chosen.of_evaluations,
            },
        )
        if with_sessions:
            lake.sql(sql_text("runs/scored_sessions"))


def lacking(lake: Lake, scorers: Sequence[LedgerScorer], sought: Sought) -> list[Lacking]:
    """The chosen targets that lack a verdict of any of these scorers, oldest first.

    All of the scorers have the same kind of target.
    """
    if not scorers:
        return []
    rows = _lacking(lake, scorers, sought).aggregate(
        "target_id, any_value(alone), any_value(expected_digest), list(scorer_digest),"
        " min(start_time) AS start_time",
        "target_id",
    )
    ordered = rows.order("start_time, target_id")
    if sought.limit is not None:
        ordered = ordered.limit(sought.limit)
    return [
        Lacking(target_id, content, expected, tuple(missing))
        for target_id, content, expected, missing, _ in ordered.iter_rows()
    ]


def count_lacking(lake: Lake, scorer: LedgerScorer, sought: Sought) -> int:
    """How many those are for one scorer."""
    ((count,),) = _lacking(lake, [scorer], sought).aggregate("count(*)").fetchall()
    return int(count) if sought.limit is None else min(int(count), sought.limit)


def lacking_table(lake: Lake, scorer: LedgerScorer, sought: Sought) -> "pl.DataFrame":
    """The same for one scorer, in the columns target_id, content_digest and assessment_id."""
    rows = _lacking(lake, [scorer], sought)
    if sought.limit is not None:
        rows = rows.order("start_time, target_id").limit(sought.limit)
    found: pl.DataFrame = rows.project(
        "target_id, content_digest, md5(concat(target_id, content_digest, scorer_digest))"
        " AS assessment_id"
    ).pl()
    return found


def past_cost(lake: Lake, scorer: LedgerScorer) -> PastCost:
    """What verdicts of this scorer, or of earlier versions of it, have cost."""
    ((count, cost),) = lake.rows(
        "SELECT count(judge_cost_usd), avg(judge_cost_usd) FROM lake.run_results"
        " WHERE kind = 'verdict' AND scorer_name = $name",
        {"name": scorer.name},
    )
    return PastCost(int(count), cost)


def _lacking(
    lake: Lake, scorers: Sequence[LedgerScorer], sought: Sought
) -> duckdb.DuckDBPyRelation:
    is_session = scorers[0].target == "session"
    query = Template(sql_text("runs/lacking")).safe_substitute(
        targets="lake.scored_sessions" if is_session else "lake.scored_traces",
        id="session_id" if is_session else "trace_id",
        types="('session')" if is_session else "('trace', 'span')",
    )
    return lake.sql(
        query,
        {
            "digests": [each.digest for each in scorers],
            "uses_expectations": [each.uses_expectations for each in scorers],
            "sample": sought.sample,
            "retry_errors": sought.retry_errors,
        },
    )
