"""The values that travel between packages, and that users meet as Python objects."""

from spanlake.entities.assessment import (
    Assessment,
    AssessmentError,
    AssessmentSource,
    AssessmentValue,
    Expectation,
    Feedback,
    SourceType,
)
from spanlake.entities.span import Span, SpanEvent
from spanlake.entities.telemetry import Receipt, Signal
from spanlake.entities.trace import Session, Trace

__all__ = [
    "Assessment",
    "AssessmentError",
    "AssessmentSource",
    "AssessmentValue",
    "Expectation",
    "Feedback",
    "Receipt",
    "Session",
    "Signal",
    "SourceType",
    "Span",
    "SpanEvent",
    "Trace",
]
