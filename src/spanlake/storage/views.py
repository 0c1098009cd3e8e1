"""The SQL views of a connection: those over files, and those over these."""

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from string import Template

import duckdb
import pyarrow as pa

from spanlake.storage.schema import TABLES

# A view comes after those it reads.
_VIEWS = (
    "spans",
    "billing",
    "llm_calls",
    "traces",
    "sessions",
    "logs",
    "metrics",
    "assessments_history",
    "assessments",
)
# What trees and bills need. Planning takes time for every column of a view, read or not.
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

# What DuckDB takes for a pattern in a file name, although it is the name.
_PATTERN = re.compile(r"[*?\[]")


def define_stored(
    connection: duckdb.DuckDBPyConnection, table: str, stored: Sequence[Path]
) -> None:
    """Make a table's stored views read these files, and no others."""
    schema = TABLES[table]
    _define(connection, table, schema, stored)
    if table == "spans":
        facts = pa.schema([schema.field(name) for name in _SPAN_FACTS])
        _define(connection, "span_facts", facts, stored)


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
    empty = connection.from_arrow(schema.empty_table())
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
