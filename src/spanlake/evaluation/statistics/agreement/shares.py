"""Shares of pairs with a property, among pairs with another: the rates of a confusion matrix."""

import numpy as np

from spanlake.evaluation.statistics.bootstrap import bootstrap_estimate, sums_by
from spanlake.evaluation.statistics.estimate import BoolArray, Estimate, IntArray
from spanlake.evaluation.statistics.proportions import wilson, wilson_interval
from spanlake.evaluation.statistics.resampling import DEFAULT, Resampling


def share_of(
    successes: BoolArray,
    among: BoolArray,
    unit: IntArray,
    resampling: Resampling = DEFAULT,
) -> Estimate:
    """The share of successes, all arrays of shape (pairs,); `unit` numbers what is independent.

    Wilson's interval where each pair is a unit, else the units are resampled.
    """
    successes, unit = successes[among], unit[among]
    codes = np.unique(unit, return_inverse=True)[1]
    units = int(codes.max()) + 1 if len(codes) else 0
    if units == len(successes):
        return wilson(int(successes.sum()), len(successes), resampling.level)
    rows = np.stack([successes.astype(np.float64), np.ones(len(successes))], axis=1)
    estimate = bootstrap_estimate(sums_by(rows, codes, units), resampling=resampling)
    if estimate.value is not None and estimate.interval is None:
        interval = wilson_interval(estimate.value, units, resampling.level)
        return Estimate(estimate.value, interval, "Wilson, by unit", units, resampling.level)
    return estimate
