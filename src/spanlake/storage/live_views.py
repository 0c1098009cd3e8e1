"""Views of traces and model calls: kept rows of most, and the sums of what changed since.

The schema `live` has views as `lake` does, but of chosen traces only: all of them where nothing is
kept. `kept` has what was summed up before. Some traces are summed up once, as tables, for all
queries until others are chosen; all of them by each query that asks.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Literal

import duckdb

from spanlake.storage.parquet_scan import column_types, file_names, schema_literal
from spanlake.storage.sql_text import sql_text
from spanlake.storage.views import narrow_schema

Chosen = Literal["all", "some", "new", "none"]
"""Which traces are not kept: all, which each query sums up itself; or some, which are summed up
once for all queries, and are new where nothing is kept beside them.
"""

Shown = Literal["traces", "lake.calls"]
"""What people's views read of the sums."""

KeptCount = Literal["all", "unless superseded"]
"""Which of the kept rows count."""

_KEPT_ROWS = ("traces", "calls")
# What the sums are made of, by the table it is of.
_SOURCES: Mapping[str, Sequence[str]] = {
    "spans": ("span_facts", "span_summaries", "span_messages", "span_words", "span_calls"),
    "logs": ("log_content",),
}
# A view comes after those it reads.
_SUMS = (
    "views/span_content",
    "sums/billed_elsewhere",
    "sums/billing",
    "sums/call_rows",
    "sums/traces",
)
# What may be shown: what is kept, what a query sums up, and what was summed up for it.
_SHOWN: Mapping[Shown, tuple[str, str, str]] = {
    "traces": ("kept.traces", "live.trace_rows()", "live.some_traces"),
    "lake.calls": ("kept.calls", "live.call_rows()", "live.some_calls"),
}


def define_sums(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the views that sum up all traces; comes after those of `lake`, before `define_shown`."""
    for name in ("live", "kept"):
        connection.execute(f"CREATE SCHEMA {name}")
    for statement in sql_text("sums/live_tables").split(";"):
        connection.execute(statement)
    define_sources(connection, "all")
    for view in _SUMS:
        connection.execute(sql_text(view).replace("$scope", "live"))
    bill_all(connection)


def bill_all(connection: duckdb.DuckDBPyConnection) -> None:
    """Let each query reckon itself what is billed."""
    connection.execute(
        "CREATE OR REPLACE MACRO live.billing() AS TABLE FROM live.reckoned_billing()"
    )


def define_sources(
    connection: duckdb.DuckDBPyConnection, chosen: Chosen, stored: Collection[str] = ()
) -> None:
    """Let all traces be summed up, some or none.

    stored: the tables of which `set_live_files` has named files.
    """
    for table, views in _SOURCES.items():
        is_once = chosen in ("some", "new")
        of_table = "none" if is_once and table not in stored else chosen
        for view in views:
            schema = narrow_schema(table, view)
            match of_table:
                case "all":
                    rows = f"FROM lake.{view}"
                case "none":
                    rows = f"FROM lake.{view} WHERE false"
                case "some" | "new":
                    types = schema_literal(column_types(connection, schema))
                    rows = Template(sql_text("sums/live_rows")).substitute(
                        columns=", ".join(schema.names), table=table, schema=types
                    )
            connection.execute(f"CREATE OR REPLACE VIEW live.{view} AS {rows}")


def sum_up_chosen(connection: duckdb.DuckDBPyConnection) -> None:
    """Sum up the chosen traces as they are now."""
    for statement in sql_text("sums/some_sums").split(";"):
        connection.execute(statement)


def add_chosen(connection: duckdb.DuckDBPyConnection) -> None:
    """Sum up the chosen traces as they are now, beside others that were before."""
    for statement in sql_text("sums/more_sums").split(";"):
        connection.execute(statement)


def define_shown(
    connection: duckdb.DuckDBPyConnection, chosen: Chosen, views: Collection[Shown]
) -> None:
    """Show all traces, or calls: those that are kept, and what is summed up of the others."""
    for view in views:
        kept, summed_by_each, summed = _SHOWN[view]
        sources = {
            "all": [summed_by_each],
            "some": [kept, summed],
            "new": [summed],
            "none": [kept],
        }[chosen]
        rows = " UNION ALL BY NAME ".join(f"(FROM {source})" for source in sources)
        connection.execute(f"CREATE OR REPLACE VIEW {view} AS {rows}")


def define_kept(connection: duckdb.DuckDBPyConnection, kind: str, paths: Sequence[Path]) -> None:
    """Make the kept rows of one kind those of these files, of which there must be one at least."""
    variable = {"names": file_names(paths)}
    connection.execute(f"SET VARIABLE spanlake_kept_{kind} = $names", variable)
    if kind not in _KEPT_ROWS:
        connection.execute(Template(sql_text(f"sums/kept_{kind}")).substitute(kind=kind))


def define_kept_rows(connection: duckdb.DuckDBPyConnection, count: KeptCount) -> None:
    """Show what is kept of traces and calls: all of it, or what nothing supersedes.

    To look for what is superseded takes as long as reading the ids of all that is kept.
    """
    name = {"all": "kept_rows_as_they_are", "unless superseded": "kept_rows"}[count]
    for kind in _KEPT_ROWS:
        connection.execute(Template(sql_text(f"sums/{name}")).substitute(kind=kind))


def set_live_files(
    connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[Path]
) -> None:
    """Say which files have rows of the chosen traces; that they have others does not matter."""
    names = {"names": file_names(files)}
    connection.execute(f"SET VARIABLE spanlake_live_{table}_files = $names", names)
