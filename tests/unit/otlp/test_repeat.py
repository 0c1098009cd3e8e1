import numpy as np
import pyarrow as pa
import pytest

from spanlake.errors import TooLargeError
from spanlake.otlp.attributes import MAP
from spanlake.otlp.repeat import repeat

MIB = 1 << 20
LARGE = "x" * MIB
REFS = pa.list_(pa.struct([("type", pa.string()), ("keys", pa.list_(pa.string()))]))
LARGE_COLUMNS = {
    "text": pa.array([LARGE, ""]),
    "keys of a map": pa.array([[(LARGE, "")], []], MAP),
    "values of a map": pa.array([[("", LARGE)], []], MAP),
    "lists of structs": pa.array([[{"type": "", "keys": ["", LARGE]}], []], REFS),
}


def test_rows_are_repeated_in_order() -> None:
    """Every column has the rows asked for, as often and in the order they are asked for."""
    columns = {
        "map": pa.array([[("a", "1")], None, []], MAP),
        "refs": pa.array([[{"type": "t", "keys": ["k"]}], [], None], REFS),
        "text": pa.array(["a", None, "c"]),
        "number": pa.array([1, 2, 3], pa.uint32()),
    }
    repeated = repeat(columns, np.array([2, 0, 0, 1]))
    for name, column in columns.items():
        rows = column.to_pylist()
        assert repeated[name].to_pylist() == [rows[2], rows[0], rows[0], rows[1]]
        assert repeated[name].type == column.type


def test_no_rows_are_nothing() -> None:
    """Columns whose rows nobody asks for are empty, however large they are."""
    for column in LARGE_COLUMNS.values():
        assert len(repeat({"column": column}, np.array([], np.int64))["column"]) == 0


@pytest.mark.parametrize("column", LARGE_COLUMNS)
def test_what_would_take_the_memory_is_refused(column: str) -> None:
    """A megabyte is not repeated a thousand times, wherever in the column it is."""
    with pytest.raises(TooLargeError, match=r"1000 items at once is 1000 MiB .* limit is 256 MiB"):
        repeat({"column": LARGE_COLUMNS[column]}, np.zeros(1000, np.int64))


@pytest.mark.parametrize("column", LARGE_COLUMNS)
def test_large_rows_may_stand_beside_often_repeated_ones(column: str) -> None:
    """What counts is the size of each row times how often it is repeated, not the largest."""
    repeated = repeat({"column": LARGE_COLUMNS[column]}, np.array([0] + [1] * 5000))
    assert len(repeated["column"]) == 5001


def test_a_part_of_a_column_is_measured_as_that_part() -> None:
    """Of a column that is a slice of a larger one only the slice counts."""
    whole = pa.array([[("a", LARGE)], [("a", "b")], [("c", "d")]], MAP)
    repeated = repeat({"column": whole.slice(1)}, np.array([1] * 5000))
    assert repeated["column"][4999].as_py() == [("c", "d")]
