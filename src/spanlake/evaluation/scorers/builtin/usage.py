"""What a trace took: time, money and tokens."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from spanlake.entities import Feedback, Trace
from spanlake.errors import UserError
from spanlake.evaluation.scorers.aggregate import Aggregation
from spanlake.evaluation.scorers.builtin.given import check_choice
from spanlake.evaluation.scorers.scorer import Scorer


class _Amount(Scorer):
    """An amount that passes up to a limit; without a limit it neither passes nor fails."""

    aggregations: Sequence[Aggregation] = ("mean", "p50", "p90", "p99")
    greater_is_better: bool = False

    presentation: ClassVar[frozenset[str]] = Scorer.presentation | {
        "max_seconds",
        "max_usd",
        "max_tokens",
    }

    def _limit(self) -> float | None:
        raise NotImplementedError

    def __post_init__(self) -> None:
        super().__post_init__()
        limit = self._limit()
        if limit is not None and (isinstance(limit, bool) or not limit >= 0):
            raise UserError(f"the limit of the scorer {self.name} is {limit!r}: must be 0 or more")

    def passes(self, value: object) -> bool | None:
        """Whether an amount is within the limit, or as pass_if says."""
        limit = self._limit()
        if self.pass_if is not None or limit is None or not isinstance(value, int | float):
            return super().passes(value)
        return value <= limit


class Latency(_Amount):
    """How many seconds the trace took. max_seconds: more than that does not pass."""

    max_seconds: float | None = None

    def _limit(self) -> float | None:
        return self.max_seconds

    def __call__(self, *, trace: Trace) -> Feedback:
        """The duration in seconds."""
        if trace.duration_ms is None:
            return self.feedback(rationale="the trace has no times")
        return self.feedback(value=trace.duration_ms / 1000)


class Cost(_Amount):
    """What the model calls of the trace cost in USD, each once. max_usd: more does not pass."""

    max_usd: float | None = None

    def _limit(self) -> float | None:
        return self.max_usd

    def __call__(self, *, trace: Trace) -> Feedback:
        """The cost; nothing where no call has a known price."""
        unknown = trace.unpriced_call_count
        rationale = f"{unknown} calls have no known price" if unknown else None
        if trace.cost_usd is None and trace.llm_call_count == 0:
            return self.feedback(value=0.0, rationale="the trace has no model calls")
        return self.feedback(value=trace.cost_usd, rationale=rationale)


class TokenBudget(_Amount):
    """How many tokens the model calls of the trace used, each call once.

    kind: total, input or output. max_tokens: more does not pass.
    """

    max_tokens: int | None = None
    kind: Literal["total", "input", "output"] = "total"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self.name, "kind", self.kind, ("total", "input", "output"))

    def _limit(self) -> float | None:
        return self.max_tokens

    def __call__(self, *, trace: Trace) -> Feedback:
        """The number of tokens."""
        used = {
            "total": trace.total_tokens,
            "input": trace.input_tokens,
            "output": trace.output_tokens,
        }[self.kind]
        if used is None and trace.llm_call_count == 0:
            return self.feedback(value=0, rationale="the trace has no model calls")
        return self.feedback(
            value=used, rationale=None if used is not None else "no call tells tokens"
        )
