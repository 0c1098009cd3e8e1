"""What every number of an evaluation carries: its interval, how that was made, and of how many."""

from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
AnyArray = NDArray[Any]

NORMAL = NormalDist()
"""The standard normal distribution: `cdf` and `inv_cdf`."""

LEVEL = 0.95
"""The confidence level where none is given."""


class Kind(StrEnum):
    """What values are; the methods for them follow from it.

    Pass or fail; names without an order; ratings; measurements.
    """

    BINARY = "binary"
    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    NUMERIC = "numeric"


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval from `low` to `high`, in the unit of the value."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether the value is one that the interval does not exclude."""
        return self.low <= value <= self.high

    def reversed(self) -> "Interval":
        """The interval of the value with its sign changed."""
        return Interval(-self.high, -self.low)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number, how far it can be trusted, and why.

    value: None where nothing was measured. interval: None where none can be given; `method` then
    says why. count: of the independent units (sessions, or records where there are no sessions).
    """

    value: float | None
    interval: Interval | None
    method: str
    count: int
    level: float = LEVEL

    @property
    def low(self) -> float | None:
        """The lower bound, if there is one."""
        return None if self.interval is None else self.interval.low

    @property
    def high(self) -> float | None:
        """The upper bound, if there is one."""
        return None if self.interval is None else self.interval.high


def quantile_of(level: float) -> float:
    """The normal quantile of a two-sided interval: 1.96 for 0.95."""
    return NORMAL.inv_cdf(0.5 + level / 2)


def t_quantile_of(level: float, freedom: int) -> float:
    """The same of Student's t, to 1 % from five degrees of freedom up (Fisher's expansion)."""
    z = quantile_of(level)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3
