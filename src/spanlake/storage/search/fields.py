"""The fields of the filter language: which there are, and which one a name means."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from spanlake.storage.search.errors import FilterError, nearest
from spanlake.storage.search.printing import quoted
from spanlake.storage.search.tree import FieldPath, ScopeName

SCOPES: tuple[ScopeName, ...] = ("trace", "span", "assessment")
# MLflow writes the fields of a trace with one of these in front, or with none.
_TRACE_PREFIXES = {"trace", "attribute", "attributes", "attr"}


class FieldKind(StrEnum):
    """How a field compares."""

    TEXT = "text"
    ID = "id"
    """A text in lower case hex."""
    CHOICE = "choice"
    """A text in capitals, one of a few."""
    LIST = "list"
    """Several texts: a comparison is about any of them."""
    WORD = "word"
    """A text that may be a number or a boolean."""
    NUMBER = "number"
    DURATION = "duration"
    TIME = "time"
    BOOLEAN = "boolean"
    CONTENT = "content"
    """Everything that a span says."""
    ASSESSMENT = "assessment"
    """The value of an assessment: a text, number or boolean, or JSON."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field, or a family of fields: what its comparisons are about is in fields/*.toml."""

    scope: ScopeName
    name: str
    kind: FieldKind
    about: str
    sql: str = ""
    via: ScopeName | None = None
    where: str | None = None
    aliases: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    synonyms: Mapping[str, str] = field(default_factory=dict, hash=False)
    suggest: str | None = None
    is_family: bool = False

    @property
    def rows(self) -> ScopeName:
        """Whose rows the field is read from."""
        return self.via or self.scope

    @property
    def may_be_text(self) -> bool:
        """Whether a number in quotes is one."""
        return self.kind in {FieldKind.WORD, FieldKind.ASSESSMENT}

    @property
    def shown_name(self) -> str:
        """The name as it is typed outside of groups; a family ends in a dot."""
        prefix = "" if self.scope == "trace" else f"{self.scope}."
        return f"{prefix}{self.name}{'.' if self.is_family else ''}"


class Resolved(NamedTuple):
    """A field that was named. key: of a family, which one."""

    field: Field
    key: str | None


class _Fields(NamedTuple):
    """The fields of a scope: by name and alias in lower case; families by their first part."""

    plain: Mapping[str, Field]
    families: Mapping[str, Field]


def all_fields(scope: ScopeName) -> Iterator[Field]:
    """The fields and families of a scope, each once, in the order of their table."""
    found = _fields(scope)
    yield from dict.fromkeys((*found.plain.values(), *found.families.values()))


def resolve(text: str, path: FieldPath, inside: ScopeName) -> Resolved:
    """The field that a path means. inside: of which group the path stands in. FilterError."""
    found = find_field(path.parts, inside)
    if found is not None:
        return found
    raise _unknown(text, path, inside)


def find_field(parts: tuple[str, ...], inside: ScopeName) -> Resolved | None:
    """The field that these parts of a name mean, if any. inside: of which group they stand in."""
    first = parts[0].lower()
    if len(parts) > 1:
        if inside == "trace" and first in _TRACE_PREFIXES:
            return _find(parts[1:], "trace")
        if first in SCOPES:
            scope = next(each for each in SCOPES if each == first)
            return _find(parts[1:], scope) if inside in {"trace", scope} else None
    return _find(parts, inside)


def _find(parts: tuple[str, ...], scope: ScopeName) -> Resolved | None:
    fields = _fields(scope)
    plain = fields.plain.get(".".join(parts).lower())
    if plain is not None:
        return Resolved(plain, None)
    family = fields.families.get(parts[0].lower())
    if family is not None and len(parts) > 1:
        return Resolved(family, ".".join(parts[1:]))
    return None


def _unknown(text: str, path: FieldPath, inside: ScopeName) -> FilterError:
    typed = ".".join(path.parts)
    if inside != "trace" and find_field(path.parts, "trace") is not None:
        reason = (
            f"{typed} is no field of {_a(inside)}: in {inside.upper()}(...) all is about one "
            f"{inside}; what is about the trace stands outside"
        )
        return FilterError(text, path.place, reason)
    if typed.lower() in _beginnings(inside):
        reason = f"{typed} needs a name: type {typed}. and what it is called"
        return FilterError(text, path.place, reason)
    meant = _meant(path.parts, inside)
    if meant is None and len(path.parts) == 1:
        reason = f"{typed} is no field of {_a(inside)}; to look for a text, put it in quotes"
        return FilterError(text, path.place, reason, suggestion=quoted(typed))
    reason = f"{typed} is no field of {_a(inside)}"
    if meant is None:
        reason += f"; names with a dot begin with {', '.join(_beginnings(inside))}"
    return FilterError(text, path.place, reason, suggestion=meant)


def _meant(parts: tuple[str, ...], inside: ScopeName) -> str | None:
    """The name that looks most like an unknown one, if any does."""
    first, *rest = parts
    beginnings = _beginnings(inside)
    if rest and first.lower() not in beginnings:
        return f"{found}.{'.'.join(rest)}" if (found := nearest(first, beginnings)) else None
    return nearest(".".join(parts), tuple(_plain_names(inside)))


def _beginnings(inside: ScopeName) -> list[str]:
    """What can stand before a dot."""
    scopes = ["span", "assessment"] if inside == "trace" else [inside]
    return [*scopes, *_fields(inside).families]


def _plain_names(inside: ScopeName) -> Iterator[str]:
    for scope in SCOPES if inside == "trace" else (inside,):
        prefix = "" if scope in {"trace", inside} else f"{scope}."
        for name in _fields(scope).plain:
            yield prefix + name


def _a(scope: ScopeName) -> str:
    return f"an {scope}" if scope == "assessment" else f"a {scope}"


@cache
def _fields(scope: ScopeName) -> _Fields:
    path = files("spanlake.storage.search") / "fields" / f"{scope}.toml"
    table = tomllib.loads(path.read_text("utf-8"))
    return _Fields(
        _by_name(_read(scope, table.get("fields", {}))),
        _by_name(_read(scope, table.get("families", {}), is_family=True)),
    )


def _by_name(fields: Iterator[Field]) -> Mapping[str, Field]:
    return {name.lower(): each for each in fields for name in (each.name, *each.aliases)}


def _read(
    scope: ScopeName, table: Mapping[str, Mapping[str, Any]], *, is_family: bool = False
) -> Iterator[Field]:
    for name, said in table.items():
        lists = {key: tuple(said[key]) for key in ("aliases", "values") if key in said}
        yield Field(
            scope, name, **{**said, **lists, "kind": FieldKind(said["kind"])}, is_family=is_family
        )
