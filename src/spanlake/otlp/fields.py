"""How protobuf's ids, times, unset strings and lists of messages become columns, and back."""

import binascii

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_NO_ID = pa.array(["", "0" * 16, "0" * 32])
_WRAP = 2**64


def null_if_empty(column: pa.StringArray) -> pa.StringArray:
    """The empty string is how protobuf writes an unset one."""
    empty = pc.equal(column, "")
    return pc.if_else(empty, pa.scalar(None, column.type), column) if empty.true_count else column


def hex_ids(ids: pa.BinaryArray) -> pa.StringArray:
    """Ids in lower-case hex; null for one that is empty or all zeros, the two ways to say none."""
    offsets = np.frombuffer(ids.buffers()[1], np.int32)[ids.offset : ids.offset + len(ids) + 1]
    data = ids.buffers()[2]
    digits = binascii.hexlify(memoryview(data)[offsets[0] : offsets[-1]]) if data else b""
    text = pa.StringArray.from_buffers(
        len(ids), pa.py_buffer(((offsets - offsets[0]) * 2).astype(np.int32)), pa.py_buffer(digits)
    )
    none = pc.is_in(text, _NO_ID)
    return pc.if_else(none, pa.scalar(None, pa.string()), text) if none.true_count else text


def id_bytes(digits: str | None) -> bytes:
    """The id that `hex_ids` made these digits of; empty for none."""
    return bytes.fromhex(digits or "")


def nanoseconds(column: pa.UInt64Array) -> pa.Int64Array:
    """OTLP's unsigned nanoseconds as signed ones: past 2262 they wrap."""
    return column.view(pa.int64())


def unix_nano(nanos: int) -> int:
    """The unsigned nanoseconds that `nanoseconds` made this number of."""
    return nanos % _WRAP


def timestamps(nanos: pa.Int64Array) -> pa.TimestampArray:
    """Nanoseconds since the epoch as timestamps of microseconds."""
    return pc.divide(nanos, 1000).view(pa.timestamp("us", "UTC"))


def nest(lists: pa.ListArray, columns: dict[str, pa.Array]) -> pa.ListArray:
    """Columns of the flattened `lists`, nested again as lists of structs."""
    structs = pa.StructArray.from_arrays(list(columns.values()), list(columns))
    return pa.ListArray.from_arrays(pc.subtract(lists.offsets, lists.offsets[0]), structs)
