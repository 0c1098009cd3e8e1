"""What somebody thinks of a span, trace, session or dataset record, and what was expected of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

AssessmentValue = bool | int | float | str | list[Any] | dict[str, Any] | None
"""A value is what JSON can hold."""


class SourceType(StrEnum):
    """Who assesses."""

    HUMAN = "HUMAN"
    LLM_JUDGE = "LLM_JUDGE"
    CODE = "CODE"


@dataclass(frozen=True, slots=True)
class AssessmentSource:
    """Who assessed. source_id: a person, a judge's model or a program, by a name of the user's."""

    source_type: SourceType | str = SourceType.CODE
    source_id: str = "default"


@dataclass(frozen=True, slots=True)
class AssessmentError:
    """Why there is no value."""

    error_code: str
    error_message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """A verdict: a value with its reason, or an error instead of it.

    span_id: of the span it is about, if it is about one alone.
    """

    name: str = "feedback"
    value: AssessmentValue = None
    rationale: str | None = None
    source: AssessmentSource | None = None
    error: AssessmentError | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    span_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What should have come out."""

    name: str
    value: AssessmentValue
    source: AssessmentSource | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    span_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """A stored assessment: a row of the view `assessments`.

    overrides: the id of the one it replaces. is_valid: whether it stands, and is neither overridden
    nor deleted.
    """

    assessment_id: str
    kind: Literal["feedback", "expectation"]
    name: str
    value: AssessmentValue
    rationale: str | None = None
    source: AssessmentSource = AssessmentSource()
    error: AssessmentError | None = None
    target_type: Literal["span", "trace", "session", "record"] = "trace"
    trace_id: str | None = None
    span_id: str | None = None
    session_id: str | None = None
    record_id: str | None = None
    run_id: str | None = None
    scorer_name: str | None = None
    scorer_digest: str | None = None
    created_at: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    overrides: str | None = None
    is_valid: bool = True
