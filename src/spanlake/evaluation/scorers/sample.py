"""What is scored: one dataset record, trace, span or session, with what a scorer may ask for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from spanlake.entities import Assessment, Session, Trace

TargetType = Literal["record", "trace", "span", "session"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One thing to score. What it does not have is None; no expectations are an empty mapping.

    target_id: of the record, trace or session; of a span "<trace_id>/<span_id>".
    inputs, outputs: JSON values. trace: what the outputs were made by, where that is known.
    session: of a sample for scorers of whole sessions, and only there.
    """

    target_id: str
    target_type: TargetType = "record"
    inputs: Any = None
    outputs: Any = None
    expectations: Mapping[str, Any] = field(default_factory=dict)
    trace: Trace | None = None
    session: Session | None = None

    @classmethod
    def of_trace(cls, trace: Trace) -> "Sample":
        """A stored trace; its expectations are the ones that were assessed for it."""
        return cls(
            target_id=trace.trace_id,
            target_type="trace",
            inputs=_said(trace, trace.input),
            outputs=_said(trace, trace.output),
            expectations=_expectations(trace.assessments),
            trace=trace,
        )

    @classmethod
    def of_session(cls, session: Session) -> "Sample":
        """A stored session; its expectations are the ones that were assessed for it."""
        return cls(
            target_id=session.session_id,
            target_type="session",
            expectations=_expectations(session.assessments),
            session=session,
        )

    def arguments(self, wanted: Iterable[str]) -> dict[str, Any]:
        """The keyword arguments for a scorer that wants these of the five."""
        return {name: getattr(self, name) for name in wanted}


def _said(trace: Trace, text: str | None) -> object:
    """What the app was given or gave, which a span keeps as text.

    An object is what a function took or returned, unless a model wrote it: that is text, also
    where the text is JSON.
    """
    root = trace.root
    if text is None or not text.startswith("{") or (root is not None and root.span_type == "LLM"):
        return text
    try:
        read: object = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return read


def _expectations(assessments: Iterable[Assessment]) -> dict[str, Any]:
    """Those that stand, by name; of several the last one stored."""
    return {
        each.name: each.value
        for each in assessments
        if each.kind == "expectation" and each.is_valid
    }
