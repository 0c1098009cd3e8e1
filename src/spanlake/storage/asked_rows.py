"""What a simple query asks of the rows of a view, read off its parse tree."""

import copy
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import duckdb

from spanlake.storage.parse_tree import nodes, parse_tree, statement_of

_SKELETON = "SELECT 1 WHERE "
# What a condition may be made of: no subquery, no window, nothing that has an effect.
_PLAIN = frozenset(
    {
        "BETWEEN",
        "CASE",
        "CAST",
        "COLUMN_REF",
        "COMPARISON",
        "CONJUNCTION",
        "CONSTANT",
        "FUNCTION",
        "OPERATOR",
        "PARAMETER",
        "TYPE",
    }
)

_Node = Mapping[str, Any]


class Asked(NamedTuple):
    """view: the one that a query reads. sql: what is asked of its rows, to stand after WHERE.

    columns: that the condition is about. params: those that it has. is_limited: whether it ends
    with an order and a number of rows, and there are no other rows that the query notices.
    """

    view: str
    sql: str
    columns: frozenset[str]
    params: Mapping[str, object]
    is_limited: bool


def asked_rows(
    query: str,
    params: Sequence[object] | Mapping[str, object] | None,
    columns: Mapping[str, Collection[str]],
    limited: str,
) -> Asked | None:
    """What a query asks of the rows of the one view that it reads, and reads once.

    columns: by view, those that it may ask something of; other conditions are left out. limited: of
    which view it may ask for some rows only. None where nothing is left, or where that cannot be
    told. What is asked is the same a moment later, but for the time.
    """
    if not any(view in query.lower() for view in columns):
        return None
    tree = parse_tree(query)
    tables = [node for node in nodes(tree) if node.get("type") == "BASE_TABLE"]
    if tree["error"] or len(tables) != 1:
        return None
    (table,) = tables
    view = str(table["table_name"]).lower()
    # Its columns may have been given other names.
    is_ours = table["schema_name"] in {"", "main"} and not table["column_name_alias"]
    selects = [node for node in nodes(tree) if node.get("from_table") is table]
    if view not in columns or not is_ours or not selects:
        return None
    (select,) = selects
    names = {view, str(table["alias"]).lower()}
    parts = list(_parts(select["where_clause"] or {}))
    wanted = [each for each in parts if _is_plain(each) and _is_about(each, names, columns[view])]
    modifiers = _limit(select, names, columns[view]) if view == limited and wanted == parts else []
    given = params if isinstance(params, Mapping) else _numbered(params or ())
    used = {str(node["identifier"]) for node in nodes(wanted) if node.get("class") == "PARAMETER"}
    if not (wanted or modifiers) or not used <= set(given):
        return None
    about = frozenset(path[-1] for path in _column_paths(wanted))
    sql = _as_sql(wanted, modifiers)
    return Asked(view, sql, about, {name: given[name] for name in used}, bool(modifiers))


def _limit(select: _Node, tables: Collection[str], columns: Collection[str]) -> list[_Node]:
    """The order and number of rows of a query that lists rows one by one, or nothing."""
    by_kind = {each["type"]: each for each in select["modifiers"]}
    orders = by_kind.get("ORDER_MODIFIER", {"orders": []})["orders"]
    bounds = by_kind.get("LIMIT_MODIFIER", {})
    listed = select["select_list"]
    is_list = (
        set(by_kind) <= {"ORDER_MODIFIER", "LIMIT_MODIFIER"}
        and bounds.get("limit_type") == "ROW_COUNT"
        and not any(select[part] for part in ("group_expressions", "having", "qualify", "sample"))
        and all(each["class"] in {"COLUMN_REF", "STAR"} and not each["alias"] for each in listed)
        and all(_is_about(each["expression"], tables, columns) for each in orders)
        and all(each["expression"]["class"] == "COLUMN_REF" for each in orders)
    )
    count = _number(bounds.get("limit")) if is_list else None
    skipped = _number(bounds["offset"]) if is_list and bounds["offset"] else 0
    if count is None or skipped is None:
        return []
    # What is skipped is skipped by the query itself.
    limit = copy.deepcopy(bounds["limit"])
    limit["literal"]["text"] = str(count + skipped)
    all_of_them = {**bounds, "limit": limit, "offset": None}
    return [*(each for each in select["modifiers"] if each is not bounds), all_of_them]


def _number(expression: _Node | None) -> int | None:
    literal = (expression or {}).get("literal") or {}
    return int(literal["text"]) if literal.get("kind") == "INTEGER" else None


def _parts(expression: _Node) -> Iterator[_Node]:
    """The expressions that all have to hold for one to hold."""
    if expression.get("type") == "CONJUNCTION_AND":
        for child in expression["children"]:
            yield from _parts(child)
    elif expression:
        yield expression


def _is_plain(expression: _Node) -> bool:
    return all(
        node["class"] in _PLAIN
        and (node["class"] != "FUNCTION" or node["function_name"] in _steady_functions())
        for node in nodes(expression)
        if "class" in node
    )


def _is_about(expression: _Node, tables: Collection[str], columns: Collection[str]) -> bool:
    """Whether it names some of these columns of one of these tables, and no others."""
    paths = list(_column_paths(expression))
    return bool(paths) and all(
        path[-1] in columns and all(each in tables for each in path[:-1]) for path in paths
    )


def _column_paths(tree: _Node | Sequence[_Node]) -> Iterator[list[str]]:
    for node in nodes(tree):
        if node.get("class") == "COLUMN_REF":
            yield [str(name).lower() for name in node["column_names"]]


def _numbered(params: Sequence[object]) -> Mapping[str, object]:
    return {str(number): value for number, value in enumerate(params, 1)}


def _as_sql(wanted: Sequence[_Node], modifiers: Sequence[_Node]) -> str:
    """The conjunction of some expressions, about columns by their bare names, and what follows."""
    tree = parse_tree(f"{_SKELETON}true")
    select = tree["statements"][0]["node"]
    if wanted:
        select["where_clause"] = {
            "class": "CONJUNCTION",
            "type": "CONJUNCTION_AND",
            "children": copy.deepcopy(list(wanted)),
        }
    select["modifiers"] = copy.deepcopy(list(modifiers))
    for node in nodes(tree):
        if node.get("class") == "COLUMN_REF":
            node["column_names"][:] = node["column_names"][-1:]
    return statement_of(tree).removeprefix(_SKELETON)


@cache
def _steady_functions() -> frozenset[str]:
    """DuckDB's own functions that say the same again, at least within one transaction."""
    rows = duckdb.connect().execute(
        "SELECT function_name FROM duckdb_functions() WHERE function_type = 'scalar'"
        " GROUP BY function_name HAVING bool_and(stability != 'VOLATILE')"
    )
    return frozenset(name for (name,) in rows.fetchall())
