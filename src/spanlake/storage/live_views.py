"""Views of traces and model calls: kept rows of most, and the sums of what changed since.

The schema `live` has views as `lake` does, but of chosen traces only: all of them where nothing is
kept. `kept` has what was summed up before.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Literal

import duckdb

from spanlake.storage.parquet_scan import column_types, file_names, schema_literal
from spanlake.storage.views import narrow_schema, sql_text

Chosen = Literal["all", "some", "none"]
"""Of which traces a query sums up itself."""

# What the sums are made of, by the table it is of.
_SOURCES: Mapping[str, Sequence[str]] = {
    "spans": ("span_facts", "span_summaries", "span_messages", "span_words", "span_calls"),
    "logs": ("log_content",),
}
# A view comes after those it reads.
_SUMS = ("span_content", "billed_elsewhere", "billing", "call_rows", "traces")
# What is shown, of what is kept and what is live.
_SHOWN = {
    "traces": ("kept.traces", "live.trace_rows()"),
    "lake.calls": ("kept.calls", "live.call_rows()"),
}


def define_sums(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the views that sum up; comes after those of `lake`, and before all that shows sums."""
    for name in ("live", "kept"):
        connection.execute(f"CREATE SCHEMA {name}")
    for statement in sql_text("live_tables").split(";"):
        connection.execute(statement)
    _define_sources(connection, dict.fromkeys(_SOURCES, "all"))
    for view in _SUMS:
        connection.execute(sql_text(view).replace("$scope", "live"))
    _define_shown(connection, "all")


def show(connection: duckdb.DuckDBPyConnection, chosen: Chosen, *, stored: Collection[str]) -> None:
    """Sum up all traces, some or none in a query, and take the others from what is kept.

    stored: the tables of which `set_live_files` has named files.
    """
    if chosen != "none":
        _define_sources(
            connection,
            {table: chosen if chosen == "all" or table in stored else "none" for table in _SOURCES},
        )
    _define_shown(connection, chosen)


def define_kept(connection: duckdb.DuckDBPyConnection, kind: str, paths: Sequence[Path]) -> None:
    """Make the kept rows of one kind those of these files, of which there must be one at least."""
    variable = {"names": file_names(paths)}
    connection.execute(f"SET VARIABLE spanlake_kept_{kind} = $names", variable)
    connection.execute(Template(sql_text(f"kept_{kind}")).substitute(kind=kind))


def set_live_files(
    connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[Path]
) -> None:
    """Say which files have rows of the chosen traces; that they have others does not matter."""
    names = {"names": file_names(files)}
    connection.execute(f"SET VARIABLE spanlake_live_{table}_files = $names", names)


def _define_sources(connection: duckdb.DuckDBPyConnection, chosen: Mapping[str, Chosen]) -> None:
    for table, views in _SOURCES.items():
        for view in views:
            schema = narrow_schema(table, view)
            match chosen[table]:
                case "all":
                    rows = f"FROM lake.{view}"
                case "none":
                    rows = f"FROM lake.{view} WHERE false"
                case "some":
                    types = schema_literal(column_types(connection, schema))
                    rows = Template(sql_text("live_rows")).substitute(
                        columns=", ".join(schema.names), table=table, schema=types
                    )
            connection.execute(f"CREATE OR REPLACE VIEW live.{view} AS {rows}")


def _define_shown(connection: duckdb.DuckDBPyConnection, chosen: Chosen) -> None:
    for view, (kept, live) in _SHOWN.items():
        sources = {"all": [live], "some": [kept, live], "none": [kept]}[chosen]
        rows = " UNION ALL BY NAME ".join(f"(FROM {source})" for source in sources)
        connection.execute(f"CREATE OR REPLACE VIEW {view} AS {rows}")
