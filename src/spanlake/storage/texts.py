"""Long texts are stored once: a text column that is an attribute verbatim takes the text over.

The attribute keeps its place and key, loses its text, and its type letter becomes the digit that
is the column's place in `TEXT_COLUMNS`. `restored` and the SQL views put it back.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.semconv.arrays import whole
from spanlake.semconv.columns import TEXT_COLUMNS

Positions = npt.NDArray[np.int64]
_STRING = ord("s")
_ZERO = ord("0")


class StoredAttributes(NamedTuple):
    """Columns attributes (map<string, string>) and attribute_types (string) as they are stored."""

    values: pa.MapArray
    types: pa.StringArray


class _Places(NamedTuple):
    """Some entries: where each stands among all, the row it is in, and where its letter stands."""

    entries: Positions
    rows: Positions
    letters: Positions

    def only(self, chosen: npt.NDArray[np.bool_]) -> "_Places":
        """Those among them that are chosen."""
        return _Places(self.entries[chosen], self.rows[chosen], self.letters[chosen])


class _Attributes:
    """The entries of n attribute maps, one after another, and their types to be changed in place.

    letters: all types as ASCII codes. A list that repeated a key has other text there, and none of
    its entries has a place.
    """

    def __init__(self, values: pa.MapArray, types: pa.StringArray) -> None:
        offsets = np.asarray(values.offsets)
        first, length = int(offsets[0]), int(offsets[-1] - offsets[0])
        self.keys = values.keys.slice(first, length)
        self.texts = values.items.slice(first, length)
        starts = np.frombuffer(types.buffers()[1], np.int32)[types.offset :][: len(types) + 1]
        letters = np.frombuffer(types.buffers()[2] or b"", np.uint8)
        self.letters = letters[starts[0] : starts[-1]].copy()
        self._offsets = offsets - first
        self._starts = starts - starts[0]
        self._has_letters = np.diff(starts) == np.diff(offsets)

    def places(self, entries: Positions) -> _Places:
        """Those of these entries that have a letter."""
        rows = np.searchsorted(self._offsets, entries, side="right") - 1
        letters = entries - self._offsets[rows] + self._starts[rows]
        return _Places(entries, rows, letters).only(self._has_letters[rows])

    def places_of(self, letter: int) -> _Places:
        """All entries with this letter."""
        letters = np.flatnonzero(self.letters == letter)
        rows = np.searchsorted(self._starts, letters, side="right") - 1
        entries = letters - self._starts[rows] + self._offsets[rows]
        return _Places(entries, rows, letters).only(self._has_letters[rows])

    def stored(self, texts: pa.StringArray) -> StoredAttributes:
        """The maps with these texts, and the types as they are now."""
        offsets, starts = self._offsets.astype(np.int32), self._starts.astype(np.int32)
        return StoredAttributes(
            pa.MapArray.from_arrays(pa.array(offsets), self.keys, texts),
            pa.StringArray.from_buffers(
                len(starts) - 1, pa.py_buffer(starts), pa.py_buffer(self.letters)
            ),
        )


def without_verbatim(
    values: pa.MapArray, types: pa.StringArray, verbatim: dict[str, Positions], columns: pa.Table
) -> StoredAttributes:
    """Take the texts out that text columns hold.

    verbatim: for each text column, positions among all entries of `values`. columns: the text
    columns. A text goes only where its column does hold the same: no fault of a mapping may cost
    data.
    """
    attributes = _Attributes(values, types)
    gone = np.zeros(len(attributes.texts), bool)
    for digit, column in enumerate(TEXT_COLUMNS):
        if not len(verbatim[column]):
            continue
        places = attributes.places(verbatim[column])
        places = places.only(attributes.letters[places.letters] == _STRING)
        text = attributes.texts.take(pa.array(places.entries))
        held = whole(columns[column]).take(pa.array(places.rows))
        same = pc.fill_null(pc.equal(text, held), False)  # no other spelling
        places = places.only(same.to_numpy(zero_copy_only=False))
        attributes.letters[places.letters] = _ZERO + digit
        gone[places.entries] = True
    if not gone.any():
        return StoredAttributes(values, types)
    texts = pc.if_else(pa.array(gone), pa.scalar(None, pa.string()), attributes.texts)
    return attributes.stored(texts)


def restored(table: pa.Table) -> pa.Table:
    """Put the texts back into the attributes of spans, as if none had been taken out.

    table: columns attributes and attribute_types as stored, and all of `TEXT_COLUMNS`.
    """
    attributes = _Attributes(whole(table["attributes"]), whole(table["attribute_types"]))
    texts = [attributes.texts]
    back = [np.empty(0, np.int64)]
    for digit, column in enumerate(TEXT_COLUMNS):
        places = attributes.places_of(_ZERO + digit)
        texts.append(whole(table[column]).take(pa.array(places.rows)))
        back.append(places.entries)
        attributes.letters[places.letters] = _STRING
    moved = np.concatenate(back)
    order = np.arange(len(attributes.texts))
    order[moved] = len(order) + np.arange(len(moved))
    stored = attributes.stored(pa.concat_arrays(texts).take(pa.array(order)))
    columns = {name: table[name] for name in table.column_names}
    return pa.table(columns | {"attributes": stored.values, "attribute_types": stored.types})
