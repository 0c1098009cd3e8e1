"""Krippendorff's alpha: agreement of any number of raters, with gaps, on any scale.

After Krippendorff, Computing Krippendorff's Alpha-Reliability (2011). It is made of the
coincidences within units, which add up over units; the interval resamples units.
"""

import numpy as np

from spanlake.evaluation.statistics.bootstrap import (
    Bootstrap,
    Statistic,
    bootstrap,
    estimate_of,
    sums_by,
)
from spanlake.evaluation.statistics.estimate import Estimate, FloatArray, IntArray, Kind
from spanlake.evaluation.statistics.resampling import DEFAULT, Resampling


def krippendorff_alpha(
    ratings: FloatArray,
    kind: Kind,
    *,
    cluster: IntArray | None = None,
    resampling: Resampling = DEFAULT,
) -> Estimate:
    """Alpha of ratings, shape (units, raters), NaN where a rater did not rate a unit.

    kind: nominal, binary (the same), ordinal, or numeric (Krippendorff's interval scale). cluster:
    numbers from 0 that units which hang together share, shape (units,). Units with fewer than two
    ratings say nothing about agreement and are left out.
    """
    statistic: Statistic
    rated = (~np.isnan(ratings)).sum(axis=1) > 1
    ratings = ratings[rated]
    if kind is Kind.NUMERIC:
        rows, statistic = _moments(ratings), _alpha_of_moments
    else:
        values = np.unique(ratings[~np.isnan(ratings)])
        rows, statistic = _coincidences(ratings, values), _alpha_of(kind, len(values))
    if cluster is not None:
        codes = np.unique(cluster[rated], return_inverse=True)[1]
        rows = sums_by(rows, codes, int(codes.max()) + 1 if len(codes) else 0)
    resampled = bootstrap(rows, statistic, resampling) if rows.size else _EMPTY
    return estimate_of(resampled, resampling.level)


_EMPTY = Bootstrap(np.nan, np.empty(0), 0.0, 0.0, 0)


def _coincidences(ratings: FloatArray, values: FloatArray) -> FloatArray:
    """The pairs of values within each unit, shape (units, values ** 2)."""
    counts = (ratings[:, :, None] == values).sum(axis=1).astype(np.float64)
    pairs = counts[:, :, None] * counts[:, None, :]
    diagonal = np.arange(len(values))
    pairs[:, diagonal, diagonal] -= counts
    weights = counts.sum(axis=1) - 1
    return np.asarray((pairs / weights[:, None, None]).reshape(len(ratings), len(values) ** 2))


def _alpha_of(kind: Kind, size: int) -> Statistic:
    """Alpha of summed coincidences, shape (n, values ** 2)."""

    def alpha(sums: FloatArray) -> FloatArray:
        pairs = sums.reshape(-1, size, size)
        counts = pairs.sum(axis=2)
        total = counts.sum(axis=1)
        if kind is Kind.ORDINAL:
            # The ranks between two values, with half of the values themselves.
            middle = counts.cumsum(axis=1) - counts / 2
            distance = (middle[:, :, None] - middle[:, None, :]) ** 2
        else:
            distance = np.broadcast_to(1 - np.eye(size), pairs.shape)
        seen = (pairs * distance).sum(axis=(1, 2))
        by_chance = np.einsum("ni,nij,nj->n", counts, distance, counts)
        return _one_minus(seen * (total - 1), by_chance)

    return alpha


def _moments(ratings: FloatArray) -> FloatArray:
    """What squared distances add up from: shape (units, 4)."""
    count = (~np.isnan(ratings)).sum(axis=1).astype(np.float64)
    total, squares = np.nansum(ratings, axis=1), np.nansum(ratings**2, axis=1)
    within = 2 * (count * squares - total**2) / (count - 1)
    return np.stack([within, count, total, squares], axis=1)


def _alpha_of_moments(sums: FloatArray) -> FloatArray:
    within, count, total, squares = sums.T
    return _one_minus(within * (count - 1), 2 * (count * squares - total**2))


def _one_minus(seen: FloatArray, by_chance: FloatArray) -> FloatArray:
    """NaN where the raters used a single value: agreement then cannot be told from chance."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(by_chance > 0, 1 - seen / by_chance, np.nan))
