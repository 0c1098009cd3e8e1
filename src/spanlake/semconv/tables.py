"""The dialect tables: for every canonical column, the attributes it comes from, best first."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Place = Literal["span", "resource"]
_RESOURCE = "resource:"


@dataclass(frozen=True, slots=True)
class Source:
    """One attribute a column may come from.

    key: the attribute's name, or a prefix ending in `*`. place: the span or its resource.
    transform: a name in `transforms`.
    """

    key: str
    place: Place
    transform: str


@dataclass(frozen=True, slots=True)
class Dialect:
    """One vocabulary: how to recognise it, and where it says what.

    rank: the smaller one is believed when two dialects say different things on one span.
    prefixes: a span with an attribute that starts with any of these speaks the dialect.
    columns, usage: canonical column to its sources, in order of preference.
    """

    name: str
    title: str
    rank: int
    prefixes: tuple[str, ...]
    columns: Mapping[str, tuple[Source, ...]]
    usage: Mapping[str, tuple[Source, ...]]

    @property
    def is_genai(self) -> bool:
        """Whether it is a vocabulary of GenAI, rather than our own or anybody's."""
        return bool(self.rank and self.prefixes)


def _source(entry: str | dict[str, str], transform: str) -> Source:
    key = entry if isinstance(entry, str) else entry["from"]
    if not isinstance(entry, str):
        transform = entry["as"]
    if key.startswith(_RESOURCE):
        return Source(key.removeprefix(_RESOURCE), "resource", transform)
    return Source(key, "span", transform)


def _sources(table: dict[str, list[Any]], transform: str) -> dict[str, tuple[Source, ...]]:
    return {
        column: tuple(_source(entry, transform) for entry in entries)
        for column, entries in table.items()
    }


def _dialect(text: str) -> Dialect:
    table = tomllib.loads(text)
    return Dialect(
        name=table["name"],
        title=table["title"],
        rank=table["rank"],
        prefixes=tuple(table["prefixes"]),
        columns=_sources(table.get("columns", {}), "text"),
        usage=_sources(table.get("usage", {}), "count"),
    )


@cache
def load_dialects() -> tuple[Dialect, ...]:
    """Every dialect known, the most trusted first."""
    folder = files("spanlake.semconv") / "dialects"
    tables = [_dialect(file.read_text("utf-8")) for file in folder.iterdir()]
    return tuple(sorted(tables, key=lambda dialect: dialect.rank))


@cache
def load_vocabulary(name: str) -> dict[str, str]:
    """One of the closed vocabularies of `vocabulary.toml`: value as sent, lower case, to ours."""
    text = (files("spanlake.semconv") / "vocabulary.toml").read_text("utf-8")
    vocabulary: dict[str, str] = tomllib.loads(text)[name]
    return vocabulary
