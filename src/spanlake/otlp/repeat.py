"""Rows repeated: what a request says once of many items is stored with each of them."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.errors import TooLargeError

Indices = npt.NDArray[np.int64]
Sizes = npt.NDArray[np.int64]

# A megabyte of resource over a million spans makes a terabyte of a small request.
_MAX_BYTES = 256 << 20
_BYTES_AN_ENTRY = 8


def repeat(columns: dict[str, pa.Array], rows: Indices) -> dict[str, pa.Array]:
    """The columns with these of their rows; TooLargeError when that makes too much of them."""
    at_most = sum(column.nbytes for column in columns.values()) * len(rows)
    if at_most > _MAX_BYTES:
        size = sum(int(_sizes(column)[rows].sum()) for column in columns.values())
        if size > _MAX_BYTES:
            raise TooLargeError(
                f"what is said of {len(rows)} items at once is {size >> 20} MiB when stored with "
                f"each: the limit is {_MAX_BYTES >> 20} MiB; send fewer items in a request"
            )
    taken = pa.array(rows)
    return {name: column.take(taken) for name, column in columns.items()}


def _sizes(column: pa.Array) -> Sizes:
    """About how many bytes each row takes."""
    kind = column.type
    sizes = np.full(len(column), _BYTES_AN_ENTRY)
    if pa.types.is_map(kind):
        sizes += _sums(_sizes(column.keys) + _sizes(column.items), column.offsets)
    elif pa.types.is_list(kind):
        sizes += _sums(_sizes(column.values), column.offsets)
    elif pa.types.is_struct(kind):
        sizes += sum(_sizes(column.field(i)) for i in range(kind.num_fields))
    elif pa.types.is_string(kind):
        sizes += pc.fill_null(pc.binary_length(column), 0).to_numpy()
    return sizes


def _sums(sizes: Sizes, offsets: pa.Int32Array) -> Sizes:
    """The sum of each list's sizes."""
    ends = np.concatenate([[0], np.cumsum(sizes)])
    sums: Sizes = np.diff(ends[np.asarray(offsets)])
    return sums
