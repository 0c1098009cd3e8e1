"""What comes out of comparing runs with a baseline."""

from dataclasses import dataclass
from enum import StrEnum

from spanlake.evaluation.statistics.difference import Difference
from spanlake.evaluation.statistics.estimate import Estimate, Kind
from spanlake.evaluation.statistics.flips import FlippedRow
from spanlake.evaluation.statistics.scorer_spec import ScorerSpec
from spanlake.evaluation.statistics.verdicts import Coverage


class Change(StrEnum):
    """What may be claimed after correction."""

    BETTER = "better"
    WORSE = "worse"
    UNCLEAR = "no evidence of a change"
    TOO_FEW = "too few pairs"


@dataclass(frozen=True, slots=True)
class SliceComparison:
    """One scorer on the `pairs` records whose `column` has `value` (None: that have none)."""

    column: str
    value: str | None
    pairs: int
    difference: Difference
    p_adjusted: float | None
    p_worse_adjusted: float | None
    change: Change


@dataclass(frozen=True, slots=True)
class ScorerComparison:
    """One scorer, candidate minus baseline.

    The means are over the records that have a verdict in both runs. p_adjusted, p_worse_adjusted:
    after Holm over all scorers and candidates. non_inferior: whether the interval excludes being
    worse by the margin; None without a margin. lost, gained: records that have a verdict in the
    baseline alone, in the candidate alone.
    """

    spec: ScorerSpec
    kind: Kind
    baseline: Estimate
    candidate: Estimate
    difference: Difference
    p_adjusted: float | None
    p_worse_adjusted: float | None
    change: Change
    non_inferior: bool | None
    pairs: int
    lost: tuple[str, ...]
    gained: tuple[str, ...]
    baseline_coverage: Coverage
    candidate_coverage: Coverage
    flipped: tuple[FlippedRow, ...]
    slices: tuple[SliceComparison, ...]


@dataclass(frozen=True, slots=True)
class RunComparison:
    """A candidate against the baseline.

    missing, new: scorers that only the baseline has, that only the candidate has.
    """

    baseline: str
    candidate: str
    scorers: tuple[ScorerComparison, ...]
    missing: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def flipped(self) -> tuple[FlippedRow, ...]:
        """All flipped rows, those that now fail first."""
        rows = [row for scorer in self.scorers for row in scorer.flipped]
        return tuple(sorted(rows, key=lambda row: row.direction, reverse=True))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every candidate against the same baseline; `tests` is how many p-values Holm corrected."""

    baseline: str
    runs: tuple[RunComparison, ...]
    level: float
    tests: int
