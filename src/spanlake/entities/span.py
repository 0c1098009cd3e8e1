"""A span as Python code sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class SpanEvent:
    """An event of a span. attributes: strings as they are, everything else as JSON text."""

    name: str | None
    time: datetime | None
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A row of the view `spans`; the columns that hold JSON are parsed.

    input_messages, output_messages: lists of {role, parts: [...]} in the OpenTelemetry GenAI
    schema. documents: a list of {id, content, score, metadata}. Times are UTC, durations ms.
    """

    trace_id: str
    span_id: str
    parent_span_id: str | None = None
    name: str | None = None
    span_type: str | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    start_time_ns: int | None = None
    end_time_ns: int | None = None
    duration_ms: float | None = None
    status_code: str = "UNSET"
    status_message: str | None = None
    is_error: bool = False
    error_type: str | None = None
    error_message: str | None = None
    service_name: str | None = None
    operation: str | None = None
    provider: str | None = None
    model: str | None = None
    request_params: Any = None
    finish_reasons: tuple[str, ...] = ()
    time_to_first_token_ms: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cost_usd: float | None = None
    system_instructions: Any = None
    input_messages: Any = None
    output_messages: Any = None
    tool_definitions: Any = None
    input: str | None = None
    output: str | None = None
    tool_name: str | None = None
    tool_call_id: str | None = None
    tool_arguments: str | None = None
    tool_result: str | None = None
    documents: Any = None
    agent_name: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    events: tuple[SpanEvent, ...] = ()
