"""Rows of a query as frozen dataclasses."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, TypeVar

Row = TypeVar("Row")


def columns_of(kind: type[Row]) -> str:
    """The columns of a dataclass's rows, as SQL lists them."""
    return ", ".join(field.name for field in fields(kind))  # type: ignore[arg-type]  # a dataclass


def typed_rows(kind: type[Row], rows: Iterable[Sequence[Any]]) -> list[Row]:
    """A dataclass for each row of its columns; lists become tuples."""
    return [kind(*map(_frozen, row)) for row in rows]


def _frozen(value: Any) -> Any:  # noqa: ANN401  # whatever a column holds
    return tuple(value) if isinstance(value, list) else value
