"""Cohen's kappa, plain and weighted: agreement beyond what chance would bring.

Everything is made of the confusion counts, shape (..., judge, human), so resampling is a sum.
"""

from typing import Literal

import numpy as np

from spanlake.evaluation.statistics.bootstrap import Statistic
from spanlake.evaluation.statistics.estimate import FloatArray, IntArray

Weights = Literal["unweighted", "linear", "quadratic"]


def cell_rows(judge: IntArray, human: IntArray, categories: int) -> FloatArray:
    """A row a pair of codes with a 1 in its cell of the flattened confusion matrix."""
    rows = np.zeros((len(judge), categories * categories))
    rows[np.arange(len(judge)), judge * categories + human] = 1
    return rows


def kappa_of(values: FloatArray, weights: Weights = "unweighted") -> Statistic:
    """Kappa of flattened confusion counts, shape (n, categories ** 2), as values, shape (n,).

    values: what the categories stand for, shape (categories,); the distance of two of them weighs
    their disagreement. NaN where chance alone would agree always: one category is all there is.
    """
    distance = np.abs(values[:, None] - values[None, :])
    if weights == "unweighted":
        distance = (distance > 0).astype(np.float64)
    elif weights == "quadratic":
        distance = distance**2
    size = len(values)

    def kappa(sums: FloatArray) -> FloatArray:
        counts = sums.reshape(-1, size, size)
        judge, human = counts.sum(axis=2), counts.sum(axis=1)
        total = judge.sum(axis=1)
        seen = (counts * distance).sum(axis=(1, 2)) * total
        by_chance = np.einsum("ni,ij,nj->n", judge, distance, human)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(by_chance > 0, 1 - seen / by_chance, np.nan))

    return kappa


def cohen_kappa(
    confusion: FloatArray, values: FloatArray | None = None, weights: Weights = "unweighted"
) -> float:
    """Kappa of one confusion matrix, shape (categories, categories); NaN where undefined."""
    values = np.arange(len(confusion), dtype=np.float64) if values is None else values
    return float(kappa_of(values, weights)(confusion.reshape(1, -1).astype(np.float64))[0])
