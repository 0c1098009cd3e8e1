"""Rows of tables as records of a dataset: DataFrames, Arrow tables, and what files hold."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from spanlake.errors import UserError

_BATCH = 10_000
_OBJECTS = ("inputs", "expectations", "tags", "source")
_PLAIN = ("outputs", "split", "source", "record_id")


@dataclass(frozen=True, slots=True)
class RecordColumns:
    """Which columns of a table make up the inputs, outputs, expectations and tags of a record.

    Without any, a table has columns of these names, with objects in them, or columns such as
    inputs.question and expectations.expected_response, with the values of one key.
    """

    inputs: tuple[str, ...] = ()
    outputs: str | None = None
    expectations: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    split: str | None = None

    @property
    def is_given(self) -> bool:
        """Whether any column is named."""
        return bool(self.inputs or self.outputs or self.expectations or self.tags or self.split)

    def paths(self, columns: Iterable[str]) -> dict[str, tuple[str, str | None]]:
        """For each column that is used, the part of the record it is, and the key in it.

        Raises UserError for a table without a column that is named here, or without inputs.
        """
        there = list(columns)
        if self.is_given:
            found = dict(self._named())
            for column in found:
                if column not in there:
                    raise UserError(
                        f"the column is {column!r}: the table has {_listed(there)}; name one"
                    )
        else:
            found = dict(_by_name(there))
        if not any(part == "inputs" for part, _ in found.values()):
            raise UserError(
                f"the table has {_listed(there)}: needs inputs, as objects in a column of this "
                "name, as columns such as inputs.question, or as columns that you name with "
                "--inputs (inputs=... in Python)"
            )
        return found

    def _named(self) -> Iterator[tuple[str, tuple[str, str | None]]]:
        for part in ("inputs", "expectations", "tags"):
            for column in getattr(self, part):
                yield column, (part, column)
        if self.outputs is not None:
            yield self.outputs, ("outputs", None)
        if self.split is not None:
            yield self.split, ("split", None)


ALL_COLUMNS = RecordColumns()

# What a text in a cell is: in a file it may be the text of a JSON value, in memory it is a text.
Cells = Literal["texts", "values"]


def is_frame(data: object) -> bool:
    """Whether this is a DataFrame of pandas or polars, an Arrow table or a DuckDB relation."""
    return any(hasattr(data, name) for name in ("iter_rows", "iterrows", "to_pylist", "fetchall"))


def frame_rows(frame: Any, columns: RecordColumns = ALL_COLUMNS) -> Iterator[dict[str, Any]]:  # noqa: ANN401  # of any library
    """The rows of a DataFrame or table, as mappings of inputs, outputs, expectations and tags.

    An empty cell says nothing. Raises UserError as `RecordColumns.paths` does.
    """
    if hasattr(frame, "iterrows"):  # pandas
        paths = columns.paths(map(str, frame.columns))
        return _records(_pandas_rows(frame), paths, cells="values")
    if hasattr(frame, "to_pylist"):  # pyarrow
        paths = columns.paths(frame.column_names)
        batches = (batch.to_pylist() for batch in frame.to_batches(_BATCH))
        return _records((row for batch in batches for row in batch), paths, cells="values")
    table = frame if hasattr(frame, "iter_rows") else frame.pl()
    paths = columns.paths(table.columns)
    return _records(table.iter_rows(named=True), paths, cells="values")


def text_rows(
    rows: Iterable[Mapping[str, Any]], names: Iterable[str], columns: RecordColumns
) -> Iterator[dict[str, Any]]:
    """The same for rows of a file that has these columns, whose cells may be texts of JSON."""
    return _records(rows, columns.paths(names), cells="texts")


def _pandas_rows(frame: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    import pandas as pd

    for start in range(0, len(frame), _BATCH):
        for row in frame.iloc[start : start + _BATCH].to_dict("records"):
            yield {
                str(name): value
                for name, value in row.items()
                if not (pd.api.types.is_scalar(value) and pd.isna(value))
            }


def _records(
    rows: Iterable[Mapping[str, Any]], paths: Mapping[str, tuple[str, str | None]], *, cells: Cells
) -> Iterator[dict[str, Any]]:
    for row in rows:
        record: dict[str, Any] = {}
        for column, (part, key) in paths.items():
            value = row.get(column)
            if value is None:
                continue
            if key is not None:
                record.setdefault(part, {})[key] = _cell(value, cells)
            elif part in _OBJECTS:
                record[part] = _object(value, column)
            else:
                record[part] = _cell(value, cells, is_json=part == "outputs")
        yield record


def _cell(value: Any, cells: Cells, *, is_json: bool = False) -> Any:  # noqa: ANN401
    """The value of a cell. is_json: any JSON value may stand in it, not an object or list alone."""
    if cells == "values" or not isinstance(value, str) or not (is_json or value[:1] in "[{"):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


def _object(value: Any, column: str) -> Any:  # noqa: ANN401
    if isinstance(value, str):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            raise UserError(
                f"the column {column} has the text {value[:60]!r}: must hold objects, as JSON; "
                f"call it {column}.KEY, or name it with --inputs (inputs=... in Python)"
            ) from None
    if isinstance(value, Mapping):
        # A struct has every key of every row; those without a value are not this row's.
        return {key: each for key, each in value.items() if each is not None}
    return value


def _by_name(columns: Iterable[str]) -> Iterator[tuple[str, tuple[str, str | None]]]:
    for column in columns:
        part, dot, key = column.partition(".")
        if dot and key and part in _OBJECTS:
            yield column, (part, key)
        elif column in _OBJECTS or column in _PLAIN:
            yield column, (column, None)


def _listed(columns: Iterable[str]) -> str:
    return f"the columns {', '.join(columns)}" if columns else "no columns"
