"""A user's own query: its answer, or what is wrong with it in one line."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from spanlake.errors import UserError
from spanlake.storage.lake import Lake

_UNKNOWN_TABLE = re.compile(r"Table with name (?P<name>\S+) does not exist")
_UNKNOWN_NAME = re.compile(
    r"(?:Function with name (?P<function>\S+)|Referenced \w+ \"(?P<column>[^\"]+)\")"
)
# What DuckDB says of a view that is not made of files.
_CATALOG_FAILURE = re.compile(r"exporting a stream from .* failed: CatalogError: (?P<reason>.*)")
_TRACEBACK = "Traceback (most recent call last)"
# DuckDB draws the line with a caret below; what it left out at the front of it is "...".
_MARKED_LINE = re.compile(r"\n+LINE (?P<number>\d+): (?P<line>.*)\n(?P<caret> *)\^", re.DOTALL)


class QueryError(UserError):
    """A query that DuckDB refuses, or that fails while it runs."""


class InterruptedQueryError(UserError):
    """A query that was told to end before it had an answer."""


def view_columns(lake: Lake) -> dict[str, dict[str, str]]:
    """The views that queries can name, by name, and the types of their columns, in order."""
    rows = lake.rows(
        "SELECT table_name, map_from_entries(list((column_name, data_type)"
        " ORDER BY ordinal_position)) FROM information_schema.columns"
        " WHERE table_schema = 'main' GROUP BY table_name ORDER BY table_name"
    )
    return dict(rows)


@contextmanager
def query_errors(lake: Lake, query: str, *, flag: str | None = None) -> Iterator[None]:
    """Turn what DuckDB raises for a query, also while its answer is read, into a QueryError.

    flag: what the query is a part of was typed as.
    """
    try:
        yield
    except duckdb.InterruptException:
        raise InterruptedQueryError("interrupted") from None
    except duckdb.Error as error:
        typed = f"{flag} is {query}: " if flag else ""
        raise QueryError(typed + _explained(str(error), query, lake)) from None


def run_query(lake: Lake, query: str) -> duckdb.DuckDBPyRelation:
    """The answer to a query, which runs when it is read; read it under `query_errors`."""
    with query_errors(lake, query):
        relation: duckdb.DuckDBPyRelation | None = lake.sql(query)
    if relation is None:
        raise QueryError("the query is empty: it must be a statement, such as FROM traces LIMIT 5")
    return relation


def _explained(message: str, query: str, lake: Lake) -> str:
    """One line: what DuckDB says, where in the query it is, and what there is instead."""
    marked = _MARKED_LINE.search(message)
    said = message[: marked.start()] if marked else message
    if said.startswith(_TRACEBACK):  # of the file system of a bucket
        return said.strip().splitlines()[-1].partition(": ")[2]
    if failed := _CATALOG_FAILURE.search(said):
        return failed["reason"]
    unknown = _UNKNOWN_TABLE.search(said)
    if unknown:
        place = _place_of(unknown["name"], query)
        views = ", ".join(view_columns(lake))
        return f"{said.splitlines()[0].rstrip('!')}{place}; the views are {views}"
    if marked:
        place = _marked_place(marked, query)
    else:
        named = _UNKNOWN_NAME.search(said)
        place = _place_of(named[named.lastgroup or 0], query) if named else ""
    return " ".join(said.split()) + place


def _marked_place(marked: re.Match[str], query: str) -> str:
    """Where DuckDB's caret is; nothing if the line above it is not the user's."""
    number = int(marked["number"])
    lines = query.splitlines()
    line = lines[number - 1] if number <= len(lines) else ""
    shown = marked["line"].rstrip()
    rest = shown.removeprefix("...")
    start = line.find(rest.removesuffix("..."))
    if start < 0:
        return ""
    left_out = len(shown) - len(rest)
    column = start + len(marked["caret"]) - len(f"LINE {number}: ") - left_out + 1
    return f" (line {number}, column {column})"


def _place_of(name: str, query: str) -> str:
    """Where a name first stands in the query; nothing if it does not."""
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", query, re.IGNORECASE)
    if found is None:
        return ""
    before = query[: found.start()]
    line = before.count("\n") + 1
    return f" (line {line}, column {found.start() - before.rfind(chr(10))})"
