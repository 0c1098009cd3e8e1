"""Lists of OTLP key-values as Arrow maps of text, with their types beside them.

A list becomes a row of `map<string, string>` and a string of one type letter an entry (see
`anyvalue`). A list that repeats a key is no map: the map keeps the last value of each key, and
the types are `=` followed by the whole list in OTLP/JSON.
"""

import base64
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from spanlake.otlp.anyvalue import (
    TypedText,
    any_value,
    any_value_text,
    double_text,
    nested_text,
)
from spanlake.otlp.json_encode import protobuf_to_json

MAP = pa.map_(pa.string(), pa.string())
_REPEATED = "="


class AttributeColumns(NamedTuple):
    """Attribute lists of n owners: `values` map<string, string>, `types` string."""

    values: pa.MapArray
    types: pa.StringArray


class AmbiguousValueError(ValueError):
    """An AnyValue on the wire sets several members of its oneof; only the last one counts."""


class TextColumn(NamedTuple):
    """n values: their texts, and their type letters as ASCII codes (uint8)."""

    text: pa.StringArray
    letters: npt.NDArray[np.uint8]


def _ascii(letter: str) -> np.uint8:
    return np.uint8(ord(letter))


def any_value_column(values: pa.StructArray) -> TextColumn:
    """The texts and types of a column of AnyValue structs (a null struct is no value)."""
    if not len(values):
        return TextColumn(pa.array([], pa.string()), np.empty(0, np.uint8))
    fields = {field.name: child for field, child in zip(values.type, values.flatten(), strict=True)}
    strings = fields["string_value"]
    letters = np.full(len(values), _ascii("n"))
    pieces = [strings]
    rows = [np.empty(0, np.int64)]
    found = len(values) - strings.null_count
    letters[_rows_set(strings)] = _ascii("s")
    for name, letter in _SCALARS.items():
        column = fields[name]
        if column.null_count == len(values):
            continue
        at = _rows_set(column)
        found += len(at)
        text = _texts(column.drop_null(), letter)
        letters[at] = text.letters
        pieces.append(text.text)
        rows.append(at)
    if found != np.count_nonzero(letters != _ascii("n")):
        raise AmbiguousValueError
    if len(pieces) == 1:
        return TextColumn(strings, letters)
    moved = np.concatenate(rows)
    order = np.arange(len(values))
    order[moved] = len(values) + np.arange(len(moved))
    return TextColumn(pa.concat_arrays(pieces).take(pa.array(order)), letters)


_SCALARS = {
    "int_value": "i",
    "double_value": "d",
    "bool_value": "b",
    "bytes_value": "y",
    "array_value": "a",
    "kvlist_value": "k",
}


def _rows_set(column: pa.Array) -> npt.NDArray[np.int64]:
    return np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))


def _texts(column: pa.Array, letter: str) -> TextColumn:
    """The texts of a column without nulls; each distinct value is rendered once."""
    letters = np.full(len(column), _ascii(letter))
    match letter:
        case "i" | "b":
            return TextColumn(column.cast(pa.string()), letters)
        case "d":
            distinct = column.dictionary_encode()
            rendered = [TypedText(double_text(v), "d") for v in distinct.dictionary.to_pylist()]
        case "y":
            distinct = column.dictionary_encode()
            rendered = [
                TypedText(base64.b64encode(v).decode(), "y")
                for v in distinct.dictionary.to_pylist()
            ]
        case _:
            distinct = column.dictionary_encode()
            rendered = [nested_text(v, letter) for v in distinct.dictionary.to_pylist()]
    texts = pa.array([item.text for item in rendered], pa.string())
    codes = np.array([ord(item.letter) for item in rendered], np.uint8)
    indices = distinct.indices.to_numpy()
    return TextColumn(texts.take(distinct.indices), codes[indices])


def attribute_columns(lists: pa.ListArray) -> AttributeColumns:
    """A column of KeyValue lists as maps and types.

    lists: list<struct<key: string, value: AnyValue struct, ...>> without null lists.
    Raises AmbiguousValueError; MalformedError where a nested value cannot be decoded.
    """
    pairs = lists.flatten()
    keys = pairs.field("key")
    column = any_value_column(pairs.field("value"))
    offsets = np.asarray(lists.offsets)
    offsets = offsets - offsets[0]
    if _repeats_a_key(keys, offsets):
        return _with_repeated_keys(keys, column, offsets)
    start = pa.array(offsets, pa.int32())
    types = pa.StringArray.from_buffers(
        len(lists), pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(column.letters)
    )
    return AttributeColumns(pa.MapArray.from_arrays(start, keys, column.text), types)


def _repeats_a_key(keys: pa.StringArray, offsets: npt.NDArray[np.int32]) -> bool:
    if len(keys) < 2:  # noqa: PLR2004  # one key repeats nothing
        return False
    encoded = keys.dictionary_encode()
    ids = encoded.indices.to_numpy()
    if len(encoded.dictionary) < np.iinfo(np.int16).max:
        ids = ids.astype(np.int16)  # small integers sort by radix
    order = np.argsort(ids, kind="stable")
    owners = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))[order]
    ids = ids[order]
    return bool(np.any((ids[1:] == ids[:-1]) & (owners[1:] == owners[:-1])))


def _with_repeated_keys(
    keys: pa.StringArray, column: TextColumn, offsets: npt.NDArray[np.int32]
) -> AttributeColumns:
    names, texts = keys.to_pylist(), column.text.to_pylist()
    letters = column.letters.tobytes().decode("ascii")
    maps: list[list[tuple[str, str | None]]] = []
    types: list[str] = []
    for start, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True):
        entries = dict(zip(names[start:end], texts[start:end], strict=True))
        maps.append(list(entries.items()))
        if len(entries) == end - start:
            types.append(letters[start:end])
            continue
        pairs = [
            KeyValue(key=names[i], value=any_value(texts[i], letters[i])) for i in range(start, end)
        ]
        types.append(_REPEATED + _pairs_to_json(pairs))
    return AttributeColumns(pa.array(maps, MAP), pa.array(types, pa.string()))


def repeating_row(pairs: list[KeyValue]) -> tuple[list[tuple[str, str | None]], str]:
    """The row of `AttributeColumns`, entries and types, of a list that repeats a key."""
    entries = {pair.key: any_value_text(pair.value).text for pair in pairs}
    return list(entries.items()), _REPEATED + _pairs_to_json(pairs)


def _pairs_to_json(pairs: list[KeyValue]) -> str:
    return "[" + ",".join(protobuf_to_json(pair).decode() for pair in pairs) + "]"


def key_values(entries: list[tuple[str, str | None]], types: str) -> list[KeyValue]:
    """The list that became this row of `AttributeColumns`."""
    if types.startswith(_REPEATED):
        members = orjson.loads(types[len(_REPEATED) :])
        return [_key_value_from_json(member) for member in members]
    return [
        KeyValue(key=key, value=any_value(text, letter))
        for (key, text), letter in zip(entries, types, strict=True)
    ]


def _key_value_from_json(member: dict[str, object]) -> KeyValue:
    text = orjson.dumps(member.get("value") or {}).decode()
    return KeyValue(key=str(member.get("key", "")), value=any_value(text, "x"))
