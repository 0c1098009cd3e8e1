"""The rows of a query's answer as JSON: numbers are numbers, maps objects, JSON columns JSON."""

import base64
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, cast

import duckdb
import orjson
from duckdb.sqltypes import DuckDBPyType

from spanlake.storage.results.columns import unique_names

_Convert = Callable[[Any], object]

_LINE_ENDS = str.maketrans("\r\n", "  ")
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def json_rows(relation: duckdb.DuckDBPyRelation) -> Iterator[bytes]:
    """Run the query; a JSON object a row, without line ends.

    Times are ISO 8601, in UTC where they have a zone; NaN and infinities are null; bytes are
    base64; what JSON has no word for is text.
    """
    columns = zip(relation.columns, relation.types, strict=True)
    yield from json_objects(list(columns), relation.iter_rows())


def json_objects(
    columns: Sequence[tuple[str, DuckDBPyType]], rows: Iterable[Sequence[Any]]
) -> Iterator[bytes]:
    """The same for rows that are there. columns: their names and types."""
    names = unique_names([name for name, _ in columns])
    converts = [_converter(kind) or _itself for _, kind in columns]
    for row in rows:
        values = {
            name: None if value is None else convert(value)
            for name, convert, value in zip(names, converts, row, strict=True)
        }
        yield orjson.dumps(values, default=_other, option=_OPTIONS)


def _converter(kind: DuckDBPyType) -> _Convert | None:
    """What makes a value of a type one that orjson writes; None if it is one already."""
    match kind.id:
        case "varchar" if str(kind) == "JSON":
            return _json
        case "hugeint" | "uhugeint" | "bignum":
            return _big_integer
        case "list" | "array":
            return _of_list(kind)
        case "struct":
            return _of_struct(kind)
        case "map":
            return _of_map(kind)
        case _:
            return None


def _itself(value: object) -> object:
    return value


def _json(text: str) -> object:
    """JSON as it is; a line end can only be between its tokens, where a space is as good."""
    return orjson.Fragment(text.translate(_LINE_ENDS))


def _big_integer(value: int | str) -> object:
    """Whatever its size: orjson writes integers of up to 64 bits."""
    return orjson.Fragment(str(value))


def _child(kind: DuckDBPyType, at: int) -> DuckDBPyType:
    """A type that the type is made of; its other children are sizes and the like."""
    return cast("DuckDBPyType", kind.children[at][1])


def _of_list(kind: DuckDBPyType) -> _Convert | None:
    convert = _or_null(_converter(_child(kind, 0)))
    return convert and (lambda values: [convert(value) for value in values])


def _of_struct(kind: DuckDBPyType) -> _Convert | None:
    converts = {
        name: _or_null(_converter(_child(kind, at))) for at, (name, _) in enumerate(kind.children)
    }
    if not any(converts.values()):
        return None
    return lambda values: {
        name: convert(values[name]) if convert else values[name]
        for name, convert in converts.items()
    }


def _of_map(kind: DuckDBPyType) -> _Convert | None:
    convert = _or_null(_converter(_child(kind, 1)))
    return convert and (lambda values: {key: convert(value) for key, value in values.items()})


def _or_null(convert: _Convert | None) -> _Convert | None:
    return convert and (lambda value: None if value is None else convert(value))


def _other(value: object) -> object:
    """What orjson does not know."""
    match value:
        case Decimal():
            return orjson.Fragment(format(value, "f"))
        case bytes():
            return base64.b64encode(value).decode()
        case _:
            return str(value)
