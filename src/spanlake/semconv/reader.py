"""Reads one canonical column at a time out of the attributes of a batch of spans."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.semconv.attributes import AttributeIndex, Rows
from spanlake.semconv.content import CONTENT
from spanlake.semconv.json_values import as_text, member
from spanlake.semconv.places import Mask, Places
from spanlake.semconv.plan import Plan
from spanlake.semconv.prefixed import COLLECTED
from spanlake.semconv.structures import STRUCTURES
from spanlake.semconv.tables import SPAN, Source
from spanlake.semconv.transforms import TRANSFORMS

_NONE = -1


class Column(NamedTuple):
    """A canonical column of n rows.

    positions: for each row the attribute entry its text is, verbatim, or -1; None for no row.
    """

    values: pa.Array
    positions: Rows | None

    def where(self, length: int) -> Rows:
        """The positions of all rows."""
        return np.full(length, _NONE) if self.positions is None else self.positions


class Reader:
    """The attributes of n spans, their resources and their events, read by the dialect tables."""

    def __init__(self, places: Places, plan: Plan) -> None:
        self._places = places
        self._plan = plan
        self.length = places.length
        self.errors: dict[int, list[str]] = {}

    def column(self, name: str, kind: pa.DataType) -> Column:
        """The best value of each row: by the rank of its dialect, then by the dialect's order."""
        sources = self._plan.columns.get(name, ())
        if sources and all(map(_is_plain, sources)):
            return self._plain(sources)
        return self._first(sources, kind)

    def counts(self, sources: Mapping[str, tuple[Source, ...]]) -> dict[str, pa.Array]:
        """Token counts as one dialect reports them, by canonical column."""
        return {name: self._first(each, pa.int64()).values for name, each in sources.items()}

    def _first(self, sources: Sequence[Source], kind: pa.DataType) -> Column:
        best: Column | None = None
        for source in sources:
            wanted = None
            if best is not None:
                wanted = best.values.is_null().to_numpy(zero_copy_only=False)
            found = self._read(source, wanted)
            if found is None:
                continue
            if found.values.type != kind:
                found = found._replace(values=found.values.cast(kind))
            best = found if best is None or wanted is None else self._filled(best, found, wanted)
            if not best.values.null_count:
                break
        return best or Column(pa.nulls(self.length, kind), None)

    def _plain(self, sources: Sequence[Source]) -> Column:
        """Texts as they are: it is enough to find them, and to take them once."""
        everywhere = np.full(self.length, _NONE)
        for source in sources:
            found = self._places.find_text(source, everywhere == _NONE)
            everywhere[found.rows] = found.positions
            if everywhere.min(initial=0) > _NONE:
                break
        values = self._places.attributes.texts.take(_indices(everywhere))
        return Column(values, everywhere)

    def _filled(self, best: Column, other: Column, missing: Mask) -> Column:
        values = _coalesce(best.values, other.values)
        if best.positions is None and other.positions is None:
            return Column(values, None)
        positions = np.where(missing, other.where(self.length), best.where(self.length))
        return Column(values, positions)

    def _read(self, source: Source, wanted: Mask | None) -> Column | None:
        """What a source says, at least in the rows wanted; None when it says nothing at all."""
        if source.value is not None:
            return self._told(source, wanted)
        index = self._places.index(source.place)
        if index is None:
            return None
        if source.transform in STRUCTURES:
            return self._rebuilt(source, wanted)
        if source.key.endswith("*"):
            return self._collected(source, index)
        found = self._places.find(source, wanted)
        if found is None:
            return None
        everywhere = self._everywhere(found.rows, found.positions)
        if source.path is None:
            texts = index.texts.take(_indices(everywhere))
        else:
            parsed = self._places.parsed(source, found)
            members = [as_text(member(value, source.path)) for value in parsed]
            texts = self._spread(found.rows, pa.array(members, pa.string()))
        transformed = TRANSFORMS[source.transform](texts)
        for row, reason in transformed.failures.items():
            self._blame(row, f"{source.key} {reason}")
        if source.place != SPAN or source.path is not None or source.transform not in CONTENT:
            return Column(transformed.values, None)
        is_other = transformed.values.is_null().to_numpy(zero_copy_only=False)
        if transformed.changed is not None:
            is_other = is_other | transformed.changed
        return Column(transformed.values, np.where(is_other, _NONE, everywhere))

    def _told(self, source: Source, wanted: Mask | None) -> Column | None:
        """What it means that something is there."""
        found = self._places.find(source, wanted)
        if found is None:
            return None
        return Column(self._spread(found.rows, pa.repeat(source.value, len(found.rows))), None)

    def _rebuilt(self, source: Source, wanted: Mask | None) -> Column | None:
        rebuild = STRUCTURES[source.transform]
        held = self._places.values(source, wanted)
        if not len(held.rows):
            return None
        known: dict[str, str | None] = {}  # tools and instructions are told again with every call
        rebuilt: list[str | None] = []
        for row, value in held.pairs():
            if isinstance(value, Exception):
                self._blame(int(row), f"{source.key} {value}")
                rebuilt.append(None)
            elif isinstance(value, str):
                if value not in known:
                    known[value] = rebuild(value)
                rebuilt.append(known[value])
            else:
                rebuilt.append(rebuild(value))
        return Column(self._spread(held.rows, pa.array(rebuilt, pa.string())), None)

    def _collected(self, source: Source, index: AttributeIndex) -> Column | None:
        values = COLLECTED[source.transform](index, source.key[:-1])
        return None if values is None else Column(values, None)

    def _everywhere(self, rows: Rows, values: Rows) -> Rows:
        """The k numbers of some rows as n, -1 in the others."""
        everywhere = np.full(self.length, _NONE)
        everywhere[rows] = values
        return everywhere

    def _spread(self, rows: Rows, values: pa.Array) -> pa.Array:
        """The k values of some rows as n."""
        if len(rows) == self.length:
            return values
        return values.take(_indices(self._everywhere(rows, np.arange(len(rows)))))

    def _blame(self, row: int, reason: str) -> None:
        self.errors.setdefault(row, []).append(reason)


def _is_plain(source: Source) -> bool:
    is_verbatim = source.transform == "text" and source.path is None and source.value is None
    return is_verbatim and source.place == SPAN


def _indices(positions: Rows) -> pa.Int64Array:
    """Positions to take from, null for none."""
    return pa.array(positions, mask=positions < 0)


def _coalesce(first: pa.Array, second: pa.Array) -> pa.Array:
    if not pa.types.is_nested(first.type):
        return pc.coalesce(first, second)
    rows = np.arange(len(first))
    rows[first.is_null().to_numpy(zero_copy_only=False)] += len(first)
    return pa.concat_arrays([first, second]).take(pa.array(rows))
