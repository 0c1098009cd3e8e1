"""Spans and traces as `traces show` has them, said in a few words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from spanlake.storage.traces import SpanSummary, TraceSummary

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
_NOON_NS = 1_795_262_400_000_000_000

_SPAN = SpanSummary(
    span_id="",
    parent_span_id=None,
    name="step",
    span_type=None,
    otel_kind="INTERNAL",
    start_time_ns=None,
    end_time_ns=None,
    duration_ms=None,
    status_code="UNSET",
    is_error=False,
    error_type=None,
    error_message=None,
    model=None,
    tool_name=None,
    input_tokens=None,
    output_tokens=None,
    usage_is_rollup=None,
    cost_usd=None,
    input=None,
    output=None,
)
_TRACE = TraceSummary(
    trace_id="0af7651916cd43dd8448eb211c80319c",
    name="step",
    start_time=NOON,
    end_time=NOON + timedelta(seconds=1),
    duration_ms=1000.0,
    status_code="UNSET",
    error_count=0,
    span_count=1,
    llm_call_count=0,
    tool_call_count=0,
    input=None,
    output=None,
    input_tokens=None,
    output_tokens=None,
    total_tokens=None,
    cost_usd=None,
    unpriced_call_count=0,
    models=(),
    tools=(),
    session_id=None,
    user_id=None,
    service_name=None,
    is_complete=True,
)


def span_summary(
    span_id: str, parent: str | None = None, *, at_ms: int = 0, ms: int = 10, **fields: object
) -> SpanSummary:
    """A span that starts `at_ms` after noon and takes `ms`."""
    start = _NOON_NS + at_ms * 1_000_000
    times = {"start_time_ns": start, "end_time_ns": start + ms * 1_000_000, "duration_ms": ms}
    found: dict[str, object] = {"span_id": span_id, "parent_span_id": parent, **times, **fields}
    return replace(_SPAN, **found)  # type: ignore[arg-type]  # the fields are the caller's


def trace_summary(**fields: object) -> TraceSummary:
    """A trace that starts at noon and takes a second."""
    return replace(_TRACE, **fields)  # type: ignore[arg-type]  # the fields are the caller's
