"""How DuckDB reads a statement, before it is run."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import duckdb
import orjson


def parse_tree(statement: str) -> Mapping[str, Any]:
    """DuckDB's parse tree of SELECT statements: `statements`, or `error` and `error_message`."""
    query = "SELECT json_serialize_sql($q::VARCHAR)"
    rows = _parser().cursor().execute(query, {"q": statement}).fetchall()
    tree: Mapping[str, Any] = orjson.loads(rows[0][0])
    return tree


def statement_of(tree: Mapping[str, Any]) -> str:
    """The statement that a parse tree is of."""
    query = "SELECT json_deserialize_sql($tree::JSON)"
    rows = _parser().cursor().execute(query, {"tree": orjson.dumps(tree).decode()}).fetchall()
    return str(rows[0][0])


def nodes(tree: Mapping[str, Any] | Sequence[Any]) -> Iterator[Mapping[str, Any]]:
    """All nodes of a parse tree, or of some."""
    waiting: list[Any] = [tree]
    while waiting:
        found = waiting.pop()
        if isinstance(found, Mapping):
            yield found
            waiting.extend(found.values())
        elif isinstance(found, list):
            waiting.extend(found)


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """A connection that never has anything in it, for its parser."""
    return duckdb.connect(config={"threads": 1})
