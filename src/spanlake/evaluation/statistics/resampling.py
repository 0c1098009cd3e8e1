"""How intervals are made."""

from dataclasses import dataclass

from spanlake.errors import UserError
from spanlake.evaluation.statistics.estimate import LEVEL


@dataclass(frozen=True, slots=True)
class Resampling:
    """The level of intervals, how many resamples, and the seed that makes them repeatable.

    Tests use alpha = 1 - level.
    """

    level: float = LEVEL
    resamples: int = 10_000
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise UserError(
                f"confidence level {self.level}: it is between 0 and 1; 0.95 is what most use"
            )
        if self.resamples < 1:
            raise UserError(
                f"{self.resamples} resamples: at least 1, and 10000 for an interval to rely on"
            )

    @property
    def alpha(self) -> float:
        """The significance level."""
        return 1 - self.level


DEFAULT = Resampling()
