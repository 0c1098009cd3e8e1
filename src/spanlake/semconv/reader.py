"""Reads one canonical column at a time out of the attributes of a batch of spans."""

from typing import NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.semconv.attributes import AttributeIndex, Found, Rows
from spanlake.semconv.tables import Dialect, Source
from spanlake.semconv.transforms import TRANSFORMS

_NONE = -1
# Transforms whose value is the text itself, or nothing.
_VERBATIM = ("text", "json")
_MAP = pa.map_(pa.string(), pa.string())


class Column(NamedTuple):
    """A canonical column of n rows.

    positions: for each row the attribute entry its text is, verbatim, or -1.
    """

    values: pa.Array
    positions: Rows


class Reader:
    """The attributes of n spans and their resources, read by the dialect tables."""

    def __init__(
        self, span: AttributeIndex, resource: AttributeIndex, dialects: tuple[Dialect, ...]
    ) -> None:
        self._places = {"span": span, "resource": resource}
        self._dialects = dialects
        self.length = span.length
        self.errors: dict[int, list[str]] = {}

    def column(self, name: str, kind: pa.DataType) -> Column:
        """The best value of each row: by the rank of its dialect, then by the dialect's order."""
        sources = [s for dialect in self._dialects for s in dialect.columns.get(name, ())]
        return self._first(sources, kind)

    def usage(self, dialect: Dialect) -> dict[str, pa.Array]:
        """Token counts as one dialect reports them."""
        return {
            name: self._first(list(sources), pa.int64()).values
            for name, sources in dialect.usage.items()
        }

    def _first(self, sources: list[Source], kind: pa.DataType) -> Column:
        best = Column(pa.nulls(self.length, kind), np.full(self.length, _NONE))
        for source in sources:
            found = self._read(source)
            if found is None:
                continue
            if best.values.null_count == self.length:
                best = found
            else:
                missing = best.values.is_null()
                best = Column(
                    _coalesce(best.values, found.values),
                    np.where(
                        missing.to_numpy(zero_copy_only=False), found.positions, best.positions
                    ),
                )
            if not best.values.null_count:
                break
        if best.values.type != kind:
            best = best._replace(values=best.values.cast(kind))
        return best

    def _read(self, source: Source) -> Column | None:
        index = self._places[source.place]
        if source.transform == "map":
            return _with_prefix(_prefix_map(index, source.key[:-1]))
        if source.transform == "parameters":
            return _with_prefix(_parameters(index, source.key[:-1]))
        found = index.find(source.key)
        if found is None or not len(found.rows):
            return None
        texts = index.texts.take(pa.array(found.positions))
        transformed = TRANSFORMS[source.transform](texts, index.letters[found.positions])
        for at, reason in transformed.failures.items():
            self.errors.setdefault(int(found.rows[at]), []).append(f"{source.key} {reason}")
        return self._spread(found, transformed.values, source)

    def _spread(self, found: Found, values: pa.Array, source: Source) -> Column:
        """The k values found, in their rows of n."""
        into = np.full(self.length, _NONE)
        into[found.rows] = np.arange(len(found.rows))
        positions = np.full(self.length, _NONE)
        if source.place == "span" and source.transform in _VERBATIM:
            kept = values.is_valid().to_numpy(zero_copy_only=False)
            positions[found.rows[kept]] = found.positions[kept]
        if len(found.rows) == self.length:
            return Column(values, positions)
        return Column(values.take(pa.array(into, mask=into == _NONE)), positions)


def _coalesce(first: pa.Array, second: pa.Array) -> pa.Array:
    if not pa.types.is_nested(first.type):
        return pc.coalesce(first, second)
    rows = np.arange(len(first))
    rows[first.is_null().to_numpy(zero_copy_only=False)] += len(first)
    return pa.concat_arrays([first, second]).take(pa.array(rows))


def _with_prefix(values: pa.Array | None) -> Column | None:
    return None if values is None else Column(values, np.full(len(values), _NONE))


def _prefix_map(index: AttributeIndex, prefix: str) -> pa.Array | None:
    """Every attribute under `prefix` as a map without it."""
    keys = index.keys(prefix)
    if not keys:
        return None
    maps: list[dict[str, str | None] | None] = [None] * index.length
    for key in keys:
        found = index.find(key)
        if found is None:
            continue
        texts = index.texts.take(pa.array(found.positions)).to_pylist()
        for row, value in zip(found.rows.tolist(), texts, strict=True):
            entries = maps[row] or {}
            entries[key.removeprefix(prefix)] = value
            maps[row] = entries
    return pa.array([None if entry is None else list(entry.items()) for entry in maps], _MAP)


def _parameters(index: AttributeIndex, prefix: str) -> pa.Array | None:
    """Every attribute under `prefix` but the model as a JSON object."""
    objects: dict[int, list[str]] = {}
    for key in index.keys(prefix):
        name = key.removeprefix(prefix)
        found = index.find(key)
        if name != "model" and found is not None:
            for row, member in zip(found.rows.tolist(), _members(index, found, name), strict=True):
                objects.setdefault(row, []).append(member)
    if not objects:
        return None
    texts: list[str | None] = [None] * index.length
    for row, members in objects.items():
        texts[row] = "{" + ",".join(members) + "}"
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
