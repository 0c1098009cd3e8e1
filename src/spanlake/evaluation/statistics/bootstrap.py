"""The bias-corrected and accelerated bootstrap (BCa; Efron 1987) of anything made of sums.

A mean, a kappa, an alpha are functions of sums over independent units. So a unit is a row of
numbers to be summed, and a resample is a weighted sum of rows: one matrix product for thousands of
them. A unit is whatever is independent: a session where rows of a session hang together, else a
record with all its repetitions.

The rows are sorted first, so that the same data in another order give the same replicates.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from spanlake.evaluation.statistics.estimate import (
    LEVEL,
    NORMAL,
    Estimate,
    FloatArray,
    IntArray,
    Interval,
    quantile_of,
    t_quantile_of,
)
from spanlake.evaluation.statistics.resampling import DEFAULT, Resampling

Statistic = Callable[[FloatArray], FloatArray]
"""From sums, shape (resamples, columns), to values, shape (resamples,); NaN where undefined."""

MAX_UNITS = 5_000
"""More units than that are summed in this many random blocks; their sums vary just as much."""
FEW_UNITS = 20
"""With fewer, and skewed values, an interval holds the truth clearly less often than it says."""
_CHUNK = 2_000_000
"""Weights in memory at a time: 16 MB."""
_MULTINOMIAL_COST = 8
"""A multinomial count costs as much as so many drawn indices."""


def mean_of_sums(sums: FloatArray) -> FloatArray:
    """The mean of rows (total, count)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sums[:, 0] / sums[:, 1])


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """The replicates of a statistic (sorted), and what corrects their quantiles."""

    estimate: float
    replicates: FloatArray
    bias: float
    acceleration: float
    units: int

    @property
    def standard_error(self) -> float:
        """The standard deviation of the replicates."""
        return float(self.replicates.std())

    @property
    def varies(self) -> bool:
        """Whether resampling changes the statistic at all; without that there is no interval."""
        return len(self.replicates) > 0 and bool(self.replicates[0] < self.replicates[-1])

    def interval(self, level: float = LEVEL, *, widened: bool = True) -> Interval | None:
        """The BCa interval, or None where the replicates do not vary.

        widened: for what resampling few units misses of their spread, as Hesterberg (2015) does for
        percentiles: by t instead of normal quantiles, and by n / (n - 1). Plain BCa without.
        """
        if not self.varies:
            return None
        reach = quantile_of(level)
        if widened:
            spare = max(1, self.units - 1)
            reach = t_quantile_of(level, spare) * math.sqrt((spare + 1) / spare)
        bounds = np.quantile(self.replicates, [self._corrected(-reach), self._corrected(reach)])
        return Interval(float(bounds[0]), float(bounds[1]))

    def _corrected(self, quantile: float) -> float:
        """The share of replicates below the bound that a normal quantile stands for."""
        shifted = self.bias + quantile
        scale = 1 - self.acceleration * shifted
        if scale <= 0:  # beyond the farthest replicate
            return float(shifted > 0)
        return NORMAL.cdf(self.bias + shifted / scale)


def bootstrap(
    units: FloatArray,
    statistic: Statistic = mean_of_sums,
    resampling: Resampling = DEFAULT,
) -> Bootstrap:
    """Resample units, shape (units, columns), and compute the statistic of their sums.

    Replicates for which the statistic is undefined are left out.
    """
    count = len(units)
    if count == 0:
        return Bootstrap(math.nan, np.empty(0), 0.0, 0.0, 0)
    random = np.random.default_rng(resampling.seed)
    rows, weights = np.unique(units, axis=0, return_counts=True)
    total = weights @ rows
    estimate = float(statistic(total[None, :])[0])
    if len(rows) * _MULTINOMIAL_COST > count:
        rows = np.repeat(rows, weights, axis=0)
        if count > MAX_UNITS:
            block = random.permutation(count) % MAX_UNITS
            rows = sums_by(rows, block, MAX_UNITS)
        weights = np.ones(len(rows), dtype=np.int64)
    sums = _resampled_sums(rows, weights, resampling.resamples, random)
    replicates = np.concatenate([statistic(part) for part in sums])
    replicates = np.sort(replicates[np.isfinite(replicates)])
    bias, acceleration = 0.0, 0.0
    if len(replicates) and math.isfinite(estimate):
        bias = _bias(replicates, estimate)
        acceleration = _acceleration(statistic(total - rows), weights)
    return Bootstrap(estimate, replicates, bias, acceleration, count)


def bootstrap_estimate(
    units: FloatArray,
    statistic: Statistic = mean_of_sums,
    resampling: Resampling = DEFAULT,
) -> Estimate:
    """A statistic with its BCa interval; see `bootstrap`."""
    return estimate_of(bootstrap(units, statistic, resampling), resampling.level)


def estimate_of(resampled: Bootstrap, level: float = LEVEL) -> Estimate:
    """What the replicates say, with a reason where they cannot say it."""
    value = resampled.estimate if math.isfinite(resampled.estimate) else None
    interval = None if value is None else resampled.interval(level)
    if value is None:
        method = "undefined for these values" if resampled.units else "nothing to count"
    elif interval is None:
        method = "no interval: resampling changes nothing"
    else:
        method = "BCa bootstrap"
    return Estimate(value, interval, method, resampled.units, level)


def sums_by(rows: FloatArray, group: IntArray, groups: int) -> FloatArray:
    """The sums of rows, shape (rows, columns), by group number: shape (groups, columns)."""
    columns = [np.bincount(group, weights=column, minlength=groups) for column in rows.T]
    return np.stack(columns, axis=1) if columns else np.empty((groups, 0))


def _resampled_sums(
    rows: FloatArray, weights: IntArray, resamples: int, random: np.random.Generator
) -> Iterator[FloatArray]:
    """The sums of `resamples` draws with replacement, in parts of shape (draws, columns)."""
    kinds, count = len(rows), int(weights.sum())
    few_kinds = count > kinds
    step = max(1, _CHUNK // max(kinds, rows.shape[1]))
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        if few_kinds:
            drawn = random.multinomial(count, weights / count, size=size)
        else:
            indices = random.integers(0, kinds, size=(size, count))
            indices += np.arange(size)[:, None] * kinds
            drawn = np.bincount(indices.ravel(), minlength=size * kinds).reshape(size, kinds)
        yield drawn @ rows


def _bias(replicates: FloatArray, estimate: float) -> float:
    below = int(np.searchsorted(replicates, estimate, "left"))
    up_to = int(np.searchsorted(replicates, estimate, "right"))
    size = len(replicates)
    share = (below + up_to) / (2 * size)
    return NORMAL.inv_cdf(min(max(share, 1 / (size + 1)), size / (size + 1)))


def _acceleration(left_out: FloatArray, weights: IntArray) -> float:
    """From the values with one unit left out (Efron 1987): a sixth of their skewness."""
    finite = np.isfinite(left_out)
    values, weights = left_out[finite], weights[finite]
    if not len(values):
        return 0.0
    deviations = np.average(values, weights=weights) - values
    spread = float(weights @ deviations**2)
    skew = float(weights @ deviations**3)
    return skew / (6 * math.pow(spread, 1.5)) if spread > 0 else 0.0
