"""A trace, and the traces of a session, as Python code sees them."""

from dataclasses import dataclass
from datetime import datetime

from spanlake.entities.assessment import Assessment
from spanlake.entities.span import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A row of the view `traces`, with its spans, each before its children, and its assessments.

    Tokens and cost are the billable ones: each model call once. Times are UTC, durations ms.
    """

    trace_id: str
    name: str | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    duration_ms: float | None = None
    status_code: str = "UNSET"
    error_count: int = 0
    span_count: int = 0
    llm_call_count: int = 0
    tool_call_count: int = 0
    input: str | None = None
    output: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cost_usd: float | None = None
    unpriced_call_count: int = 0
    models: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    session_id: str | None = None
    user_id: str | None = None
    tags: tuple[str, ...] = ()
    service_name: str | None = None
    environment: str | None = None
    experiment: str | None = None
    app_version: str | None = None
    is_complete: bool = True
    spans: tuple[Span, ...] = ()
    assessments: tuple[Assessment, ...] = ()

    @property
    def root(self) -> Span | None:
        """The span without a parent, or else the first; None for a trace without spans."""
        parentless = (span for span in self.spans if span.parent_span_id is None)
        return next(parentless, self.spans[0] if self.spans else None)

    def search_spans(
        self,
        span_type: str | None = None,
        name: str | None = None,
        span_id: str | None = None,
    ) -> list[Span]:
        """The spans of a type, of a name and of an id, in order; an argument left out is any."""
        return [
            span
            for span in self.spans
            if (span_type is None or span.span_type == span_type)
            and (name is None or span.name == name)
            and (span_id is None or span.span_id == span_id)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A conversation: its traces from the first to the last, and what is said of it as a whole."""

    session_id: str
    traces: tuple[Trace, ...] = ()
    assessments: tuple[Assessment, ...] = ()
