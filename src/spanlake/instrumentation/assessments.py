"""Feedback and expectations from inside an app, over OTLP.

Nothing is ever changed: an override and a deletion are events of their own, which name the
assessment they end.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal
from uuid import uuid4

from opentelemetry._logs import SeverityNumber, get_logger, get_logger_provider
from opentelemetry._logs._internal import ProxyLoggerProvider
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from spanlake.entities import Assessment, AssessmentError, AssessmentSource, SourceType
from spanlake.entities.assessment import AssessmentValue
from spanlake.errors import UserError
from spanlake.instrumentation import environment
from spanlake.instrumentation.assessment_event import (
    EVENT,
    attributes_of,
    metadata_texts,
    source_type_of,
)
from spanlake.instrumentation.current_trace import get_current_trace_id

_DIGITS = {"trace_id": 32, "span_id": 16}
_HUMAN = AssessmentSource(SourceType.HUMAN)


def log_feedback(  # noqa: PLR0913  # keywords, most of them optional
    *,
    trace_id: str | None = None,
    name: str = "feedback",
    value: AssessmentValue = None,
    source: AssessmentSource | None = None,
    error: AssessmentError | None = None,
    rationale: str | None = None,
    metadata: Mapping[str, object] | None = None,
    span_id: str | None = None,
    session_id: str | None = None,
) -> Assessment:
    """Say what somebody or something thinks of a trace, of a span of it, or of a session.

    trace_id: hex; the current trace if neither it nor a session is named. value: anything JSON has;
    or else `error`, why there is none. source: who says so, by default this code. Returns the
    assessment, whose id overrides and deletions name. Raises UserError for what cannot be right,
    and where nothing would carry it: call `spanlake.init` first.
    """
    if (value is None) == (error is None):
        raise UserError(
            f"feedback {name!r} has value {value!r} and error {error!r}: it needs one of the two"
        )
    target = _target(trace_id, span_id, session_id)
    return _emit(_new("feedback", name, target, value, source, error, rationale, metadata))


def log_expectation(  # noqa: PLR0913  # the same
    *,
    trace_id: str | None = None,
    name: str,
    value: AssessmentValue,
    source: AssessmentSource | None = None,
    metadata: Mapping[str, object] | None = None,
    span_id: str | None = None,
    session_id: str | None = None,
) -> Assessment:
    """Say what should have come out of a trace, a span or a session; by default a person says so.

    Arguments and errors are those of `log_feedback`.
    """
    if value is None:
        raise UserError(f"expectation {name!r} has no value: say what should have come out")
    target = _target(trace_id, span_id, session_id)
    return _emit(_new("expectation", name, target, value, source or _HUMAN, metadata=metadata))


def override_feedback(  # noqa: PLR0913  # the same
    *,
    trace_id: str | None = None,
    assessment_id: str | Assessment,
    value: AssessmentValue,
    rationale: str | None = None,
    source: AssessmentSource | None = None,
    metadata: Mapping[str, object] | None = None,
    name: str | None = None,
    span_id: str | None = None,
    session_id: str | None = None,
) -> Assessment:
    """Put a verdict in the place of another, which stays in the history.

    assessment_id: of the other; or itself, then name and target are its own unless given here.
    """
    old = _named(assessment_id, trace_id, name, span_id, session_id)
    target = (old.trace_id, old.span_id, old.session_id)
    new = _new("feedback", old.name, target, value, source, None, rationale, metadata)
    return _emit(new, overrides=old.assessment_id)


def delete_assessment(
    *,
    trace_id: str | None = None,
    assessment_id: str | Assessment,
    span_id: str | None = None,
    session_id: str | None = None,
) -> None:
    """Take an assessment back; the history keeps it."""
    old = _named(assessment_id, trace_id, None, span_id, session_id)
    target = (old.trace_id, old.span_id, old.session_id)
    deletion = _new(old.kind, old.name, target, None, old.source)
    _emit(deletion, overrides=old.assessment_id, is_deletion=True)


_Target = tuple[str | None, str | None, str | None]
"""The ids of a trace, a span and a session; of each level only those that are needed."""


def _target(trace_id: str | None, span_id: str | None, session_id: str | None) -> _Target:
    if trace_id is None and session_id is None:
        trace_id = get_current_trace_id()
        if trace_id is None:
            raise UserError(
                "neither trace_id nor session_id is given, and no trace runs here: pass trace_id="
            )
    if trace_id is None and span_id is not None:
        raise UserError(f"span_id is {span_id!r} without trace_id: pass both")
    return (
        _hex("trace_id", trace_id),
        _hex("span_id", span_id),
        session_id,
    )


def _hex(name: str, value: str | None) -> str | None:
    """An id as the lake has it; UUIDs and upper case are the same id."""
    if value is None:
        return None
    digits = value.strip().lower().replace("-", "")
    if not re.fullmatch(f"[0-9a-f]{{{_DIGITS[name]}}}", digits) or not int(digits, 16):
        raise UserError(
            f"{name} is {value!r}: must be {_DIGITS[name]} hexadecimal digits, not all zero, as "
            "SQL and spanlake.get_current_trace_id() show it"
        )
    return digits


def _named(
    old: str | Assessment,
    trace_id: str | None,
    name: str | None,
    span_id: str | None,
    session_id: str | None,
) -> Assessment:
    """The assessment that is meant, as far as it is known."""
    if isinstance(old, Assessment):
        target = _target(
            trace_id or old.trace_id, span_id or old.span_id, session_id or old.session_id
        )
        assessment = _new(old.kind, name or old.name, target, None, old.source)
        return replace(assessment, assessment_id=old.assessment_id)
    if not old:
        raise UserError(f"assessment_id is {old!r}: must be the id that log_feedback returned")
    target = _target(trace_id, span_id, session_id)
    return replace(_new("feedback", name or "feedback", target, None), assessment_id=old)


def _new(  # noqa: PLR0913, PLR0917  # the fields of an assessment
    kind: Literal["feedback", "expectation"],
    name: str,
    target: _Target,
    value: AssessmentValue,
    source: AssessmentSource | None = None,
    error: AssessmentError | None = None,
    rationale: str | None = None,
    metadata: Mapping[str, object] | None = None,
) -> Assessment:
    source = source or AssessmentSource()
    trace_id, span_id, session_id = target
    return Assessment(
        assessment_id=f"a-{uuid4().hex}",
        kind=kind,
        name=name,
        value=value,
        rationale=rationale,
        source=AssessmentSource(source_type_of(source.source_type), source.source_id),
        error=error,
        target_type="span" if span_id else "trace" if trace_id else "session",
        trace_id=trace_id,
        span_id=span_id,
        session_id=session_id,
        created_at=datetime.now(UTC),
        metadata=metadata_texts(metadata),
    )


def _emit(
    assessment: Assessment, *, overrides: str | None = None, is_deletion: bool = False
) -> Assessment:
    attributes = attributes_of(assessment, overrides=overrides, is_deletion=is_deletion)
    provider = get_logger_provider()
    if isinstance(provider, ProxyLoggerProvider) and not environment.is_disabled():
        raise UserError(
            f"{assessment.kind} {assessment.name!r} has nowhere to go: call spanlake.init() first, "
            "or write it to a lake with spanlake.connect()"
        )
    get_logger("spanlake").emit(
        timestamp=time.time_ns(),
        context=_context(assessment.trace_id, assessment.span_id),
        severity_number=SeverityNumber.INFO,
        attributes=attributes,
        event_name=EVENT,
    )
    return assessment


def _context(trace_id: str | None, span_id: str | None) -> Context:
    """The context of what is assessed, which is not the one that the event is made in."""
    ids = SpanContext(
        int(trace_id or "0", 16),
        int(span_id or "0", 16),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
    return set_span_in_context(NonRecordingSpan(ids), Context())
