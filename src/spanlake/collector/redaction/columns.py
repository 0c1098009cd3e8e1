"""Rows of a signal, redacted: every text in every column, whatever it is nested in.

Columns stay columns: one pass of one pattern over the bytes of a column finds what deserves a
closer look, and only that becomes Python objects.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.collector.redaction.matcher import Matcher
from spanlake.collector.redaction.rules import CONTENT
from spanlake.collector.redaction.values import Values
from spanlake.otlp.attributes import MAP, key_values, repeating_row

Rows = npt.NDArray[np.int64]
Counts = dict[int, Counter[str]]
Fields = dict[str, pa.Array]

# Hex, names of constants, and the letters of types, which their texts are redacted with.
_KEPT = frozenset(
    {
        "trace_id",
        "span_id",
        "parent_span_id",
        "otel_kind",
        "status_code",
        "metric_type",
        "aggregation_temporality",
        "body_type",
    }
)
_TYPES_OF = {
    "attributes": "attribute_types",
    "resource": "resource_types",
    "scope_attributes": "scope_attribute_types",
    "metadata": "metadata_types",
}
# Texts beside attributes that people and models may have said.
_SAID = frozenset({"status_message"})
_REPEATED = "="
# Types whose texts do not show what they hold: bytes, and what JSON cannot express.
_BINARY, _INEXPRESSIBLE = ord("y"), ord("x")
_OPAQUE = pa.array(["x", "y"])


class Redaction(NamedTuple):
    """fields: columns, redacted. counts: by row, what was found in it."""

    fields: Fields
    counts: Counts


class Columns:
    """Redacts the columns of one table.

    subjects: for each row whom it is about; empty when it does not matter.
    """

    def __init__(
        self, matcher: Matcher, values: Values, subjects: Sequence[str | None] = ()
    ) -> None:
        self._matcher = matcher
        self._values = values
        self._subjects = subjects
        self._counts: Counts = {}

    def redact(self, fields: Fields) -> Redaction:
        """The columns of a table, of equal length."""
        rows = np.arange(len(next(iter(fields.values()))))
        return Redaction(self._fields(fields, rows), self._counts)

    def _fields(self, fields: Fields, rows: Rows) -> Fields:
        """Fields side by side; rows: for each of their elements the row it belongs to."""
        redacted = dict(fields)
        for name, array in fields.items():
            if name in _KEPT or name in _TYPES_OF.values() or not _has_text(array.type):
                continue
            if name in _TYPES_OF and pa.types.is_map(array.type):
                types = _TYPES_OF[name]
                redacted[name], redacted[types] = self._attributes(array, fields[types], rows)
            elif name == "body":
                redacted |= self._body(array, fields["body_type"], rows)
            else:
                redacted[name] = self._array(array, rows, is_said=name in _SAID)
        return redacted

    def _array(self, array: pa.Array, rows: Rows, *, is_said: bool = False) -> pa.Array:
        if pa.types.is_string(array.type):
            return self._texts(array, rows, is_said=is_said)
        if pa.types.is_list(array.type):
            items = array.flatten()
            of_items = rows[pc.list_parent_indices(array).to_numpy()]
            redacted = self._array(items, of_items)
            return array if redacted is items else _listed(array, redacted)
        if pa.types.is_struct(array.type):
            names = [field.name for field in array.type]
            fields = dict(zip(names, array.flatten(), strict=True))
            redacted = self._fields(fields, rows)
            if all(redacted[name] is fields[name] for name in names):
                return array
            return pa.StructArray.from_arrays(
                [redacted[name] for name in names], names, mask=array.is_null()
            )
        return array

    def _texts(self, texts: pa.StringArray, rows: Rows, *, is_said: bool) -> pa.StringArray:
        content = self._values.content if is_said else None
        if content is not None:
            positions = np.flatnonzero(texts.is_valid().to_numpy(zero_copy_only=False))
        else:
            positions = self._matcher.suspects(texts)
        changed: dict[int, str | None] = {}
        for position, text in zip(positions.tolist(), _at(texts, positions), strict=True):
            if text is None:
                continue
            row = int(rows[position])
            shape = content.text(text) if content else None
            if shape is not None:
                changed[position] = shape
                self._count(row, {CONTENT: 1})
                continue
            found = self._values.text(text, self._subject(row))
            if found is not None:
                changed[position] = found.text.decode()
                self._count(row, found.counts)
        return _changed(texts, changed)

    def _body(self, texts: pa.StringArray, types: pa.StringArray, rows: Rows) -> Fields:
        """The bodies of log records, each with a type of its own."""
        if self._values.content is not None:
            positions = np.arange(len(texts))
        else:
            opaque = pc.is_in(types, _OPAQUE)
            opaque_at = np.flatnonzero(opaque.to_numpy(zero_copy_only=False))
            positions = np.union1d(self._matcher.suspects(texts), opaque_at)
        new_texts: dict[int, str | None] = {}
        new_types: dict[int, str | None] = {}
        for position, text, letter in zip(
            positions.tolist(), _at(texts, positions), _at(types, positions), strict=True
        ):
            row = int(rows[position])
            found = letter and self._values.value("", text, letter, self._subject(row))
            if found:
                new_texts[position], new_types[position] = found.text, found.letter
                self._count(row, found.counts)
        return {"body": _changed(texts, new_texts), "body_type": _changed(types, new_types)}

    def _attributes(
        self, maps: pa.MapArray, types: pa.StringArray, rows: Rows
    ) -> tuple[pa.MapArray, pa.StringArray]:
        """Attribute lists and their types; see `otlp.attributes`."""
        offsets = np.asarray(maps.offsets)
        first, end = int(offsets[0]), int(offsets[-1])
        keys, items = (part.slice(first, end - first) for part in (maps.keys, maps.items))
        if not len(keys):
            return maps, types
        positions = self._worth_a_look(keys, items, types)
        if not len(positions):
            return maps, types
        owners = np.repeat(np.arange(len(maps)), np.diff(offsets))[positions]
        lists, begins = np.unique(owners, return_index=True)
        looked_at = np.split(positions - (offsets[owners] - first), begins[1:])
        taken = pa.array(lists)
        changed: list[int] = []
        new_lists: list[list[tuple[str, str | None]]] = []
        new_types: list[str] = []
        for index, entries, letters, at in zip(
            lists.tolist(),
            maps.take(taken).to_pylist(),
            types.take(taken).to_pylist(),
            looked_at,
            strict=True,
        ):
            redacted = self._list(entries, letters, at.tolist(), int(rows[index]))
            if redacted is not None:
                changed.append(index)
                new_lists.append(redacted[0])
                new_types.append(redacted[1])
        if not changed:
            return maps, types
        mask = np.zeros(len(maps), bool)
        mask[changed] = True
        order = np.arange(len(maps))
        order[changed] = len(maps) + np.arange(len(changed))
        together = pa.concat_arrays([maps, pa.array(new_lists, MAP).cast(maps.type)])
        return (
            together.take(pa.array(order)),
            pc.replace_with_mask(types, pa.array(mask), pa.array(new_types, pa.string())),
        )

    def _worth_a_look(
        self, keys: pa.StringArray, items: pa.StringArray, types: pa.StringArray
    ) -> Rows:
        """The positions of entries that may hold something."""
        if self._values.content is not None:
            return np.arange(len(keys))
        looked_at = [self._matcher.suspects(items)]
        encoded = keys.dictionary_encode()
        names = encoded.dictionary.to_pylist()
        worth = set(self._matcher.suspects(encoded.dictionary).tolist())
        worth |= {i for i, name in enumerate(names) if self._values.is_sensitive(name)}
        if worth:
            looked_at.append(np.flatnonzero(np.isin(encoded.indices.to_numpy(), list(worth))))
        looked_at += self._opaque(types, len(keys))
        return np.unique(np.concatenate(looked_at))

    @staticmethod
    def _opaque(types: pa.StringArray, count: int) -> list[Rows]:
        """Entries whose text does not show what they hold: bytes, and lists that repeat a key."""
        data = types.buffers()[2]
        if data is None:
            return []
        offsets = np.frombuffer(types.buffers()[1], np.int32)
        offsets = offsets[types.offset : types.offset + len(types) + 1]
        letters = np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]]
        if len(letters) == count:
            return [np.flatnonzero((letters == _BINARY) | (letters == _INEXPRESSIBLE))]
        # Some list is spelt out, so that letters and entries are not side by side.
        return [np.arange(count)]

    def _list(
        self, entries: list[tuple[str, str | None]], types: str, looked_at: list[int], row: int
    ) -> tuple[list[tuple[str, str | None]], str] | None:
        """One attribute list and its types; None when nothing is found in it."""
        subject = self._subject(row)
        if types.startswith(_REPEATED):
            return self._repeated(entries, types, row)
        counts: Counter[str] = Counter()
        new_entries, new_letters = list(entries), list(types)
        dropped: set[int] = set()
        are_renamed = False
        for at in looked_at:
            key, text = entries[at]
            found = self._values.value(key, text, types[at], subject)
            if found is not None:
                counts.update(found.counts)
                new_entries[at], new_letters[at] = (key, found.text), found.letter
                if found.is_dropped:
                    dropped.add(at)
            name = self._values.text(key, subject)
            if name is not None:
                counts.update(name.counts)
                new_entries[at] = (name.text.decode(), new_entries[at][1])
                are_renamed = True
        if not counts:
            return None
        self._count(row, counts)
        kept = [at for at in range(len(entries)) if at not in dropped]
        letters = "".join(new_letters[at] for at in kept)
        left = [new_entries[at] for at in kept]
        return _distinct(left) if are_renamed else left, letters

    def _repeated(
        self, entries: list[tuple[str, str | None]], types: str, row: int
    ) -> tuple[list[tuple[str, str | None]], str] | None:
        pairs = key_values(entries, types)
        counts = self._values.repeated(pairs, self._subject(row))
        if not counts:
            return None
        self._count(row, counts)
        return repeating_row(pairs)

    def _subject(self, row: int) -> str | None:
        return self._subjects[row] if self._subjects else None

    def _count(self, row: int, counts: Mapping[str, int]) -> None:
        self._counts.setdefault(row, Counter()).update(counts)


def _has_text(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind) or pa.types.is_list(kind) or pa.types.is_map(kind):
        return any(_has_text(kind.field(i).type) for i in range(kind.num_fields))
    return bool(pa.types.is_string(kind))


def _listed(lists: pa.ListArray, items: pa.Array) -> pa.ListArray:
    """Lists of the same lengths, with other items."""
    sizes = pc.fill_null(pc.list_value_length(lists), 0).to_numpy()
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), items, mask=lists.is_null())


def _at(texts: pa.StringArray, positions: Rows) -> list[str | None]:
    found: list[str | None] = texts.take(pa.array(positions)).to_pylist()
    return found


def _changed(texts: pa.StringArray, changed: dict[int, str | None]) -> pa.StringArray:
    if not changed:
        return texts
    mask = np.zeros(len(texts), bool)
    mask[list(changed)] = True
    replaced = [changed[position] for position in sorted(changed)]
    return pc.replace_with_mask(texts, pa.array(mask), pa.array(replaced, pa.string()))


def _distinct(entries: list[tuple[str, str | None]]) -> list[tuple[str, str | None]]:
    """Entries of a map, whose keys may have become equal; each keeps one of its own."""
    keys: Counter[str] = Counter()
    distinct: list[tuple[str, str | None]] = []
    for key, text in entries:
        keys[key] += 1
        distinct.append((key if keys[key] == 1 else f"{key}#{keys[key]}", text))
    return distinct
