"""The SQL views of a connection: those over files, and those over these."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from string import Template

import duckdb
import pyarrow as pa

from spanlake.storage.schema import LOG_CONTENT, TABLES

# A view comes after those it reads.
_VIEWS = (
    "span_content",
    "spans",
    "billed_elsewhere",
    "billing",
    "llm_calls",
    "traces",
    "sessions",
    "logs",
    "metrics",
    "assessments_history",
    "assessments",
)
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
_LOG_CONTENT = ("trace_id", "span_id", *LOG_CONTENT.names)

# Planning takes time for every column of a view, read or not: some of a table's, by view.
_NARROW: Mapping[str, Mapping[str, Sequence[str]]] = {
    "spans": {
        "span_facts": _SPAN_FACTS,
        "span_summaries": _SPAN_SUMMARIES,
        "span_messages": _SPAN_MESSAGES,
        "span_words": _SPAN_WORDS,
        "span_evaluations": _SPAN_EVALUATIONS,
    },
    "logs": {"log_content": _LOG_CONTENT},
    "metrics": {},
}

# What DuckDB takes for a pattern in a file name, although it is the name.
_PATTERN = re.compile(r"[*?\[]")


def define_stored(
    connection: duckdb.DuckDBPyConnection, table: str, stored: Sequence[Path]
) -> None:
    """Make a table's stored views read these files, and no others."""
    schema = TABLES[table]
    _define(connection, table, schema, stored)
    for view, columns in _NARROW[table].items():
        narrow = pa.schema([schema.field(name) for name in columns])
        _define(connection, view, narrow, stored)


def define_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Make what the views need; comes first."""
    connection.execute(_text("macros"))


def define_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the views that people use, over the stored ones, which must be there."""
    for view in _VIEWS:
        connection.execute(_text(view))


@cache
def _text(name: str) -> str:
    return (files("spanlake.storage") / "sql" / f"{name}.sql").read_text("utf-8")


def _define(
    connection: duckdb.DuckDBPyConnection, view: str, schema: pa.Schema, stored: Sequence[Path]
) -> None:
    empty = connection.from_arrow(pa.Table.from_batches([], schema=schema))
    types = dict(zip(empty.columns, map(str, empty.types), strict=True))
    if not stored:
        columns = ", ".join(f"NULL::{kind} AS {name}" for name, kind in types.items())
        connection.execute(Template(_text("empty")).substitute(view=view, columns=columns))
        return
    # From the last written on: a query for the newest rows then has a bound for all the others.
    newest_first = [_PATTERN.sub(r"[\g<0>]", str(file)) for file in reversed(stored)]
    members = ", ".join(
        f"'{name}': {{name: '{name}', type: {_quoted(kind)}, default_value: NULL}}"
        for name, kind in types.items()
    )
    statement = Template(_text("stored")).substitute(
        view=view,
        files=f"[{', '.join(map(_quoted, newest_first))}]",
        schema=f"MAP {{{members}}}",
    )
    connection.execute(statement)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
