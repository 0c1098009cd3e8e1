"""Columns of attribute maps, indexed so that one key is looked up for all rows at once."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Rows = npt.NDArray[np.int64]


class Found(NamedTuple):
    """The entries of one key: the rows that have it, and where each entry stands in the map."""

    rows: Rows
    positions: Rows


class AttributeIndex:
    """The attributes of n rows, by key.

    values: map<string, string> of length n. types: a letter for each entry, as the OTLP codec
    writes them. texts and letters hold all entries of all rows, one after another.
    """

    def __init__(self, values: pa.MapArray, types: pa.StringArray) -> None:
        offsets = np.asarray(values.offsets)
        first, last = int(offsets[0]), int(offsets[-1])
        self.length = len(values)
        self.offsets: Rows = (offsets - first).astype(np.int64)
        self.texts: pa.StringArray = values.items.slice(first, last - first)
        self._is_valid = (
            self.texts.is_valid().to_numpy(zero_copy_only=False) if self.texts.null_count else None
        )
        self.letters = _letters(types, self.offsets)
        keys = values.keys.slice(first, last - first).dictionary_encode()
        names = keys.dictionary.to_pylist()
        ids = keys.indices.to_numpy()
        if len(names) < np.iinfo(np.int16).max:
            ids = ids.astype(np.int16)  # small integers sort by radix
        self._order: Rows = np.argsort(ids, kind="stable")
        self._owners: Rows = np.repeat(np.arange(self.length), np.diff(self.offsets))
        counts = np.bincount(ids, minlength=len(names))
        ends = np.cumsum(counts)
        self._slices = {
            name: slice(end - count, end)
            for name, count, end in zip(names, counts.tolist(), ends.tolist(), strict=True)
        }

    @property
    def names(self) -> Iterable[str]:
        """The keys that occur anywhere."""
        return self._slices.keys()

    def keys(self, prefix: str) -> list[str]:
        """The keys that occur anywhere and start with `prefix`."""
        return [key for key in self._slices if key.startswith(prefix)]

    def find(self, key: str) -> Found | None:
        """The entries with this key that have a value, or None when no row has any."""
        if key not in self._slices:
            return None
        positions = self._order[self._slices[key]]
        if self._is_valid is not None:
            positions = positions[self._is_valid[positions]]
        return Found(self._owners[positions], positions)

    def find_text(self, key: str) -> Found:
        """The entries with this key whose text is not empty."""
        positions = self._order[self._slices[key]] if key in self._slices else self._order[:0]
        positions = positions[self._says[positions]]
        return Found(self._owners[positions], positions)

    @cached_property
    def _says(self) -> npt.NDArray[np.bool_]:
        """Which entries have a text that is not empty."""
        lengths = pc.binary_length(self.texts).fill_null(0)
        says: npt.NDArray[np.bool_] = lengths.to_numpy(zero_copy_only=False) > 0
        return says

    def entries(self) -> Iterator[tuple[str, Found]]:
        """Every key that has a value anywhere, with its entries."""
        for key in self._slices:
            found = self.find(key)
            if found is not None:
                yield key, found

    def values(self, found: Found) -> list[str]:
        """The texts of entries."""
        texts: list[str] = self.texts.take(pa.array(found.positions)).to_pylist()
        return texts

    def rows_with_prefix(self, prefixes: tuple[str, ...]) -> npt.NDArray[np.bool_]:
        """Which of the n rows have a key that starts with one of `prefixes`."""
        having = np.zeros(self.length, bool)
        for key, where in self._slices.items():
            if key.startswith(prefixes):
                having[self._owners[self._order[where]]] = True
        return having


def _letters(types: pa.StringArray, offsets: Rows) -> npt.NDArray[np.uint8]:
    """One type letter an entry; a list that repeated a key has none left, and reads as strings."""
    fits = pc.equal(pc.binary_length(types), pa.array(np.diff(offsets), pa.int32()))
    if fits.false_count:
        widths = np.diff(offsets).tolist()
        texts = [
            text if len(text) == width else "s" * width
            for text, width in zip(types.to_pylist(), widths, strict=True)
        ]
        types = pa.array(texts, pa.string())
    starts = np.frombuffer(types.buffers()[1], np.int32)[
        types.offset : types.offset + len(types) + 1
    ]
    if not types.buffers()[2]:
        return np.empty(0, np.uint8)
    return np.frombuffer(types.buffers()[2], np.uint8)[starts[0] : starts[-1]]
