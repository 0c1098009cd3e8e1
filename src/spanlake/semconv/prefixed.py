"""Columns made of all attributes below a prefix, in the order in which a span has them."""

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.semconv.attributes import AttributeIndex, Found
from spanlake.semconv.json_values import unquoted
from spanlake.semconv.transforms import per_distinct

_MAP = pa.map_(pa.string(), pa.string())


def prefix_map(index: AttributeIndex, prefix: str) -> pa.Array | None:
    """Every attribute under `prefix` as a map without it."""
    keys = [(key, found) for key in index.keys(prefix) if (found := index.find(key)) is not None]
    if not keys:
        return None
    rows = np.concatenate([found.rows for _, found in keys])
    positions = np.concatenate([found.positions for _, found in keys])
    names = np.repeat(np.arange(len(keys)), [len(found.rows) for _, found in keys])
    # A map has a key once; of one that was repeated it has the last.
    _, last = np.unique((rows * len(keys) + names)[::-1], return_index=True)
    kept = len(rows) - 1 - last
    order = kept[np.lexsort((positions[kept], rows[kept]))]
    ends = np.cumsum(np.bincount(rows[order], minlength=index.length))
    entries = pa.MapArray.from_arrays(
        pa.array(np.concatenate([[0], ends]), pa.int32()),
        pa.array([key.removeprefix(prefix) for key, _ in keys]).take(pa.array(names[order])),
        index.texts.take(pa.array(positions[order])),
    )
    having = np.zeros(index.length, bool)
    having[rows] = True
    return pc.if_else(pa.array(having), entries, pa.scalar(None, _MAP))


def quoted_map(index: AttributeIndex, prefix: str) -> pa.Array | None:
    """The same of attributes that are JSON each: a text there is in quotes."""
    entries = prefix_map(index, prefix)
    if entries is None:
        return None
    texts = per_distinct(entries.items, pa.string(), unquoted)
    return pa.MapArray.from_arrays(entries.offsets, entries.keys, texts, mask=entries.is_null())


def parameters(index: AttributeIndex, prefix: str) -> pa.Array | None:
    """Every attribute under `prefix` but the model as a JSON object."""
    rows: list[int] = []
    positions: list[int] = []
    members: list[str] = []
    for key in index.keys(prefix):
        name, found = key.removeprefix(prefix), index.find(key)
        if name != "model" and found is not None:
            rows += found.rows.tolist()
            positions += found.positions.tolist()
            members += _members(index, found, name)
    objects: dict[int, list[str]] = {}
    # In the order of the attributes, whatever spans stand beside this one.
    for at in np.argsort(np.array(positions, np.int64)).tolist():
        objects.setdefault(rows[at], []).append(members[at])
    if not objects:
        return None
    texts: list[str | None] = [None] * index.length
    for row, held in objects.items():
        texts[row] = "{" + ",".join(held) + "}"
    return pa.array(texts, pa.string())


def _members(index: AttributeIndex, found: Found, name: str) -> list[str]:
    """`"name":value` of one parameter in each row that has it, each distinct value written once."""
    texts = index.texts.take(pa.array(found.positions)).dictionary_encode()
    distinct = texts.dictionary.to_pylist()
    pairs = list(
        zip(texts.indices.to_pylist(), index.letters[found.positions].tolist(), strict=True)
    )
    member = orjson.dumps(name).decode() + ":"
    written = {pair: member + _json_literal(distinct[pair[0]], pair[1]) for pair in set(pairs)}
    return [written[pair] for pair in pairs]


def _json_literal(value: str, letter: int) -> str:
    is_json = chr(letter) in "ibak" or (chr(letter) == "d" and value[-1:].isdigit())
    return value if is_json else orjson.dumps(value).decode()


COLLECTED = {"map": prefix_map, "quoted_map": quoted_map, "parameters": parameters}
"""What makes a column of all attributes below a prefix, by the name it has in the tables."""
