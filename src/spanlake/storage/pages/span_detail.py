"""One span with everything that is known of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import orjson
import pyarrow as pa

from spanlake.errors import NotFoundError
from spanlake.otlp.export import traces_request
from spanlake.otlp.json_encode import protobuf_to_json
from spanlake.storage.lake import Lake
from spanlake.storage.texts import restored

# Of what a tool returned, as much as is shown before somebody asks for more.
_RESULT_LENGTH = 20_000
_OF_ONE = "WHERE trace_id = $trace_id AND span_id = $span_id"
_NEWEST = "ORDER BY end_time_ns DESC, received_at DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class SpanDetail:
    """A row of the view `spans`; what is JSON there is parsed.

    The types are a letter an attribute, as the view has them.
    """

    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str | None
    otel_kind: str | None
    start_time: datetime | None
    end_time: datetime | None
    start_time_ns: int | None
    end_time_ns: int | None
    duration_ms: float | None
    status_code: str
    status_message: str | None
    is_error: bool
    error_type: str | None
    error_message: str | None
    service_name: str | None
    scope_name: str | None
    scope_version: str | None
    resource: Mapping[str, str]
    resource_types: str | None
    attributes: Mapping[str, str]
    attribute_types: str | None
    events: tuple[Mapping[str, Any], ...]
    links: tuple[Mapping[str, Any], ...]
    span_type: str | None
    operation: str | None
    provider: str | None
    request_model: str | None
    response_model: str | None
    model: str | None
    request_params: Any
    response_id: str | None
    finish_reasons: tuple[str, ...]
    time_to_first_token_ms: float | None
    input_tokens: int | None
    output_tokens: int | None
    total_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    usage_is_rollup: bool | None
    cost_usd: float | None
    cost_source: str | None
    price_version: str | None
    system_instructions: Any
    input_messages: Any
    output_messages: Any
    tool_definitions: Any
    input: str | None
    output: str | None
    tool_name: str | None
    tool_call_id: str | None
    tool_arguments: str | None
    tool_result: str | None
    documents: Any
    agent_name: str | None
    workflow_name: str | None
    session_id: str | None
    user_id: str | None
    tags: tuple[str, ...]
    metadata: Mapping[str, str]
    environment: str | None
    release: str | None
    experiment: str | None
    app_version: str | None
    prompt_name: str | None
    prompt_version: str | None
    dialect: str | None
    semconv_errors: Any
    received_at: datetime | None


_JSON = frozenset(
    {
        "request_params",
        "system_instructions",
        "input_messages",
        "output_messages",
        "tool_definitions",
        "documents",
    }
)
_MAPS = frozenset({"resource", "attributes", "metadata"})
_LISTS = frozenset({"events", "links", "finish_reasons", "tags"})
_NAMES = tuple(field.name for field in fields(SpanDetail))


def read_span(lake: Lake, trace_id: str, span_id: str) -> SpanDetail:
    """One span, the last one to end where it was sent twice. NotFoundError if there is none."""
    rows = lake.rows(
        f"SELECT {', '.join(_NAMES)} FROM spans {_OF_ONE} {_NEWEST}",  # noqa: S608  # names of ours
        {"trace_id": trace_id, "span_id": span_id},
    )
    if not rows:
        raise NotFoundError(f"SPAN_ID is {span_id}: trace {trace_id} has no such span")
    return SpanDetail(*map(_value, _NAMES, rows[0]))


def read_raw_span(lake: Lake, trace_id: str, span_id: str) -> str:
    """A span as it was sent, as indented OTLP/JSON. NotFoundError if there is none."""
    table = lake.sql(
        f"FROM lake.spans {_OF_ONE} {_NEWEST}",  # texts of ours
        {"trace_id": trace_id, "span_id": span_id},
    ).to_arrow_table()
    if not table.num_rows:
        raise NotFoundError(f"SPAN_ID is {span_id}: trace {trace_id} has no such span")
    message = orjson.loads(protobuf_to_json(traces_request(restored(_whole(table)))))
    return orjson.dumps(message, option=orjson.OPT_INDENT_2).decode()


def _whole(table: pa.Table) -> pa.Table:
    return table.combine_chunks()


def _value(name: str, value: Any) -> Any:  # noqa: ANN401  # whatever a column holds
    if name in _JSON:
        return None if value is None else orjson.loads(value)
    if name in _MAPS:
        return value or {}
    if name in _LISTS:
        return tuple(value or ())
    return value


@dataclass(frozen=True, slots=True)
class ToolRun:
    """The span in which a tool ran that a model asked for. result: its beginning."""

    span_id: str
    tool_call_id: str
    result: str | None
    result_length: int


def find_tool_runs(lake: Lake, trace_id: str, call_ids: Sequence[str]) -> dict[str, ToolRun]:
    """For each of these tool calls, the span of the trace that ran it, if there is one."""
    if not call_ids:
        return {}
    rows = lake.rows(
        "SELECT span_id, tool_call_id, left(output, $length), coalesce(length(output), 0)"
        " FROM spans WHERE trace_id = $trace_id AND span_type = 'TOOL'"
        " AND list_contains($call_ids, tool_call_id)",
        {"trace_id": trace_id, "call_ids": list(call_ids), "length": _RESULT_LENGTH},
    )
    return {run.tool_call_id: run for run in (ToolRun(*row) for row in rows)}
