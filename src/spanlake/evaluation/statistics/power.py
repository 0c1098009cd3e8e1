"""What a run of this size can see, and how many records a smaller effect needs.

All for a two-sided test at `alpha` that shall find the effect with probability `power`.
"""

import math

from spanlake.evaluation.statistics.estimate import NORMAL

ALPHA = 0.05
POWER = 0.8
_HALVINGS = 60


def minimum_detectable_effect(
    standard_error: float, *, alpha: float = ALPHA, power: float = POWER
) -> float:
    """The smallest difference of means that is found, in the unit of the standard error."""
    return (NORMAL.inv_cdf(1 - alpha / 2) + NORMAL.inv_cdf(power)) * standard_error


def records_needed(
    effect: float, standard_deviation: float, *, alpha: float = ALPHA, power: float = POWER
) -> int:
    """How many pairs find a difference of `effect`.

    standard_deviation: of the differences between paired records (or sessions, for sessions).
    """
    if effect == 0:
        raise ValueError("no number of records finds an effect of 0")
    one = minimum_detectable_effect(standard_deviation, alpha=alpha, power=power)
    return max(2, math.ceil((one / effect) ** 2))


def mcnemar_power(
    count: int, difference: float, discordance: float, *, alpha: float = ALPHA
) -> float:
    """The chance that McNemar's test finds a difference of pass rates (Connor 1987).

    discordance: the share of pairs that differ, at least as large as the difference.
    """
    if not abs(difference) <= discordance <= 1:
        raise ValueError(
            f"a discordance of {discordance} cannot hold a difference of {difference}: "
            "it is between the difference and 1"
        )
    spread = math.sqrt(max(0.0, discordance - difference * difference))
    reach = abs(difference) * math.sqrt(count)
    reach -= NORMAL.inv_cdf(1 - alpha / 2) * math.sqrt(discordance)
    if spread == 0:
        return float(reach > 0)
    return NORMAL.cdf(reach / spread)


def mcnemar_minimum_difference(
    count: int, discordance: float, *, alpha: float = ALPHA, power: float = POWER
) -> float | None:
    """The smallest difference of pass rates that `count` pairs find; None if none is found.

    A difference larger than `discordance` is taken to raise it: all pairs differ one way.
    """
    low, high = 0.0, 1.0
    if mcnemar_power(count, 1.0, 1.0, alpha=alpha) < power:
        return None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if mcnemar_power(count, middle, max(discordance, middle), alpha=alpha) < power:
            low = middle
        else:
            high = middle
    return high


def mcnemar_records_needed(
    difference: float, discordance: float, *, alpha: float = ALPHA, power: float = POWER
) -> int:
    """How many pairs find a difference of pass rates, if `discordance` of them differ."""
    if difference == 0:
        raise ValueError("no number of records finds an effect of 0")
    spread = math.sqrt(max(0.0, discordance - difference * difference))
    root = NORMAL.inv_cdf(1 - alpha / 2) * math.sqrt(discordance) + NORMAL.inv_cdf(power) * spread
    return max(2, math.ceil((root / difference) ** 2))
