"""The SQL views of a connection: those over files, and those over these."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from string import Template

import duckdb
import pyarrow as pa

from spanlake.storage.parquet_scan import column_types, file_names, schema_literal
from spanlake.storage.schema import LOG_CONTENT, TABLES
from spanlake.storage.sql_text import sql_text

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

# When a row came.
_CAME = ("received_at", "created_at")

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
    "assessments": {},
    "run_results": {},
}


def define_stored(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    *,
    has_files: bool,
    as_of: datetime | None = None,
) -> None:
    """Make a table's stored views read the files that `set_files` names, or nothing.

    as_of: only what had been received by then.
    """
    schema = TABLES[table]
    _define(connection, table, table, schema, has_files=has_files, as_of=as_of)
    for view in _NARROW.get(table, {}):
        narrow = narrow_schema(table, view)
        _define(connection, table, view, narrow, has_files=has_files, as_of=as_of)


def define_empty(connection: duckdb.DuckDBPyConnection) -> None:
    """Make empty tables where the stored views would be."""
    for view, table in stored_views().items():
        columns = TABLES[table] if view == table else narrow_schema(table, view)
        empty = connection.from_arrow(pa.Table.from_batches([], schema=columns))
        empty.create(f"lake.{view}")


def narrow_schema(table: str, view: str) -> pa.Schema:
    """The columns of one of the narrow views of a table."""
    return pa.schema([TABLES[table].field(name) for name in _NARROW[table][view]])


def stored_views() -> dict[str, str]:
    """The views that read files, and the table that each is of."""
    views = {table: table for table in TABLES}
    return views | {view: table for table in _NARROW for view in _NARROW[table]}


def set_files(connection: duckdb.DuckDBPyConnection, table: str, stored: Sequence[Path]) -> None:
    """Say which files hold the rows of a table: a query reads those that were named last.

    stored: from the last written on; a query for the newest rows then has a bound for the others.
    """
    names = file_names(stored)
    connection.execute(f"SET VARIABLE {_variable(table)} = $names", {"names": names})


@contextmanager
def only_files(
    connection: duckdb.DuckDBPyConnection, table: str, stored: Sequence[Path]
) -> Iterator[None]:
    """Let the rows of a table be those of some of its files for a while."""
    name = _variable(table)
    # Kept where it is: to name ten thousand files takes longer than most questions.
    connection.execute(f"SET VARIABLE {name}_all = getvariable('{name}')")
    set_files(connection, table, stored)
    try:
        yield
    finally:
        connection.execute(f"SET VARIABLE {name} = getvariable('{name}_all')")


def define_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Make what the views need; comes first."""
    connection.execute(sql_text("views/macros"))


def define_views(connection: duckdb.DuckDBPyConnection, *names: str) -> None:
    """Make some of the views that people use, over those that they read, which must be there."""
    for name in names:
        connection.execute(sql_text(f"views/{name}").replace("$scope", "lake"))


def define_calls(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the views of model calls, over `lake.calls`."""
    for name in ("call_texts", "llm_calls", "calls_without_texts"):
        connection.execute(_of_calls(name, scope="lake", shown="main", chosen=""))


def define_asked_calls(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `asked.llm_calls`, over a table of some calls, and that table."""
    connection.execute(sql_text("views/asked_calls"))
    chosen = "SEMI JOIN asked.spans USING (trace_id, span_id)"
    for name in ("call_texts", "llm_calls"):
        connection.execute(_of_calls(name, scope="asked", shown="asked", chosen=chosen))


def _of_calls(name: str, **parts: str) -> str:
    return Template(sql_text(f"views/{name}")).substitute(parts)


def leave_content_out(connection: duckdb.DuckDBPyConnection) -> None:
    """Let log records say nothing of spans; planning what they might say takes time."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS lake.no_content AS FROM lake.span_content() LIMIT 0"
    )
    connection.execute("CREATE OR REPLACE MACRO lake.span_content() AS TABLE FROM lake.no_content")


def _define(  # noqa: PLR0913  # what a view is made of
    connection: duckdb.DuckDBPyConnection,
    table: str,
    view: str,
    schema: pa.Schema,
    *,
    has_files: bool,
    as_of: datetime | None,
) -> None:
    types = column_types(connection, schema)
    condition = "true"
    if not has_files:
        columns = ", ".join(f"NULL::{kind} AS {name}" for name, kind in types.items())
        connection.execute(Template(sql_text("views/empty")).substitute(view=view, columns=columns))
        return
    came = next((name for name in _CAME if name in TABLES[table].names), None)
    if as_of is not None and came is not None:
        types[came] = "TIMESTAMP WITH TIME ZONE"
        condition = f"{came} <= '{as_of.isoformat()}'"
    statement = Template(sql_text("views/stored")).substitute(
        view=view,
        columns=", ".join(schema.names),
        files=_variable(table),
        schema=schema_literal(types),
        condition=condition,
    )
    connection.execute(statement)


def _variable(table: str) -> str:
    return f"spanlake_{table}_files"
