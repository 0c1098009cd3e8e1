"""Rows of a query as frozen dataclasses."""

from dataclasses import fields
from typing import Any, TypeVar

import duckdb

Row = TypeVar("Row")


def typed_rows(kind: type[Row], relation: duckdb.DuckDBPyRelation) -> list[Row]:
    """A dataclass for each row, whose fields are some of the columns; lists become tuples."""
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # a dataclass
    rows = relation.project(", ".join(names)).fetchall()
    return [kind(*map(_frozen, row)) for row in rows]


def _frozen(value: Any) -> Any:  # noqa: ANN401  # whatever a column holds
    return tuple(value) if isinstance(value, list) else value
