"""How a run is done, as users say it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from spanlake.errors import UserError
from spanlake.evaluation.harness.progress import Tell
from spanlake.evaluation.scorers.decorator import scorer
from spanlake.evaluation.scorers.plugins import load_scorer
from spanlake.evaluation.scorers.scorer import Scorer, check_names
from spanlake.evaluation.statistics.criteria import parse_criteria


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How a run is done; see `evaluate`."""

    repetitions: int = 1
    concurrency: int = 10
    scorer_concurrency: int = 10
    predict_timeout: float | None = None
    budget_usd: float | None = None
    cache: bool = True
    experiment: str | None = None
    app_version: str | None = None
    name: str | None = None
    tags: Mapping[str, Any] = field(default_factory=dict)
    quality_criteria: str | None = None
    run_id: str | None = None
    split: str | None = None
    progress: Tell | None = None

    def __post_init__(self) -> None:
        for typed in ("repetitions", "concurrency", "scorer_concurrency"):
            value = getattr(self, typed)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise UserError(f"{typed} is {value!r}: must be a whole number of 1 or more")
        if self.quality_criteria is not None:
            parse_criteria(self.quality_criteria)


def read_scorers(scorers: Sequence[Scorer | Callable[..., Any] | str]) -> list[Scorer]:
    """Scorers as they are, made of functions, or by their names. Raises UserError."""
    if isinstance(scorers, Scorer | str) or callable(scorers):
        scorers = [scorers]
    found = []
    for each in scorers:
        if isinstance(each, Scorer):
            found.append(each)
        elif isinstance(each, str):
            found.append(load_scorer(each))
        elif callable(each):
            found.append(scorer(each))
        else:
            raise UserError(
                f"scorers has {each!r}: must be scorers, functions that could be one, or names"
            )
    check_names(found)
    return found
