"""Which queries may run: one SELECT over the views, which reads nothing else and changes nothing.

What is not known to be harmless is refused: a list of what is allowed grows by being asked for, a
list of what is forbidden by being attacked.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from spanlake.storage.parse_tree import parse_tree
from spanlake.storage.query import QueryError

_MAX_LENGTH = 200_000
_MAX_DEPTH = 400
_QUERY_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_TABLES = frozenset(
    {"BASE_TABLE", "JOIN", "SUBQUERY", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY", "SHOW_REF"}
)
_MODIFIERS = frozenset(
    {"ORDER_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "DISTINCT_MODIFIER"}
)
_ORDERS = frozenset({"ORDER_DEFAULT", "ASCENDING", "DESCENDING"})
_EXPRESSIONS = frozenset(
    {
        "BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION",
        "CONSTANT", "FUNCTION", "LAMBDA", "LAMBDA_REF", "OPERATOR", "POSITIONAL_REFERENCE",
        "STAR", "SUBQUERY", "TYPE", "WINDOW",
    }
)  # fmt: skip
_TABLE_FUNCTIONS = frozenset(
    {"generate_series", "generate_subscripts", "json_each", "json_tree", "range", "unnest"}
)
# Of the functions in expressions, those that tell of the server or reach out of the query.
_NO_FUNCTIONS = frozenset(
    {
        "current_setting", "getenv", "getvariable", "nextval", "currval", "write_log", "query",
        "query_table", "parse_duckdb_log_message", "pg_conf_load_time", "pg_postmaster_start_time",
        "checkpoint", "force_checkpoint", "sleep_ms",
    }
)  # fmt: skip
_CATALOG = {"information_schema": frozenset({"columns", "tables"})}


@dataclass(frozen=True, slots=True)
class Admitted:
    """A query that may run. views: those it names."""

    sql: str
    views: frozenset[str]


def admit(query: str, views: Iterable[str]) -> Admitted:
    """The query, if it is one SELECT over these views. QueryError says what it must not have."""
    if len(query) > _MAX_LENGTH:
        raise QueryError(f"the query has {len(query):,} characters: at most {_MAX_LENGTH:,} may be")
    if "\0" in query:
        raise QueryError("the query has a NUL character; take it out")
    statement = _only_statement(query)
    checker = _Checker(frozenset(view.lower() for view in views))
    checker.check(_only_node(statement))
    return Admitted(statement, frozenset(checker.named))


def _only_statement(query: str) -> str:
    try:
        statements = duckdb.extract_statements(query)
    except duckdb.Error as error:
        raise QueryError(" ".join(str(error).split())) from None
    if not statements:
        raise QueryError("the query is empty: it must be a SELECT, such as FROM traces LIMIT 5")
    if len(statements) > 1:
        raise QueryError(f"there are {len(statements)} statements: send one at a time")
    return str(statements[0].query).strip().rstrip(";").rstrip()


def _only_node(statement: str) -> Mapping[str, Any]:
    tree = parse_tree(statement)
    if tree.get("error"):
        said = str(tree.get("error_message") or "")
        if "Only SELECT" in said:
            raise QueryError(
                "only a SELECT may run here (FROM, WITH, VALUES, DESCRIBE and SUMMARIZE are ones)"
            )
        raise QueryError(said or "the query cannot be read")
    nodes = tree.get("statements") or []
    if len(nodes) != 1:
        raise QueryError("send one statement at a time")
    node: Mapping[str, Any] = nodes[0]
    return node


class _Checker:
    """Walks a parse tree. named: the views it found."""

    def __init__(self, views: frozenset[str]) -> None:
        self._views = views
        self.named: set[str] = set()

    def check(self, tree: Mapping[str, Any]) -> None:
        """QueryError at the first node that is not allowed."""
        own = {str(name).lower() for name in _cte_names(tree)}
        waiting: list[tuple[Any, int]] = [(tree, 0)]
        while waiting:
            node, depth = waiting.pop()
            if depth > _MAX_DEPTH:
                raise QueryError("the query is nested too deeply; take a part out with WITH")
            if isinstance(node, dict):
                self._check_node(node, own)
                waiting += [(each, depth + 1) for each in node.values()]
            elif isinstance(node, list):
                waiting += [(each, depth + 1) for each in node]

    def _check_node(self, node: Mapping[str, Any], own: set[str]) -> None:
        kind, family = node.get("type"), node.get("class")
        if "function_name" in node:
            self._check_function(node)
        if family is not None:
            if family not in _EXPRESSIONS:
                raise QueryError(f"{_named(family)} is not allowed here")
            return
        if not isinstance(kind, str):
            return
        if kind == "BASE_TABLE":
            self._check_table(node, own)
        elif kind == "TABLE_FUNCTION":
            name = str(node.get("function", {}).get("function_name", "")).lower()
            if name not in _TABLE_FUNCTIONS:
                raise QueryError(
                    f"{name}() is not allowed here: a query reads the views, and of functions"
                    f" {', '.join(sorted(_TABLE_FUNCTIONS))}"
                )
        elif kind == "SHOW_REF" and not node.get("query"):
            raise QueryError("SHOW is not allowed here; DESCRIBE traces tells of a view")
        elif kind not in _QUERY_NODES | _TABLES | _MODIFIERS | _ORDERS:
            raise QueryError(f"{_named(kind)} is not allowed here: a query only reads")

    def _check_function(self, node: Mapping[str, Any]) -> None:
        name = str(node.get("function_name", "")).lower()
        if name in _NO_FUNCTIONS or name.startswith(("pragma_", "duckdb_", "read_", "pg_")):
            raise QueryError(f"{name}() is not allowed here")
        if node.get("schema") not in (None, "", "main", "pg_catalog") or node.get("catalog"):
            raise QueryError(f"{name}() must be named without a schema")

    def _check_table(self, node: Mapping[str, Any], own: set[str]) -> None:
        name = str(node.get("table_name", "")).lower()
        schema = str(node.get("schema_name") or "").lower()
        if node.get("catalog_name") not in (None, "", "memory", "temp"):
            raise QueryError(f"{name} must be named without a catalog")
        if name in _CATALOG.get(schema, ()):
            return
        if schema not in ("", "main"):
            raise QueryError(f"{schema}.{name} is not allowed here; the views have no schema")
        if name in self._views:
            self.named.add(name)
        elif schema or name not in own:
            known = ", ".join(sorted(self._views))
            raise QueryError(f"there is no view {name}; the views are {known}")


def _cte_names(node: Any) -> Iterator[str]:  # noqa: ANN401  # any JSON
    """The names that the query itself gives to parts of it."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            for entry in (each.get("cte_map") or {}).get("map") or ():
                yield entry["key"]
            if each.get("type") in ("RECURSIVE_CTE_NODE", "CTE_NODE"):
                yield str(each.get("cte_name") or "")
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


def _named(kind: str) -> str:
    return kind.removesuffix("_QUERY_NODE").removesuffix("_NODE").replace("_", " ")
