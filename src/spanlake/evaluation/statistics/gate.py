"""Whether a run may be released: criteria on its own metrics, and no regression from a baseline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from spanlake.errors import UserError
from spanlake.evaluation.statistics.check import DEFAULT_POLICY, Check, GatePolicy
from spanlake.evaluation.statistics.compare import Run, compare
from spanlake.evaluation.statistics.comparison import Comparison
from spanlake.evaluation.statistics.criteria import Criterion, parse_criteria, resolve
from spanlake.evaluation.statistics.estimate import Estimate
from spanlake.evaluation.statistics.flips import FlippedRow
from spanlake.evaluation.statistics.metrics import metric_names, metrics_of
from spanlake.evaluation.statistics.regression import regression_checks
from spanlake.evaluation.statistics.resampling import DEFAULT, Resampling
from spanlake.evaluation.statistics.scorer_spec import ScorerSpec
from spanlake.evaluation.statistics.verdicts import read_verdicts
from spanlake.evaluation.statistics.wording import percent

_NAMED = 5
"""So many flipped rows are named in the reason; all are in the result."""


@dataclass(frozen=True, slots=True)
class GateResult:
    """Passed or not, why, and every check. flipped: all rows whose verdict turned over."""

    run: str
    passed: bool
    reason: str
    checks: tuple[Check, ...]
    comparison: Comparison | None
    flipped: tuple[FlippedRow, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if not check.passed)


def gate(  # noqa: PLR0913, keywords, each a concern of its own
    candidate: Run,
    *,
    criteria: str | None = None,
    baseline: Run | None = None,
    specs: Sequence[ScorerSpec] = (),
    slices: Sequence[str] = (),
    policy: GatePolicy = DEFAULT_POLICY,
    resampling: Resampling = DEFAULT,
) -> GateResult:
    """Judge a run by criteria, by a baseline, or both.

    specs, slices: see `compare`. Raises UserError where there is nothing to judge by, or where a
    criterion, spec, slice or policy names what the run does not have.
    """
    if criteria is None and baseline is None:
        raise UserError(
            f"gate of run {candidate.name}: nothing to judge it by; give quality criteria, "
            "a baseline run, or both"
        )
    checks: list[Check] = []
    comparison: Comparison | None = None
    flipped: tuple[FlippedRow, ...] = ()
    if criteria is not None:
        checks += check_criteria(criteria, _metrics(candidate, criteria, resampling))
    if baseline is not None:
        comparison = compare(
            baseline, [candidate], specs=specs, slices=slices, resampling=resampling
        )
        run = comparison.runs[0]
        checks += regression_checks(run, comparison.level, policy)
        flipped = run.flipped
    passed = all(check.passed for check in checks)
    reason = _reason(checks, flipped)
    return GateResult(candidate.name, passed, reason, tuple(checks), comparison, flipped)


def check_criteria(text: str, metrics: Mapping[str, Estimate | float | None]) -> tuple[Check, ...]:
    """Check criteria on metrics by their names; raises UserError for a metric that is not there."""
    return tuple(
        _criterion_check(criterion, metrics[resolve(text, criterion, metrics)])
        for criterion in parse_criteria(text)
    )


def _metrics(run: Run, text: str, resampling: Resampling) -> dict[str, Estimate | float | None]:
    """The metrics that criteria name, and the names of all others that they might have."""
    verdicts = read_verdicts(run.verdicts)
    named = [criterion.metric for criterion in parse_criteria(text)]
    asked = [*named, *(f"{name}/mean" for name in named)]
    return {**dict.fromkeys(metric_names(verdicts)), **metrics_of(verdicts, asked, resampling)}


def _criterion_check(criterion: Criterion, metric: Estimate | float | None) -> Check:
    value = metric.value if isinstance(metric, Estimate) else metric
    passed = criterion.holds(value)
    found = "has no value" if value is None else f"is {value:.4g}"
    if isinstance(metric, Estimate) and metric.interval is not None:
        bounds = f"{metric.interval.low:.4g} to {metric.interval.high:.4g}"
        found += f" ({percent(metric.level)} CI {bounds})"
    wanted = f"{criterion.comparator} {criterion.threshold:g}"
    message = f"{criterion.metric} {found}, {'' if passed else 'not '}{wanted}"
    return Check("criterion", str(criterion), passed=passed, message=message)


def _reason(checks: Sequence[Check], flipped: Sequence[FlippedRow]) -> str:
    """Why it failed, or what it passed, in a line."""
    failed = [check.message for check in checks if not check.passed]
    if not failed:
        return f"Passed {len(checks)} checks: " + "; ".join(check.message for check in checks) + "."
    reason = f"Failed {len(failed)} of {len(checks)} checks: {'; '.join(failed)}."
    broken = [row for row in flipped if row.direction == "pass_to_fail"]
    if broken:
        rows = dict.fromkeys(f"{row.record_id} ({row.scorer})" for row in broken)
        named = ", ".join(list(rows)[:_NAMED])
        more = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
        reason += f" From pass to fail: {named}{more}."
    return reason
