"""Where a span says things: in its attributes, its resource, and the attributes of its events."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.semconv.arrays import whole
from spanlake.semconv.attributes import AttributeIndex, Found, Rows
from spanlake.semconv.flattened import trees
from spanlake.semconv.json_values import NOTHING, Json, member, parse, parse_container
from spanlake.semconv.plan import Vocabulary
from spanlake.semconv.tables import NAME, RESOURCE, SPAN, Source, Speakers

Mask = npt.NDArray[np.bool_]


class Held(NamedTuple):
    """The values of a source: the rows that have one, and where each stands among the entries.

    positions is None where values are put together from several entries.
    """

    rows: Rows
    values: list[Json]
    positions: Rows | None

    def pairs(self) -> Iterator[tuple[int, Json]]:
        """Each row with its value."""
        return zip(self.rows.tolist(), self.values, strict=True)


class Places:
    """All places of n spans, indexed when they are first asked for."""

    def __init__(self, spans: pa.Table) -> None:
        self.attributes = _index(spans, "attributes", "attribute_types")
        self.length = len(spans)
        self._span_types: pa.StringArray | None = None
        self._typed: dict[tuple[str, ...], Mask] = {}
        self._scope_names: tuple[list[str], Rows] | None = None
        self._spans = spans
        self._indices: dict[str, AttributeIndex | None] = {
            NAME: None,
            SPAN: self.attributes,
            RESOURCE: _index(spans, "resource", "resource_types"),
        }
        self._masks: dict[Speakers, Mask] = {}
        self._parsed: dict[tuple[str, str], dict[int, Json]] = {}
        self._built: dict[tuple[str, str], dict[int, Json]] = {}

    def index(self, place: str) -> AttributeIndex | None:
        """The attributes at a place; None for NAME, which has none."""
        if place not in self._indices:
            self._indices[place] = self._last_events(place)
        return self._indices[place]

    def vocabulary(self) -> Vocabulary:
        """The words of all spans."""
        resource = self._indices[RESOURCE]
        events = whole(self._spans["events"]).flatten().field("name").unique()
        return Vocabulary(
            keys=frozenset(self.attributes.names),
            resource_keys=frozenset(resource.names if resource is not None else ()),
            events=frozenset(name for name in events.to_pylist() if name),
            scopes=frozenset(name for name in self._scopes()[0] if name),
        )

    def find(self, source: Source, wanted: Mask | None) -> Found | None:
        """The entries of a source in the rows where it is read and wanted."""
        index = self.index(source.place)
        found = index.find(source.key) if index is not None else None
        if source.place == NAME:
            found = self._named(source.key)
        if found is None or not len(found.rows):
            return None
        mask = self._mask(source, wanted)
        if mask is not None:
            kept = mask[found.rows]
            found = Found(found.rows[kept], found.positions[kept])
        return found if len(found.rows) else None

    def find_text(self, source: Source, wanted: Mask) -> Found:
        """The entries of an attribute that are no empty texts, in the rows wanted."""
        found = self.attributes.find_text(source.key)
        kept = wanted[found.rows]
        for restriction in self._restrictions(source):
            kept &= restriction[found.rows]
        return Found(found.rows[kept], found.positions[kept])

    def _named(self, pattern: str) -> Found:
        """The spans whose name matches."""
        names = whole(self._spans["name"])
        matching = pc.fill_null(pc.match_substring_regex(names, pattern), False)
        rows = np.flatnonzero(matching.to_numpy(zero_copy_only=False))
        return Found(rows, rows)

    def parsed(self, source: Source, found: Found) -> list[Json]:
        """The JSON of each entry found, parsed once for all columns; None where it is none."""
        known = self._parsed.setdefault((source.place, source.key), {})
        index = self.index(source.place)
        new = [at for at in found.positions.tolist() if at not in known]
        if new and index is not None:
            for at, text in zip(new, index.texts.take(pa.array(new)).to_pylist(), strict=True):
                value = parse(text)
                if value is NOTHING:  # as Python prints it
                    value = parse_container(text)
                known[at] = None if value is NOTHING else value
        return [known[at] for at in found.positions.tolist()]

    def values(self, source: Source, wanted: Mask | None) -> Held:
        """What a source says, as JSON values or, where it has no path, as texts."""
        index = self.index(source.place)
        nothing = Held(np.empty(0, np.int64), [], None)
        if index is None:
            return nothing
        if source.key.endswith("*"):
            return self._trees(source, index, wanted)
        found = self.find(source, wanted)
        if found is None:
            return nothing
        if source.path is None:
            return Held(found.rows, index.values(found), found.positions)
        members = [member(value, source.path) for value in self.parsed(source, found)]
        return Held(found.rows, members, None)

    def _trees(self, source: Source, index: AttributeIndex, wanted: Mask | None) -> Held:
        mask = self._mask(source, wanted)
        known = self._built.setdefault((source.place, source.key), {})
        new = np.ones(self.length, bool) if mask is None else mask.copy()
        if known:
            new[list(known)] = False
        if new.any():
            known |= trees(index, source.key[:-1], new)
        rows = sorted(known)
        if mask is not None:
            told = np.array(rows, np.int64)
            rows = told[mask[told]].tolist()
        return Held(np.array(rows, np.int64), [known[row] for row in rows], None)

    def _mask(self, source: Source, wanted: Mask | None) -> Mask | None:
        """The rows in which a source is read and wanted; None for all."""
        mask = wanted
        for restriction in self._restrictions(source):
            mask = restriction if mask is None else mask & restriction
        return mask

    def _restrictions(self, source: Source) -> Iterator[Mask]:
        """The rows in which a source is read, by each rule that it has."""
        if source.only:
            yield self.speak(source.only)
        if source.when:
            yield self._of_types(source.when)
        if source.unless:
            yield ~self._of_types(source.unless)

    def speak(self, speakers: Speakers) -> Mask:
        """The rows that speak a dialect."""
        if speakers not in self._masks:
            mask = self.attributes.rows_with_prefix(speakers.prefixes)
            self._masks[speakers] = mask | self._in_scopes(speakers.scopes)
        return self._masks[speakers]

    def _in_scopes(self, scopes: tuple[str, ...]) -> Mask:
        """The rows whose instrumentation scope's name starts with any of these."""
        if not scopes:
            return np.zeros(self.length, bool)
        known, at = self._scopes()
        told = np.array([bool(name) and name.startswith(scopes) for name in known] + [False])
        mask: Mask = told[at]
        return mask

    def _scopes(self) -> tuple[list[str], Rows]:
        """The distinct names of scopes, and which one each row has; one past the last for none."""
        if self._scope_names is None:
            names = whole(self._spans["scope_name"]).dictionary_encode()
            known = names.dictionary.to_pylist()
            at = pc.fill_null(names.indices, len(known)).to_numpy(zero_copy_only=False)
            self._scope_names = known, at
        return self._scope_names

    def _of_types(self, span_types: tuple[str, ...]) -> Mask:
        if self._span_types is None:
            return np.zeros(self.length, bool)
        if span_types not in self._typed:
            mask = pc.is_in(self._span_types, pa.array(span_types))
            self._typed[span_types] = mask.to_numpy(zero_copy_only=False)
        return self._typed[span_types]

    def types_are(self, span_types: pa.StringArray) -> None:
        """Say what the spans are; sources of some span types only are read from now on."""
        self._span_types = span_types

    def _last_events(self, name: str) -> AttributeIndex:
        """The attributes of the last event of this name in each span."""
        events = whole(self._spans["events"])
        structs = events.flatten()
        at = np.flatnonzero(
            pc.fill_null(pc.equal(structs.field("name"), name), False).to_numpy(
                zero_copy_only=False
            )
        )
        last = np.full(self.length, -1)
        last[pc.list_parent_indices(events).to_numpy()[at]] = at
        chosen = structs.take(pa.array(last, mask=last < 0))
        attributes = chosen.field("attributes").fill_null([])
        return AttributeIndex(attributes, chosen.field("attribute_types").fill_null(""))


def _index(spans: pa.Table, values: str, types: str) -> AttributeIndex:
    return AttributeIndex(whole(spans[values]), whole(spans[types]))
