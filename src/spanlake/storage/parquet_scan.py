"""How DuckDB is told to read the files of a table."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

# What DuckDB takes for a pattern in a file name, although it is the name.
_PATTERN = re.compile(r"[*?\[]")


def column_types(connection: duckdb.DuckDBPyConnection, schema: pa.Schema) -> dict[str, str]:
    """DuckDB's names of the types of some columns."""
    empty = connection.from_arrow(pa.Table.from_batches([], schema=schema))
    return dict(zip(empty.columns, map(str, empty.types), strict=True))


def schema_literal(types: Mapping[str, str]) -> str:
    """The `schema` of `read_parquet`, in SQL: other types are cast, what a file lacks is NULL."""
    members = ", ".join(
        f"'{name}': {{name: '{name}', type: {quoted(kind)}, default_value: NULL}}"
        for name, kind in types.items()
    )
    return f"MAP {{{members}}}"


def no_rows(types: Mapping[str, str]) -> str:
    """A query that has these columns, and no rows."""
    columns = ", ".join(f"NULL::{kind} AS {name}" for name, kind in types.items())
    return f"SELECT {columns} WHERE false"


def file_names(files: Sequence[Path]) -> list[str]:
    """Files as `read_parquet` is told them."""
    return [_PATTERN.sub(r"[\g<0>]", str(file)) for file in files]


def quoted(text: str) -> str:
    """A text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def is_gone(error: duckdb.Error) -> bool:
    """Whether DuckDB failed because a file was no longer there, or no longer the one it knew."""
    # What a file system in Python raises comes as the text of its traceback.
    return (
        isinstance(error, duckdb.IOException)
        or "OSError: " in str(error)
        or ("FileNotFoundError: " in str(error))
    )
