"""The dialect tables: for every canonical column, the attributes it comes from, best first."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

SPAN = "span"
RESOURCE = "resource"
NAME = "name"
_RESOURCE = "resource:"


class Speakers(NamedTuple):
    """The spans that speak a dialect: those with a key, or of an instrumentation scope.

    prefixes, scopes: what the key of an attribute, the name of the scope starts with.
    """

    prefixes: tuple[str, ...]
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """One attribute a column may come from.

    key: the attribute's name, or a prefix ending in `*`; for NAME a pattern that the span's name
    has to match. place: SPAN, RESOURCE, NAME, or the name of a span event. path: which member of
    the JSON in the attribute; () is the JSON value itself, None the text as it was sent.
    transform: a name in `transforms` or `structures`. value: what it means that the attribute is
    there, whatever it says. when: the span types on which it is read; empty for all. unless: those
    on which it is not. only: how the spans are recognised on which it is read; None for all.
    rank: its dialect's, unless one is more to be believed in this than in all else.
    """

    key: str
    place: str = SPAN
    path: tuple[str, ...] | None = None
    transform: str = "text"
    value: str | None = None
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    only: Speakers | None = None
    rank: int = 0


@dataclass(frozen=True, eq=False)
class Dialect:
    """One vocabulary: how to recognise it, and where it says what.

    rank: the smaller one is believed when two dialects say different things on one span.
    speakers: the spans that speak it. is_jealous: whether its tables are for these spans only, as
    other dialects mean something else by the same keys.
    cache_excluded: whether input tokens are always without those read from or written to a cache.
    columns, usage: canonical column to its sources, in order of preference.
    """

    name: str
    title: str
    rank: int
    speakers: Speakers
    columns: Mapping[str, tuple[Source, ...]]
    usage: Mapping[str, tuple[Source, ...]]
    is_jealous: bool = False
    cache_excluded: bool = False

    @property
    def is_genai(self) -> bool:
        """Whether it is a vocabulary of GenAI, rather than our own or anybody's."""
        return bool(self.rank and (self.speakers.prefixes or self.speakers.scopes))


def _source(
    entry: str | dict[str, Any], transform: str, only: Speakers | None, rank: int
) -> Source:
    options: dict[str, Any] = {"from": entry} if isinstance(entry, str) else entry
    key, place = options.get("from", ""), options.get("event", SPAN)
    if "name" in options:
        key, place = options["name"], NAME
    if key.startswith(_RESOURCE):
        key, place = key.removeprefix(_RESOURCE), RESOURCE
    path = options.get("json")
    if path is not None:
        path = tuple(name for name in path.split(".") if name)
    return Source(
        key=key,
        place=place,
        path=path,
        transform=options.get("as", transform),
        value=options.get("value"),
        when=_words(options.get("when", [])),
        unless=_words(options.get("unless", [])),
        only=only,
        rank=options.get("rank", rank),
    )


def _words(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _sources(
    table: dict[str, list[Any]], transform: str, only: Speakers | None, rank: int
) -> dict[str, tuple[Source, ...]]:
    return {
        column: tuple(_source(entry, transform, only, rank) for entry in entries)
        for column, entries in table.items()
    }


def _dialect(text: str) -> Dialect:
    table = tomllib.loads(text)
    speakers = Speakers(tuple(table["prefixes"]), tuple(table.get("scopes", ())))
    is_jealous = table.get("only", bool(speakers.scopes))
    only = speakers if is_jealous else None
    return Dialect(
        name=table["name"],
        title=table["title"],
        rank=table["rank"],
        speakers=speakers,
        is_jealous=is_jealous,
        cache_excluded=table.get("cache_excluded", False),
        columns=_sources(table.get("columns", {}), "text", only, table["rank"]),
        usage=_sources(table.get("usage", {}), "count", only, table["rank"]),
    )


@cache
def load_dialects() -> tuple[Dialect, ...]:
    """Every dialect known, the most trusted first."""
    folder = files("spanlake.semconv") / "dialects"
    tables = [_dialect(file.read_text("utf-8")) for file in folder.iterdir()]
    return tuple(sorted(tables, key=lambda dialect: (dialect.rank, dialect.name)))


@cache
def load_vocabulary(name: str) -> dict[str, str]:
    """One of the closed vocabularies of `vocabulary.toml`: value as sent, lower case, to ours."""
    text = (files("spanlake.semconv") / "vocabulary.toml").read_text("utf-8")
    vocabulary: dict[str, str] = tomllib.loads(text)[name]
    return vocabulary
