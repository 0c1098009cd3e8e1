"""What a run comes to: its metrics, and whether it passes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from spanlake.entities import AssessmentError, Feedback
from spanlake.evaluation.scorers.aggregate import aggregate
from spanlake.evaluation.scorers.scorer import Scorer
from spanlake.evaluation.statistics.criteria import parse_criteria
from spanlake.evaluation.statistics.gate import check_criteria
from spanlake.storage.catalog.json_text import json_value
from spanlake.storage.lake import Lake


class Counts(NamedTuple):
    """How many rows have an answer or a failure, and how many of them failed."""

    rows: int
    errors: int


class Verdict(NamedTuple):
    """Whether a run passes, and why."""

    passed: bool
    reason: str


def run_metrics(lake: Lake, run_id: str, scorers: Sequence[Scorer]) -> dict[str, float]:
    """The metrics of all verdicts of these scorers, by <name>/<aggregation>."""
    metrics = [
        metric
        for scorer in scorers
        for metric in aggregate(scorer, _feedbacks(lake, run_id, scorer.digest))
    ]
    return {each.name: each.value for each in metrics if each.value is not None}


def _feedbacks(lake: Lake, run_id: str, digest: str) -> Iterator[Feedback]:
    """What a scorer said in a run, as far as metrics are made of it."""
    rows = lake.sql(
        "SELECT name, value::VARCHAR, error_code FROM run_results"
        " WHERE run_id = $run_id AND kind = 'verdict' AND scorer_digest = $digest",
        {"run_id": run_id, "digest": digest},
    )
    for name, value, error_code in rows.iter_rows():
        error = None if error_code is None else AssessmentError(error_code)
        yield Feedback(name=name, value=json_value(value), error=error)


def run_counts(lake: Lake, run_id: str) -> Counts:
    """Counts of the rows of a run."""
    ((rows, errors),) = lake.rows(
        "SELECT count(*), count(error_message) FROM run_results"
        " WHERE run_id = $run_id AND kind = 'row'",
        {"run_id": run_id},
    )
    return Counts(rows, errors)


def judge_cost(lake: Lake, run_id: str) -> float | None:
    """What the judges of a run cost, in USD; None where nothing has a known price."""
    ((cost,),) = lake.rows(
        "SELECT sum(judge_cost_usd) FROM run_results WHERE run_id = $run_id", {"run_id": run_id}
    )
    return None if cost is None else float(cost)


def run_verdict(  # noqa: PLR0913  # what it depends on, by name
    lake: Lake,
    run_id: str,
    *,
    metrics: Mapping[str, float],
    counts: Counts,
    criteria: str | None,
    scorers: Sequence[Scorer],
) -> Verdict:
    """By the criteria, or without any by whether every row is answered and every verdict passes.

    A metric of the criteria that has no value, because nothing was scored, is not met.
    """
    if criteria is not None:
        known: dict[str, float | None] = dict(metrics)
        names = {name.rpartition("/")[0] for name in metrics} | {each.name for each in scorers}
        for criterion in parse_criteria(criteria):
            # A scorer without any verdict has no metrics, and yet is one that was asked for.
            scorer, _, aggregation = criterion.metric.rpartition("/")
            if criterion.metric in names:
                known.setdefault(f"{criterion.metric}/mean", None)
            elif scorer in names and aggregation:
                known.setdefault(criterion.metric, None)
        checks = check_criteria(criteria, known)
        return Verdict(
            all(each.passed for each in checks), "; ".join(each.message for each in checks)
        )
    rows = lake.rows(
        "SELECT name, count(*) FILTER (passed = false), count(error_code), count(*)"
        " FROM run_results WHERE run_id = $run_id AND kind = 'verdict' GROUP BY name ORDER BY name",
        {"run_id": run_id},
    )
    failures = [f"{counts.errors:,} of {counts.rows:,} rows failed"] if counts.errors else []
    for name, failed, errors, total in rows:
        if failed:
            failures.append(f"{name} fails {failed:,} of {total:,}")
        if errors > counts.errors:
            failures.append(f"{name} has {errors:,} errors")
    if not counts.rows:
        failures.append("there are no rows")
    if failures:
        return Verdict(passed=False, reason="; ".join(failures))
    return Verdict(passed=True, reason=f"all {counts.rows:,} rows pass")
