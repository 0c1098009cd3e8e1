"""Intervals of a proportion, and of the difference of two paired ones, that hold for small counts.

The bootstrap says "no doubt at all" where every row passes; score intervals do not.
"""

import math
from collections.abc import Callable

from spanlake.evaluation.statistics.estimate import LEVEL, Estimate, Interval, quantile_of

_HALVINGS = 60
"""Of an interval of length 2, to the last bit of a float."""


def wilson(successes: int, count: int, level: float = LEVEL) -> Estimate:
    """The share of successes with its score interval (Wilson 1927)."""
    if count == 0:
        return Estimate(None, None, "nothing to count", 0, level)
    share = successes / count
    return Estimate(share, wilson_interval(share, count, level), "Wilson", count, level)


def wilson_interval(share: float, count: int, level: float = LEVEL) -> Interval:
    """Wilson's interval of a share of `count`, which need not be a whole number of successes."""
    z = quantile_of(level)
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    spread = z / (1 + z * z / count)
    spread *= math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return Interval(
        0.0 if share == 0 else max(0.0, centre - spread),
        1.0 if share == 1 else min(1.0, centre + spread),
    )


def tango_statistic(gains: int, losses: int, count: int, difference: float) -> float:
    """The score statistic of Tango (1998): normal if the true difference is `difference`.

    gains, losses: pairs that pass only in the candidate and only in the baseline, of `count`.
    At a difference of 0 it is the statistic of McNemar's test.
    """
    linear = -gains - losses + (2 * count - gains + losses) * difference
    constant = -losses * difference * (1 - difference)
    root = math.sqrt(max(0.0, linear * linear - 8 * count * constant))
    losing = (root - linear) / (4 * count)
    variance = count * (2 * losing + difference * (1 - difference))
    surplus = gains - losses - count * difference
    if variance <= 0:
        return 0.0 if surplus == 0 else math.copysign(math.inf, surplus)
    return surplus / math.sqrt(variance)


def tango_interval(gains: int, losses: int, count: int, level: float = LEVEL) -> Interval:
    """The score interval of the difference of paired proportions (Tango 1998), count > 0."""
    z = quantile_of(level)
    estimate = (gains - losses) / count

    def excess(difference: float) -> float:
        return tango_statistic(gains, losses, count, difference)

    low = -1.0 if estimate == -1 else _root(lambda at: excess(at) - z, -1.0, estimate)
    high = 1.0 if estimate == 1 else _root(lambda at: excess(at) + z, estimate, 1.0)
    return Interval(low, high)


def _root(falling: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling function passes zero, between `low` and `high`."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if falling(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2
