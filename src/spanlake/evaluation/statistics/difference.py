"""The difference of two paired runs on one scorer: estimate, interval, test, and what it could see.

Which method is used follows from the data, and is said in the result.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from spanlake.evaluation.statistics.bootstrap import Bootstrap, bootstrap, estimate_of
from spanlake.evaluation.statistics.estimate import NORMAL, Estimate, Kind
from spanlake.evaluation.statistics.paired_tests import (
    TestResult,
    mcnemar,
    sign_flip,
    wilcoxon,
)
from spanlake.evaluation.statistics.power import (
    POWER,
    mcnemar_minimum_difference,
    minimum_detectable_effect,
)
from spanlake.evaluation.statistics.proportions import (
    tango_interval,
    tango_statistic,
)
from spanlake.evaluation.statistics.records import Pairs, Records
from spanlake.evaluation.statistics.resampling import DEFAULT, Resampling
from spanlake.evaluation.statistics.scorer_spec import ScorerSpec

MIN_UNITS = 2
"""Of one pair nothing can be said."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Candidate minus baseline on one scorer.

    estimate: of the difference of means. test: of no difference at all; None below two units.
    p_worse: two-sided p-value of "not worse than the margin", 1 unless the estimate is beyond it.
    detectable: the smallest difference that the test would find with a chance of 80 %.
    """

    estimate: Estimate
    test: TestResult | None
    p_worse: float | None
    detectable: float | None


def difference_of(
    pairs: Pairs, kind: Kind, spec: ScorerSpec, resampling: Resampling = DEFAULT
) -> Difference:
    """Compare two runs.

    Pass or fail, one verdict a record, independent records: McNemar's mid-p test and Tango's score
    interval. Ratings, likewise: Wilcoxon's signed-rank test and the BCa interval. Measurements, and
    everything with repetitions or sessions: the sign-flip permutation test and the BCa interval,
    both by independent unit.
    """
    records = pairs.differences
    count, level = len(records.value), resampling.level
    if records.units < MIN_UNITS:
        value = float(records.value.mean()) if count else None
        too_few = "too few pairs for an interval"
        return Difference(Estimate(value, None, too_few, records.units, level), None, None, None)
    if kind is Kind.BINARY and records.is_simple:
        return _of_pass_or_fail(records, spec, level)
    # So that swapping the runs changes signs and nothing else, random draws included.
    turn = -1 if _leans_down(records) else 1
    sums = records.sums() * np.array([turn, 1])
    resampled = bootstrap(sums, resampling=resampling)
    estimate = _turned(estimate_of(resampled, level), turn)
    if kind is Kind.BINARY and estimate.interval is None and estimate.value in (-1.0, 0.0, 1.0):
        gains, losses = (records.units if estimate.value == all_ else 0 for all_ in (1.0, -1.0))
        interval = tango_interval(gains, losses, records.units, level)
        estimate = Estimate(estimate.value, interval, "Tango score, by unit", records.units, level)
    if kind is Kind.ORDINAL and records.is_simple:
        test = wilcoxon(records.value)
    else:
        test = sign_flip(sums[:, 0], resamples=resampling.resamples, seed=resampling.seed)
        test = replace(test, direction=turn * test.direction)
    p_worse = 1.0
    if _is_beyond(estimate, spec) and test.direction * spec.sign < 0:
        shifted = sums @ np.array([1.0, spec.sign * turn * spec.margin])
        at_margin = sign_flip(shifted, resamples=resampling.resamples, seed=resampling.seed)
        p_worse = max(test.p_value, at_margin.p_value) if spec.margin else test.p_value
    return Difference(estimate, test, p_worse, _detectable(resampled, level))


def _of_pass_or_fail(records: Records, spec: ScorerSpec, level: float) -> Difference:
    count = len(records.value)
    gains, losses = int((records.value > 0).sum()), int((records.value < 0).sum())
    interval = tango_interval(gains, losses, count, level)
    estimate = Estimate((gains - losses) / count, interval, "Tango score", count, level)
    test = mcnemar(gains, losses)
    p_worse = 1.0
    if _is_beyond(estimate, spec):
        surplus = tango_statistic(gains, losses, count, -spec.sign * spec.margin)
        at_margin = 2 * NORMAL.cdf(spec.sign * surplus)
        p_worse = max(test.p_value, at_margin) if spec.margin else test.p_value
    # No pair that differs is no proof that none ever will: half a pair more on each side.
    discordance = (gains + losses + 1) / (count + 1)
    detectable = mcnemar_minimum_difference(count, discordance, alpha=1 - level, power=POWER)
    return Difference(estimate, test, p_worse, detectable)


def _is_beyond(estimate: Estimate, spec: ScorerSpec) -> bool:
    """Whether the estimate is worse by more than the margin."""
    return estimate.value is not None and spec.sign * estimate.value < -spec.margin


def _detectable(resampled: Bootstrap, level: float) -> float | None:
    if not resampled.varies:
        return None
    return minimum_detectable_effect(resampled.standard_error, alpha=1 - level)


def _leans_down(records: Records) -> bool:
    for power in (1, 3):
        total = math.fsum(records.value**power)
        if total:
            return total < 0
    return False


def _turned(estimate: Estimate, turn: int) -> Estimate:
    if turn > 0 or estimate.value is None:
        return estimate
    interval = None if estimate.interval is None else estimate.interval.reversed()
    return Estimate(-estimate.value, interval, estimate.method, estimate.count, estimate.level)
