"""Tests of whether paired differences are centred at zero; pure functions of the differences."""

import math
from dataclasses import dataclass

import numpy as np

from spanlake.evaluation.statistics.estimate import NORMAL, FloatArray

EXACT_RANKS = 50
"""Up to so many nonzero differences the distribution of their ranks is computed exactly."""
EXACT_SIGNS = 16
"""Up to so many units every assignment of signs is tried."""
_MANY_SIGNS = 5_000
_CHUNK = 2_000_000
_DISTINCT_COST = 8
_SAME = 1 - 1e-12
"""What rounding may take from a sum that is equal to the observed one."""


@dataclass(frozen=True, slots=True)
class TestResult:
    """A two-sided p-value and how it was found.

    statistic: in the terms of the test. direction: 1 if it points at greater values, -1 at less.
    """

    __test__ = False  # no test class of pytest's

    statistic: float
    p_value: float
    method: str
    direction: int = 0


def mcnemar(gains: int, losses: int, *, mid_p: bool = True) -> TestResult:
    """McNemar's test of pairs of pass and fail, from the pairs that differ.

    gains, losses: pairs that pass only in the candidate, only in the baseline. The mid-p form keeps
    its level where the exact one wastes it (Fagerland, Lydersen & Laake 2013).
    """
    discordant, fewer = gains + losses, min(gains, losses)
    method = f"McNemar {'mid-p' if mid_p else 'exact'}"
    if discordant == 0:
        return TestResult(0.0, 1.0, method)
    masses = _fair_coin(discordant, fewer)
    p_value = 2 * float(masses.sum())
    if mid_p:
        p_value -= float(masses[-1])
    elif gains == losses:
        p_value = 1.0
    return TestResult(float(gains), min(1.0, p_value), method, _sign(gains - losses))


def wilcoxon(differences: FloatArray) -> TestResult:
    """Wilcoxon's signed-rank test; zeros are left out, ties share their ranks.

    Exact, ties included, up to 50 nonzero differences; the normal approximation with the correction
    for ties above. The statistic is the sum of the ranks of positive differences.
    """
    nonzero = differences[differences != 0]
    if not len(nonzero):
        return TestResult(0.0, 1.0, "Wilcoxon signed-rank, all differences zero")
    ranks = _mid_ranks(np.abs(nonzero))
    statistic, expected = float(ranks[nonzero > 0].sum()), float(ranks.sum()) / 2
    if len(nonzero) <= EXACT_RANKS:
        p_value, how = _exact_rank_p(ranks, statistic), "exact"
    else:
        spread = math.sqrt(float((ranks**2).sum()) / 4)
        p_value, how = 2 * NORMAL.cdf(-abs(statistic - expected) / spread), "normal approximation"
    direction = _sign(statistic - expected)
    return TestResult(statistic, p_value, f"Wilcoxon signed-rank, {how}", direction)


def sign_flip(sums: FloatArray, *, resamples: int = 10_000, seed: int = 0) -> TestResult:
    """The permutation test of a mean difference: under the null each unit's sign is a coin toss.

    sums: of the differences in each independent unit, shape (units,). Exact for few units, else
    from `resamples` seeded draws (the p-value is then at least 1 / (resamples + 1)).
    With units of one binary pair it is McNemar's exact test.
    """
    sizes = np.sort(np.abs(sums[sums != 0]))
    total = float(sums.sum())
    observed, direction = abs(total), _sign(total)
    if not len(sizes):
        return TestResult(0.0, 1.0, "sign-flip permutation, all differences zero")
    if len(sizes) <= EXACT_SIGNS:
        patterns = np.arange(2 ** len(sizes))[:, None] >> np.arange(len(sizes)) & 1
        totals = np.abs((2.0 * patterns - 1) @ sizes)
        p_value = float((totals >= observed * _SAME).mean())
        return TestResult(observed, p_value, "sign-flip permutation, exact", direction)
    distinct, counts = np.unique(sizes, return_counts=True)
    few_kinds = len(distinct) * _DISTINCT_COST <= len(sizes)
    if len(sizes) > _MANY_SIGNS and not few_kinds:
        p_value = 2 * NORMAL.cdf(-observed / math.sqrt(float(sizes @ sizes)))
        how = "sign-flip permutation, normal approximation"
        return TestResult(observed, p_value, how, direction)
    random = np.random.default_rng(seed)
    extreme = 0
    columns = len(distinct) if few_kinds else len(sizes)
    step = max(1, _CHUNK // columns)
    for start in range(0, resamples, step):
        shape = (min(step, resamples - start), columns)
        if few_kinds:
            totals = (2.0 * random.binomial(counts, 0.5, size=shape) - counts) @ distinct
        else:
            totals = (2.0 * random.integers(0, 2, size=shape, dtype=np.int8) - 1) @ sizes
        extreme += int((np.abs(totals) >= observed * _SAME).sum())
    p_value = (extreme + 1) / (resamples + 1)
    how = f"sign-flip permutation, {resamples:,} draws"
    return TestResult(observed, p_value, how, direction)


def _sign(value: float) -> int:
    return int(value > 0) - int(value < 0)


def _fair_coin(tosses: int, most: int) -> FloatArray:
    """The probabilities of 0 to `most` heads of a fair coin."""
    heads = np.arange(1, most + 1)
    logs = np.concatenate([[0.0], np.cumsum(np.log((tosses - heads + 1) / heads))])
    return np.asarray(np.exp(logs - tosses * math.log(2)))


def _mid_ranks(values: FloatArray) -> FloatArray:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[inverse], dtype=np.float64)


def _exact_rank_p(ranks: FloatArray, statistic: float) -> float:
    """From the distribution of the sum of a random half of the ranks, doubled to be whole."""
    doubled = np.rint(2 * ranks).astype(np.int64)
    chances = np.ones(1)
    for rank in doubled:
        without = np.concatenate([chances, np.zeros(rank)])
        without[rank:] += chances
        chances = without / 2
    at = round(2 * statistic)
    return min(1.0, 2 * float(min(chances[: at + 1].sum(), chances[at:].sum())))
