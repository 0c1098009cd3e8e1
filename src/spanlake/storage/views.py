"""The SQL views of a connection: those over files, and those over these."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Literal

import duckdb
import pyarrow as pa

from spanlake.storage.schema import LOG_CONTENT, TABLES
from spanlake.storage.sql_text import composed, sql_text

Scope = Literal["lake", "live"]
"""The schema that has the stored rows of all traces, or of chosen ones."""

# What trees and bills need.
_SPAN_FACTS = (
    "trace_id",
    "span_id",
    "parent_span_id",
    "start_time_ns",
    "end_time_ns",
    "received_at",
    "span_type",
    "provider",
    "model",
    "response_id",
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "usage_is_rollup",
    "cost_usd",
    "tool_name",
)

# What the summary of a trace is made of, and what a call may have of the one around it.
_SPAN_SUMMARIES = (
    "trace_id",
    "span_id",
    "parent_span_id",
    "name",
    "start_time",
    "end_time",
    "start_time_ns",
    "end_time_ns",
    "status_code",
    "is_error",
    "service_name",
    "span_type",
    "session_id",
    "user_id",
    "environment",
    "experiment",
    "app_version",
    "tool_name",
    "tags",
    "system_instructions",
    "tool_definitions",
    "input",
    "tool_arguments",
    "input_messages",
    "output",
    "tool_result",
    "output_messages",
    "sample_weight",
    "tail_weight",
)
# Whether a span has what was said.
_SPAN_MESSAGES = ("trace_id", "response_id", "input_messages", "output_messages")
# What an app may say of the whole trace on any span.
_SPAN_WORDS = ("trace_id", "start_time_ns", "dialect", "attributes", "input", "output")
# What goes with the evaluations that spans carry.
_SPAN_EVALUATIONS = (
    "trace_id",
    "span_id",
    "session_id",
    "end_time",
    "received_at",
    "service_name",
    "experiment",
    "response_id",
    "evaluations",
)
# What puts together what the log records of a span say.
_LOG_CONTENT = ("trace_id", "span_id", "received_at", *LOG_CONTENT.names)
# What of a model call is no text.
_SPAN_CALLS = (
    "trace_id",
    "span_id",
    "parent_span_id",
    "name",
    "start_time",
    "end_time",
    "start_time_ns",
    "end_time_ns",
    "received_at",
    "status_code",
    "is_error",
    "error_type",
    "error_message",
    "span_type",
    "operation",
    "request_model",
    "response_model",
    "request_params",
    "response_id",
    "finish_reasons",
    "time_to_first_token_ms",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost_source",
    "price_version",
    "session_id",
    "user_id",
    "experiment",
    "app_version",
    "prompt_name",
    "prompt_version",
    "service_name",
    "environment",
    "sample_weight",
    "tail_weight",
)

# What redaction found, and in what.
_FOUND_IN = ("service_name", "experiment", "received_at", "redactions")

# Planning takes time for every column of a view, read or not: some of a table's, by view.
_NARROW: Mapping[str, Mapping[str, Sequence[str]]] = {
    "spans": {
        "span_facts": _SPAN_FACTS,
        "span_summaries": _SPAN_SUMMARIES,
        "span_messages": _SPAN_MESSAGES,
        "span_words": _SPAN_WORDS,
        "span_evaluations": _SPAN_EVALUATIONS,
        "span_calls": _SPAN_CALLS,
        "span_redactions": ("trace_id", "span_id", "name", *_FOUND_IN),
    },
    "logs": {
        "log_content": _LOG_CONTENT,
        "log_redactions": ("trace_id", "span_id", "event_name", *_FOUND_IN),
    },
    "metrics": {"metric_redactions": ("name", *_FOUND_IN)},
}


def stored_schema(view: str) -> pa.Schema:
    """The columns of one of the stored views."""
    table = stored_views()[view]
    schema = TABLES[table]
    return schema if view == table else pa.schema([schema.field(n) for n in _NARROW[table][view]])


@cache
def stored_views() -> Mapping[str, str]:
    """The views that read files, and the table that each is of."""
    views = {table: table for table in TABLES}
    return views | {view: table for table in _NARROW for view in _NARROW[table]}


def define_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Make what the views need; comes first."""
    connection.execute(sql_text("views/macros"))


def define_views(connection: duckdb.DuckDBPyConnection, *names: str) -> None:
    """Make some of the views that people use, over those that they read, which must be there."""
    for name in names:
        connection.execute(sql_text(f"views/{name}"))


def define_calls(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the views of model calls, over `lake.calls`."""
    connection.execute(_calls_of("lake", shown="main", chosen=""))
    connection.execute(sql_text("views/calls_without_texts"))


def define_asked_calls(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `asked.llm_calls`, over a table of some calls, and that table."""
    connection.execute(sql_text("views/asked_calls"))
    chosen = "SEMI JOIN asked.spans USING (trace_id, span_id)"
    connection.execute(_calls_of("asked", shown="asked", chosen=chosen))


def _calls_of(schema: str, **parts: str) -> str:
    return composed("views/llm_calls", scope="lake", calls=schema, **parts)


def define_content(
    connection: duckdb.DuckDBPyConnection, scope: Scope, *, reads_logs: bool
) -> None:
    """Make `span_content` of a scope: what log records say of spans, or nothing."""
    rows = composed("parts/span_content" if reads_logs else "parts/no_content", scope=scope)
    connection.execute(f"CREATE OR REPLACE VIEW {scope}.span_content AS {rows}")
