"""What may come next in a filter while it is typed."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Literal, NamedTuple

from spanlake.storage.lake import Lake
from spanlake.storage.search.fields import (
    SCOPES,
    Field,
    FieldKind,
    Resolved,
    all_fields,
    find_field,
)
from spanlake.storage.search.predicates import OPERATORS
from spanlake.storage.search.printing import print_field, quoted
from spanlake.storage.search.suggestions import known_values
from spanlake.storage.search.tree import FieldPath, Operator, ScopeName

if TYPE_CHECKING:
    from lark import Token

_MAX = 150
# The word at the cursor: of a name, all its parts; back-ticks may still be open.
_WORD = re.compile(r"(?:[\w.-]|`[^`]*`?)*\Z")
# As in span.attributes.
_LONGEST_FAMILY = 2
_SIGNS = (Operator.EQ, Operator.NE, Operator.LT, Operator.LE, Operator.GT, Operator.GE)
_TERMINALS = {
    Operator.LIKE: "LIKE",
    Operator.ILIKE: "LIKE",
    Operator.RLIKE: "LIKE",
    Operator.CONTAINS: "CONTAINS",
    Operator.IN: "IN",
    Operator.BETWEEN: "BETWEEN",
    Operator.IS_NULL: "IS",
}
_LITERALS = {
    FieldKind.BOOLEAN: ("true", "false"),
    FieldKind.TIME: ("1h ago", "24h ago", "7d ago"),
    FieldKind.DURATION: ("500ms", "1s", "10s", "1m"),
}


class Completion(NamedTuple):
    """Something that may come next: `text` in the place of the characters from start to end."""

    text: str
    kind: Literal["field", "operator", "value", "keyword"]
    about: str
    start: int
    end: int


Suggest = Callable[[Field, str | None, str], Sequence[str]]
"""Gives values of a field that begin with a text. Of a family, the second argument is which one of
it the values are of; if it is None, names are wanted instead.
"""


class _Cursor(NamedTuple):
    """What is known at the cursor.

    typed: the word there, from `start` on. tokens: what comes before it. expected: the names of
    the terminals that can stand there. scope: of which group it is in.
    """

    typed: str
    start: int
    tokens: "Sequence[Token]"
    expected: set[str]
    scope: ScopeName


def complete(text: str, cursor: int, suggest: Suggest) -> list[Completion]:
    """What may come next at a character of a filter, most likely first; nothing after a mistake."""
    place = _at(text[:cursor])
    if place is None:
        return []
    found = (
        Completion(written, kind, about, place.start, cursor)
        for written, kind, about in _candidates(place, suggest)
    )
    return list(islice(dict.fromkeys(found), _MAX))


def complete_from(lake: Lake, text: str, cursor: int) -> list[Completion]:
    """The same, with the values that are in a lake."""
    return complete(text, cursor, partial(known_values, lake))


_Candidate = tuple[str, Literal["field", "operator", "value", "keyword"], str]


def _at(before: str) -> _Cursor | None:
    """What is known at the end of a text; None if there is a mistake in it."""
    # Servers and commands start without a parser.
    from lark import UnexpectedInput

    from spanlake.storage.search.parser import expected_terminals, parser

    opened = _open_quote(before)
    start = _start_of_word(before) if opened is None else opened
    state = parser().parse_interactive(before[:start])
    try:
        tokens = list(state.exhaust_lexer())
    except UnexpectedInput:
        return None
    return _Cursor(before[start:], start, tokens, expected_terminals(state), _scope_of(tokens))


def _start_of_word(before: str) -> int:
    found = _WORD.search(before)
    return found.start() if found else len(before)


def _open_quote(before: str) -> int | None:
    """Where the text begins that is not closed yet."""
    quote, start = "", 0
    for at, character in enumerate(before):
        if not quote and character in {"'", '"', "`"}:
            quote, start = character, at
        elif character == quote:
            quote = ""
    return start if quote in {"'", '"'} else None


def _scope_of(tokens: "Sequence[Token]") -> ScopeName:
    scopes: list[ScopeName] = ["trace"]
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "LPAR":
            group = before.split()[-1].lower() if before and before.type == "SCOPE" else None
            scopes.append("span" if group == "span" else "assessment" if group else scopes[-1])
        elif token.type == "_RPAR":
            scopes.pop()
    return scopes[-1]


def _candidates(place: _Cursor, suggest: Suggest) -> Iterator[_Candidate]:
    field = _last_field(place)
    if "NAME" in place.expected:
        if place.typed[:1] not in {"'", '"'}:
            yield from _fields(place, suggest)
            yield from _keywords(place, ("NOT", "SCOPE", "LPAR"))
    elif "STRING" in place.expected or "NUMBER" in place.expected:
        if field is not None:
            yield from _values(place, field, suggest)
    else:
        if field is not None:
            yield from _operators(place, field)
        is_whole = "COMPARISON" not in place.expected
        if is_whole or (field and Operator.IS_TRUE in OPERATORS[field.field.kind]):
            yield from _keywords(place, ("_AGO", "_NULL", "_RPAR", "_AND", "_OR"))
        if "_NULL" in place.expected:
            yield from _keywords(place, ("NOT",))


def _fields(place: _Cursor, suggest: Suggest) -> Iterator[_Candidate]:
    if "." in place.typed:
        yield from _names(place, suggest)
    lowered = place.typed.lower()
    # Of the other scopes the fields are reached by their full names.
    scopes = SCOPES if place.scope == "trace" else (place.scope,)
    named = [
        (field.shown_name.removeprefix(f"{place.scope}."), field.about)
        for scope in scopes
        for field in all_fields(scope)
    ]
    yield from ((name, "field", about) for name, about in named if name.startswith(lowered))
    yield from ((name, "field", about) for name, about in named if lowered in name)


def _names(place: _Cursor, suggest: Suggest) -> Iterator[_Candidate]:
    """The members of a family, whose name is before one of the first dots."""
    parts = place.typed.replace("`", "").split(".")
    for length in range(1, min(len(parts), _LONGEST_FAMILY + 1)):
        family = find_field((*parts[:length], ""), place.scope)
        if family is not None and family.key == "":
            for key in suggest(family.field, None, ".".join(parts[length:])):
                name = print_field(FieldPath((*parts[:length], key)))
                yield name, "field", family.field.about
            return


def _operators(place: _Cursor, resolved: Resolved) -> Iterator[_Candidate]:
    """What can be asked of a field whose name has just been typed, or NOT behind it."""
    negated = bool(place.tokens) and place.tokens[-1].type == "NOT"
    about = f"{resolved.field.shown_name}: {resolved.field.about}"
    for operator in Operator:
        if operator not in OPERATORS[resolved.field.kind]:
            continue
        if operator in _SIGNS and "COMPARISON" in place.expected:
            yield from _matching(place, [operator], "operator", about)
        elif _TERMINALS.get(operator) in place.expected:
            words = [f"{operator} ("] if operator is Operator.IN else [str(operator)]
            if not negated:
                negation = "IS NOT NULL" if operator is Operator.IS_NULL else f"NOT {words[0]}"
                words.append(negation)
            yield from _matching(place, words, "operator", about)


def _values(place: _Cursor, resolved: Resolved, suggest: Suggest) -> Iterator[_Candidate]:
    field = resolved.field
    beginning = place.typed.lstrip("'\"")
    words = field.values
    if not words and "STRING" in place.expected:
        words = tuple(suggest(field, resolved.key, beginning))
    for word in words:
        if word.lower().startswith(beginning.lower()):
            yield quoted(word), "value", field.about
    if not place.typed.startswith(("'", '"')):
        yield from _matching(place, _LITERALS.get(field.kind, ()), "value", field.about)


def _keywords(place: _Cursor, terminals: Sequence[str]) -> Iterator[_Candidate]:
    from spanlake.storage.search.parser import vocabulary

    for terminal in terminals:
        if terminal in place.expected:
            yield from _matching(place, vocabulary()["completions"][terminal], "keyword", "")


def _matching(
    place: _Cursor,
    words: Sequence[str],
    kind: Literal["field", "operator", "value", "keyword"],
    about: str,
) -> Iterator[_Candidate]:
    for word in words:
        if word.lower().startswith(place.typed.lower()):
            yield str(word), kind, about


def _last_field(place: _Cursor) -> Resolved | None:
    """The field that was named last, which what comes next is about."""
    from spanlake.storage.search.parser import unquoted

    parts: list[str] = []
    for before, token in zip([None, *place.tokens], place.tokens, strict=False):
        if token.type == "NAME":
            parts = [str(token)]
        elif before is not None and before.type == "_DOT":
            parts.append(str(token) if token.type == "KEY" else unquoted(token))
    return find_field(tuple(parts), place.scope) if parts else None
