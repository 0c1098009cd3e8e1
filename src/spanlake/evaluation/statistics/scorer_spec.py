"""What has to be known of a scorer to compare its values fairly."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from spanlake.errors import UserError
from spanlake.evaluation.statistics.estimate import Kind

LESS_IS_BETTER = frozenset(
    {
        "cost",
        "cost_usd",
        "duration",
        "duration_ms",
        "edit_distance",
        "error_rate",
        "errors",
        "input_tokens",
        "latency",
        "latency_ms",
        "output_tokens",
        "reasoning_tokens",
        "time_to_first_token",
        "time_to_first_token_ms",
        "token_count",
        "tokens",
        "total_tokens",
    }
)
"""Names that mean the same everywhere; any other scorer is better when greater, unless said."""


@dataclass(frozen=True, slots=True)
class ScorerSpec:
    """How to read one scorer.

    kind: None to let the values decide. greater_is_better: None for True, unless the name is one of
    LESS_IS_BETTER. margin: how much worse is still acceptable, in the unit of the values (0.02 of a
    pass rate is 2 pp), never negative. unit: printed after values, for example "ms".
    """

    name: str
    kind: Kind | None = None
    greater_is_better: bool | None = None
    margin: float = 0.0
    unit: str = ""

    def __post_init__(self) -> None:
        if not self.margin >= 0:
            raise UserError(
                f"margin {self.margin} of scorer {self.name!r}: a margin is how much worse is "
                "still acceptable, so 0 or more; give the distance without a sign"
            )

    @property
    def sign(self) -> int:
        """1 if greater is better, else -1."""
        if self.greater_is_better is None:
            return -1 if self.name in LESS_IS_BETTER else 1
        return 1 if self.greater_is_better else -1


def specs_by_name(specs: Iterable[ScorerSpec], scorers: Iterable[str]) -> Mapping[str, ScorerSpec]:
    """A spec for each scorer, the given ones first; raises UserError for one of no scorer."""
    found = list(scorers)
    chosen = {spec.name: spec for spec in specs}
    if unknown := [name for name in chosen if name not in found]:
        raise UserError(
            f"scorer {unknown[0]!r}: neither run has values of it; they have {', '.join(found)}"
        )
    return {name: chosen.get(name, ScorerSpec(name)) for name in found}
