"""Views of traces and model calls: kept rows of most, and the sums of what changed since.

The schema `live` has views as `lake` does, but of chosen traces only. `kept` has what was summed up
before. Some traces are summed up once, as tables, for all queries until others are chosen; all of
them by each query that asks, over `lake`.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Literal

import duckdb

from spanlake.storage.parquet_scan import column_types, file_names, no_rows, schema_literal
from spanlake.storage.sql_text import composed, sql_text
from spanlake.storage.stored_views import CONTENT
from spanlake.storage.views import define_content, stored_schema

Chosen = Literal["all", "some", "new", "none"]
"""Which traces are not kept: all, which each query sums up itself; or some, which are summed up
once for all queries, and are new where nothing is kept beside them.
"""

Shown = Literal["traces", "lake.calls"]
"""What people's views read of the sums."""
SHOWN: Sequence[Shown] = ("traces", "lake.calls")
"""All of them."""

KeptCount = Literal["all", "unless superseded"]
"""Which of the kept rows count."""

_KEPT_ROWS = ("traces", "calls")
# What the sums are made of, by the table it is of.
_SOURCES: Mapping[str, Sequence[str]] = {
    "spans": ("span_facts", "span_summaries", "span_messages", "span_words", "span_calls"),
    "logs": ("log_content",),
}
SUMMED: Sequence[str] = (*_SOURCES["spans"], *_SOURCES["logs"], CONTENT)
"""The stored views that sums of all traces read."""
# The queries that sum up the traces of a scope.
_SUMS: Mapping[Shown, str] = {"traces": "sums/traces", "lake.calls": "sums/calls"}
# What may be shown of the sums: what is kept, and what was summed up for queries.
_KEPT_AND_SUMMED: Mapping[Shown, tuple[str, str]] = {
    "traces": ("kept.traces", "live.some_traces"),
    "lake.calls": ("kept.calls", "live.some_calls"),
}


def define_live(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables that say which traces are summed up; comes before all else here."""
    for name in ("live", "kept"):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {name}")
    for statement in sql_text("sums/live_tables").split(";"):
        connection.execute(statement)


def define_sources(connection: duckdb.DuckDBPyConnection, stored: Collection[str]) -> None:
    """Let the stored rows of the chosen traces be there.

    stored: the tables of which `set_live_files` has named files; others have no such rows.
    """
    for table, views in _SOURCES.items():
        for view in views:
            types = column_types(connection, stored_schema(view))
            rows = no_rows(types)
            if table in stored:
                rows = Template(sql_text("sums/live_rows")).substitute(
                    columns=", ".join(types), table=table, schema=schema_literal(types)
                )
            connection.execute(f"CREATE OR REPLACE VIEW live.{view} AS {rows}")
    define_content(connection, "live", reads_logs="logs" in stored)


def bill_chosen(connection: duckdb.DuckDBPyConnection) -> None:
    """Reckon what the chosen traces are billed, once for all their sums."""
    connection.execute(
        f"CREATE OR REPLACE TABLE live.billed AS {composed('parts/billing', scope='live')}"
    )


def sum_up_chosen(connection: duckdb.DuckDBPyConnection, views: Collection[Shown]) -> None:
    """Sum up the chosen traces as they are now; comes after `bill_chosen`."""
    for view in views:
        connection.execute(
            f"CREATE OR REPLACE TABLE {_KEPT_AND_SUMMED[view][1]} AS {_sums_of_chosen(view)}"
        )


def add_chosen(connection: duckdb.DuckDBPyConnection, views: Collection[Shown]) -> None:
    """Sum up the chosen traces as they are now, beside others that were before."""
    for view in views:
        summed = _KEPT_AND_SUMMED[view][1]
        connection.execute(f"DELETE FROM {summed} WHERE trace_id IN (FROM live.chosen)")  # noqa: S608  # one of two
        connection.execute(f"INSERT INTO {summed} {_sums_of_chosen(view)}")
    connection.execute(
        "INSERT INTO live.summed FROM live.chosen ANTI JOIN live.summed USING (trace_id)"
    )


def _sums_of_chosen(view: Shown) -> str:
    return composed(_SUMS[view], scope="live", billing="live.billed")


def define_shown(
    connection: duckdb.DuckDBPyConnection, chosen: Chosen, views: Collection[Shown]
) -> None:
    """Show all traces, or calls: those that are kept, and what is summed up of the others.

    For all of them to be summed up, the stored views `SUMMED` must be there.
    """
    for view in views:
        kept, summed = _KEPT_AND_SUMMED[view]
        rows = {
            "all": composed(_SUMS[view], scope="lake"),
            "some": f"(FROM {kept}) UNION ALL BY NAME (FROM {summed})",
            "new": f"FROM {summed}",
            "none": f"FROM {kept}",
        }[chosen]
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
