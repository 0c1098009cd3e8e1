"""What the API takes about assessments; the members are columns of the view `assessments`."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from spanlake.entities import (
    AssessmentError,
    AssessmentSource,
    Expectation,
    Feedback,
)
from spanlake.errors import UserError
from spanlake.storage.assessments.checks import check_metadata
from spanlake.storage.assessments.entry import Entry, Provenance, Target
from spanlake.web.api.endpoint import Model, Moment

MOST_IN_BATCH = 1000
_OF_AN_OVERRIDE = frozenset(
    {
        "overrides",
        "kind",
        "value",
        "error_code",
        "error_message",
        "rationale",
        "source_type",
        "source_id",
        "metadata",
    }
)
_Count = Annotated[int, Field(ge=0, le=2**63 - 1)]


class NewAssessment(Model):
    """Feedback or an expectation about a trace, a span, a session or a dataset record."""

    kind: Literal["feedback", "expectation"] = "feedback"
    name: str = Field("feedback", description="What is assessed, such as `helpful`.")
    value: JsonValue = Field(None, description="Any JSON value but null.")
    error_code: str | None = Field(None, description="Why there is no value.")
    error_message: str | None = None
    rationale: str | None = Field(None, description="The reason; of feedback only.")
    source_type: str | None = Field(
        None,
        description="HUMAN, LLM_JUDGE or CODE; else CODE, and HUMAN of an expectation.",
    )
    source_id: str | None = Field(None, description="Who: a person, model or program.")
    trace_id: str | None = Field(None, description="32 hexadecimal digits.")
    span_id: str | None = Field(None, description="16 hexadecimal digits; with trace_id.")
    session_id: str | None = None
    record_id: str | None = Field(None, description="Of a dataset record.")
    metadata: dict[str, JsonValue] = Field(default_factory=dict)
    assessment_id: str | None = Field(
        None, description="Your own, for retries; else it is made of the content."
    )
    overrides: str | None = Field(
        None, description="The id of the assessment that this replaces; it gives name and target."
    )
    created_at: Moment | None = Field(None, description="When it was said; else now.")
    run_id: str | None = None
    scorer_name: str | None = None
    scorer_digest: str | None = None
    judge_model: str | None = None
    judge_input_tokens: _Count | None = None
    judge_output_tokens: _Count | None = None
    judge_cost_usd: float | None = None
    content_digest: str | None = None

    def said(self) -> Feedback | Expectation:
        """What is said."""
        default = "HUMAN" if self.kind == "expectation" else "CODE"
        source = AssessmentSource(self.source_type or default, self.source_id or "default")
        metadata = check_metadata(self.metadata)
        if self.kind == "expectation":
            for name in ("rationale", "error_code", "error_message"):
                if getattr(self, name) is not None:
                    raise UserError(
                        f"{name} is {getattr(self, name)!r:.80}: is of feedback only; leave it out"
                    )
            return Expectation(name=self.name, value=self.value, source=source, metadata=metadata)
        if self.error_code is None and self.error_message is not None:
            raise UserError(
                f"error_message is {self.error_message!r:.80}: must be with error_code; add it"
            )
        error = None
        if self.error_code is not None:
            error = AssessmentError(self.error_code, self.error_message)
        return Feedback(
            name=self.name,
            value=self.value,
            rationale=self.rationale,
            source=source,
            error=error,
            metadata=metadata,
        )

    def override(self) -> Feedback | Expectation:
        """What is said instead of another. UserError for what that one says already."""
        for name in sorted(self.model_fields_set - _OF_AN_OVERRIDE):
            raise UserError(
                f"{name} is {getattr(self, name)!r:.80}: must not be beside overrides, as what is "
                "overridden says it; leave it out"
            )
        return self.said()

    def entry(self) -> Entry:
        """What is to be stored."""
        names = ("run_id", "scorer_name", "scorer_digest", "judge_model", "content_digest")
        counts = ("judge_input_tokens", "judge_output_tokens", "judge_cost_usd")
        return Entry(
            target=Target(self.trace_id, self.span_id, self.session_id, self.record_id),
            said=self.said(),
            provenance=Provenance(**{name: getattr(self, name) for name in (*names, *counts)}),
            assessment_id=self.assessment_id,
            created_at=self.created_at,
        )


class NewAssessments(Model):
    """Several, which are stored all or not at all."""

    assessments: list[NewAssessment] = Field(min_length=1, max_length=MOST_IN_BATCH)


class AssessmentQuery(Model):
    """Which assessments: those that are all of this."""

    trace_id: str | None = None
    span_id: str | None = None
    session_id: str | None = None
    record_id: str | None = None
    run_id: str | None = None
    name: str | None = None
    kind: Literal["feedback", "expectation"] | None = None
    source_type: Literal["HUMAN", "LLM_JUDGE", "CODE"] | None = None
    source_id: str | None = None
    experiment: str | None = None
    since: Moment | None = Field(None, description="Said then or later.")
    with_invalid: bool = Field(False, description="Also those overridden or deleted.")
    limit: int = Field(100, ge=1, le=1000)
    cursor: str | None = Field(None, description="The `next` of the page before.")


class Deletion(Model):
    """Who takes an assessment back, and why."""

    source_type: str = "CODE"
    source_id: str = "default"
    reason: str | None = None
