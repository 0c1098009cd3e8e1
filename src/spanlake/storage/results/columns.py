"""The columns of a query's answer: their names made unique, and all of them as text."""

from collections.abc import Sequence

import duckdb
from duckdb.sqltypes import DuckDBPyType

_NESTED = frozenset({"list", "array", "struct", "tuple", "map", "union", "variant"})
_NUMBERS = frozenset({"integer", "uinteger", "double", "float", "decimal"})


def unique_names(names: Sequence[str]) -> list[str]:
    """The names of columns; those that come again have a number behind them: a, a_1, a_2."""
    unique: list[str] = []
    for name in names:
        candidate, number = name, 0
        while candidate in unique:
            number += 1
            candidate = f"{name}_{number}"
        unique.append(candidate)
    return unique


def is_number(kind: DuckDBPyType) -> bool:
    """Whether values of a type are numbers."""
    return kind.id in _NUMBERS or kind.id.endswith("int")


def as_text(relation: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """The same rows with every value as DuckDB writes it; what is nested is JSON."""
    columns = [
        f"{_text_of(position, kind)} AS {_quoted(name)}"
        for position, (name, kind) in enumerate(
            zip(unique_names(relation.columns), relation.types, strict=True), 1
        )
    ]
    return relation.project(", ".join(columns))


def _text_of(position: int, kind: DuckDBPyType) -> str:
    value = f"to_json(#{position})" if kind.id in _NESTED else f"#{position}"
    return f"CAST({value} AS VARCHAR)"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
