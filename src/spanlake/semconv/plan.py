"""Which sources of the dialect tables can say anything of a batch of spans.

Most cannot: an app speaks one or two dialects of thirty. What a batch speaks is told by its keys,
and since an app sends the same ones again and again, a plan is made once and kept.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from spanlake.semconv.tables import NAME, RESOURCE, SPAN, Dialect, Source

# Keys come from outside: a plan for very many of them is not worth keeping.
_MAX_KEYS = 500
_MAX_PLANS = 256


class Vocabulary(NamedTuple):
    """The words of a batch: the keys of its spans and resources, the names of events and scopes."""

    keys: frozenset[str]
    resource_keys: frozenset[str]
    events: frozenset[str]
    scopes: frozenset[str]


@dataclass(frozen=True)
class Plan:
    """What is to be read.

    columns: canonical column to its sources, the most trusted first; only those that may say
    something. usage: the dialects that may report token counts, the most trusted first, with the
    sources of each count. spoken: the dialects of GenAI that some span speaks.
    """

    columns: Mapping[str, tuple[Source, ...]]
    usage: tuple[tuple[Dialect, Mapping[str, tuple[Source, ...]]], ...]
    spoken: tuple[Dialect, ...]


def plan_of(dialects: tuple[Dialect, ...], words: Vocabulary) -> Plan:
    """The plan for a batch with these words."""
    if len(words.keys) + len(words.resource_keys) > _MAX_KEYS:
        return _plan(dialects, words)
    return _kept_plan(dialects, words)


@lru_cache(_MAX_PLANS)
def _kept_plan(dialects: tuple[Dialect, ...], words: Vocabulary) -> Plan:
    return _plan(dialects, words)


def _plan(dialects: tuple[Dialect, ...], words: Vocabulary) -> Plan:
    spoken = [dialect for dialect in dialects if _is_spoken(dialect, words)]
    columns: dict[str, list[Source]] = {}
    usage = []
    for dialect in dialects:
        if dialect.is_jealous and dialect not in spoken:
            continue
        for column, sources in dialect.columns.items():
            columns.setdefault(column, []).extend(_present(sources, words))
        counts = {name: _present(sources, words) for name, sources in dialect.usage.items()}
        if any(counts.values()):
            usage.append((dialect, counts))
    return Plan(
        {
            column: tuple(sorted(sources, key=lambda source: source.rank))
            for column, sources in columns.items()
            if sources
        },
        tuple(usage),
        tuple(dialect for dialect in spoken if dialect.is_genai),
    )


def _is_spoken(dialect: Dialect, words: Vocabulary) -> bool:
    prefixes, scopes = dialect.speakers
    return _any_starts(words.keys, prefixes) or _any_starts(words.scopes, scopes)


def _present(sources: Iterable[Source], words: Vocabulary) -> tuple[Source, ...]:
    return tuple(source for source in sources if _is_present(source, words))


def _is_present(source: Source, words: Vocabulary) -> bool:
    if source.place == NAME:
        return True
    if source.place not in (SPAN, RESOURCE):
        return source.place in words.events
    keys = words.keys if source.place == SPAN else words.resource_keys
    if source.key.endswith("*"):
        return _any_starts(keys, (source.key[:-1],))
    return source.key in keys


def _any_starts(words: frozenset[str], prefixes: tuple[str, ...]) -> bool:
    return bool(prefixes) and any(word.startswith(prefixes) for word in words)
