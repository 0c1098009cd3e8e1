"""How stored targets are scored, as users say it, and what they are told of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from spanlake.errors import UserError
from spanlake.evaluation.harness.progress import Tell

EngineName = Literal["asyncio", "ray"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorerPlan:
    """What a scorer would have to do. targets: how many lack its verdict.

    cost_usd: what they are likely to cost, by what its verdicts have cost; None if nobody knows.
    """

    scorer: str
    digest: str
    targets: int
    cost_usd: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreResult:
    """What was scored, or, of a dry run, would be. run_id: None where nothing was.

    scored: verdicts by scorer. errors: those of them that failed; unanswered: those of the errors
    that say nothing of the target, because a model did not answer. They are asked for next time.
    """

    run_id: str | None
    plan: tuple[ScorerPlan, ...]
    state: str = "planned"
    scored: dict[str, int] = field(default_factory=dict)
    errors: int = 0
    unanswered: int = 0
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreOptions:
    """Which targets, and how; see `score`."""

    where: str | None = None
    since: datetime | None = None
    sample: float = 1.0
    limit: int | None = None
    trace_ids: tuple[str, ...] | None = None
    retry_errors: bool = False
    include_evaluations: bool = False
    concurrency: int = 10
    budget_usd: float | None = None
    cache: bool = True
    name: str | None = None
    dry_run: bool = False
    engine: EngineName = "asyncio"
    progress: Tell | None = None

    def __post_init__(self) -> None:
        if not 0 < self.sample <= 1:
            raise UserError(f"sample is {self.sample}: must be above 0 and at most 1, such as 0.1")
        if self.concurrency < 1:
            raise UserError(f"concurrency is {self.concurrency}: must be 1 or more")
        if self.limit is not None and self.limit < 1:
            raise UserError(f"limit is {self.limit}: must be 1 or more")
        if self.engine not in ("asyncio", "ray"):
            raise UserError(f"engine is {self.engine!r}: must be asyncio or ray")
