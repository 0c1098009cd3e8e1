"""Whether a query may read what was said in model calls: finding that takes most of its time.

DuckDB joins what `llm_calls` may say to every call, asked for or not. A query whose parse tree
shows that no text can be seen is given a view without them.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import duckdb

from spanlake.storage.condition import literal
from spanlake.storage.parse_tree import nodes, parse_tree

CALLS_VIEW = "llm_calls"
"""The view that may be another for one query."""
_TEXTS = frozenset(
    {
        "system_instructions",
        "input_messages",
        "output_messages",
        "tool_definitions",
        "input",
        "output",
    }
)
# What else may be named: views that do not read `llm_calls`. One of the user's own might.
_OTHERS = frozenset(
    {
        "assessments",
        "chosen_traces",
        "datasets",
        "dataset_records",
        "experiments",
        "prices",
        "runs",
        "run_results",
        "sessions",
        "spans",
        "traces",
        "versions",
    }
)


def reads_no_texts(query: str) -> bool:
    """Whether a query reads `llm_calls`, and certainly none of its texts."""
    if CALLS_VIEW not in query.lower():
        return False
    tree = parse_tree(query)
    return not tree["error"] and not any(_may_read_texts(tree))


@contextmanager
def use_calls_of(connection: duckdb.DuckDBPyConnection, schema: str) -> Iterator[None]:
    """Let `llm_calls` be that of a schema of ours for as long as this lasts."""
    # The user may have said USE.
    before = connection.execute("SELECT current_setting('search_path')").fetchall()[0][0]
    narrowed = literal(f"{schema},{before or 'main'}")
    connection.execute(f"SET search_path = {narrowed}")
    try:
        yield
    finally:
        connection.execute(f"SET search_path = {literal(before)}")


def leave_texts_out(connection: duckdb.DuckDBPyConnection) -> AbstractContextManager[None]:
    """Let `llm_calls` be without texts for as long as this lasts."""
    return use_calls_of(connection, "without_texts")


def _may_read_texts(tree: Mapping[str, Any]) -> Iterator[bool]:
    found = list(nodes(tree))
    tables = [node for node in found if node.get("type") == "BASE_TABLE"]
    names = {str(table["table_name"]).lower() for table in tables}
    ctes = {str(node["key"]).lower() for node in found if "key" in node}
    yield bool(names - ctes - _OTHERS - {CALLS_VIEW})
    # A table's name among the columns is a whole row of it.
    rows = names | {str(table["alias"]).lower() for table in tables}
    for node in found:
        # `*`, and what else takes all columns without saying so.
        yield node.get("class") == "STAR" or node.get("type") in {"SHOW_REF", "PIVOT"}
        yield node.get("ref_type") == "NATURAL"
        columns = [str(name).lower() for name in node.get("column_names") or ()]
        yield len(columns) == 1 and columns[0] in rows
        yield any(_is_text(value) for value in node.values())


def _is_text(value: object) -> bool:
    """Whether this is the name of a text, wherever it stands, or a list with one."""
    if isinstance(value, list):
        return any(isinstance(each, str) and each.lower() in _TEXTS for each in value)
    return isinstance(value, str) and value.lower() in _TEXTS
