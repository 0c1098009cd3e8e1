"""What is to be stored as an assessment: what is said, of what, and how it came about."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from spanlake.entities import Expectation, Feedback
from spanlake.errors import UserError

TargetType = Literal["span", "trace", "session", "record"]


@dataclass(frozen=True, slots=True)
class Target:
    """What an assessment is about: a trace or a span of it, a session, or a dataset record."""

    trace_id: str | None = None
    span_id: str | None = None
    session_id: str | None = None
    record_id: str | None = None

    @property
    def target_type(self) -> TargetType:
        """Which of them it is. UserError unless it is exactly one."""
        given = {
            name: value
            for name in ("trace_id", "session_id", "record_id")
            if (value := getattr(self, name)) is not None
        }
        if self.span_id is not None and self.trace_id is None:
            raise UserError(
                f"span_id is {self.span_id!r}: must be with the trace_id of its trace; add it"
            )
        if not given:
            raise UserError(
                "trace_id, session_id and record_id are missing: one must be given; add it"
            )
        if len(given) > 1:
            what = " and ".join(f"{name} is {value!r}" for name, value in given.items())
            raise UserError(f"{what}: only one may be given; log an assessment of each")
        if self.span_id is not None:
            return "span"
        if self.trace_id is not None:
            return "trace"
        return "session" if self.session_id is not None else "record"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """How an assessment was computed: by which scorer and model, in which run, from what content.

    judge_cost_usd, judge_input_tokens, judge_output_tokens: of the model calls it took.
    """

    run_id: str | None = None
    scorer_name: str | None = None
    scorer_digest: str | None = None
    judge_model: str | None = None
    judge_input_tokens: int | None = None
    judge_output_tokens: int | None = None
    judge_cost_usd: float | None = None
    content_digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One assessment to store.

    assessment_id: the caller's own; without one it is made of the content, so that a retry is
    recognised. created_at: when it was said, now if None. overrides: the id of what it replaces.
    """

    target: Target
    said: Feedback | Expectation
    provenance: Provenance = field(default_factory=Provenance)
    assessment_id: str | None = None
    created_at: datetime | None = None
    overrides: str | None = None
