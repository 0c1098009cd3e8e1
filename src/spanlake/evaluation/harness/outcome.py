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
from spanlake.storage.runs.reading import IN_PAGE, RecordPage


class VerdictSums(NamedTuple):
    """How many verdicts of a name there are, and how many of them failed or are errors."""

    verdicts: int = 0
    failed: int = 0
    errors: int = 0


class RunSums(NamedTuple):
    """rows: with an answer or a failure; errors: those of them that failed.

    cost_usd: of judges, None where nothing has a known price. by_name: of verdicts.
    """

    rows: int
    errors: int
    cost_usd: float | None
    by_name: Mapping[str, VerdictSums]


class Verdict(NamedTuple):
    """Whether a run passes, and why."""

    passed: bool
    reason: str


def run_metrics(
    lake: Lake, run_id: str, scorers: Sequence[Scorer], pages: Sequence[RecordPage]
) -> dict[str, float]:
    """The metrics of all verdicts of these scorers, by <name>/<aggregation>."""
    metrics = [
        metric
        for scorer in scorers
        for metric in aggregate(scorer, _feedbacks(lake, run_id, scorer.digest, pages))
    ]
    return {each.name: each.value for each in metrics if each.value is not None}


def _feedbacks(
    lake: Lake, run_id: str, digest: str, pages: Sequence[RecordPage]
) -> Iterator[Feedback]:
    """What a scorer said in a run, as far as metrics are made of it."""
    for page in pages:
        rows = lake.rows(
            "SELECT name, value::VARCHAR, error_code FROM run_results"  # noqa: S608  # constants
            " WHERE run_id = $run_id AND kind = 'verdict' AND scorer_digest = $digest"
            f" AND {IN_PAGE}",
            {"run_id": run_id, "digest": digest, **page._asdict()},
        )
        for name, value, error_code in rows:
            error = None if error_code is None else AssessmentError(error_code)
            yield Feedback(name=name, value=json_value(value), error=error)


def run_sums(lake: Lake, run_id: str, pages: Sequence[RecordPage]) -> RunSums:
    """The sums of a run."""
    rows, errors, costs = 0, 0, []
    by_name: dict[str, VerdictSums] = {}
    for page in pages:
        found = lake.rows(
            "SELECT kind, name, count(*), count(*) FILTER (passed = false), count(error_code),"  # noqa: S608  # constants
            " count(error_message), sum(judge_cost_usd)"
            f" FROM run_results WHERE run_id = $run_id AND {IN_PAGE} GROUP BY kind, name",
            {"run_id": run_id, **page._asdict()},
        )
        for kind, name, count, failed, codes, messages, cost in found:
            if cost is not None:
                costs.append(float(cost))
            if kind == "row":
                rows, errors = rows + count, errors + messages
            else:
                known = by_name.get(name, VerdictSums())
                more = zip(known, (count, failed, codes), strict=True)
                by_name[name] = VerdictSums(*map(sum, more))
    return RunSums(rows, errors, sum(costs) if costs else None, by_name)


def verdict_by_criteria(
    criteria: str, metrics: Mapping[str, float], scorers: Sequence[Scorer]
) -> Verdict:
    """Whether the criteria are met.

    A metric of them that has no value, because nothing was scored, is not met.
    """
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
    return Verdict(all(each.passed for each in checks), "; ".join(each.message for each in checks))


def verdict_by_passes(sums: RunSums) -> Verdict:
    """Whether every row is answered and every verdict passes."""
    failures = [f"{sums.errors:,} of {sums.rows:,} rows failed"] if sums.errors else []
    for name, (total, failed, errors) in sorted(sums.by_name.items()):
        if failed:
            failures.append(f"{name} fails {failed:,} of {total:,}")
        if errors > sums.errors:
            failures.append(f"{name} has {errors:,} errors")
    if not sums.rows:
        failures.append("there are no rows")
    if failures:
        return Verdict(passed=False, reason="; ".join(failures))
    return Verdict(passed=True, reason=f"all {sums.rows:,} rows pass")
