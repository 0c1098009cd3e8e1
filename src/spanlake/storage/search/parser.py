"""Filters read: the grammar is filter.lark, and what comes out is a tree."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from importlib.resources import files
from typing import Any, cast

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser

from spanlake.storage.search.errors import FilterError, nearest
from spanlake.storage.search.printing import quoted
from spanlake.storage.search.tree import (
    Comparison,
    Conjunction,
    Disjunction,
    FieldPath,
    Negation,
    Nested,
    Node,
    Operator,
    Place,
    ScopeName,
    Value,
    ValueKind,
    below,
)

MAX_LENGTH = 100_000
"""Characters of a filter. Longer ones are lists of ids, which belong into a table."""
_MAX_DEPTH = 50

_KEYWORDS = ("AND", "OR", "NOT", "IN", "LIKE", "ILIKE", "RLIKE", "CONTAINS", "BETWEEN", "IS")
_SAME_OPERATOR = {"==": Operator.EQ, "<>": Operator.NE}
_WORD = re.compile(r"[\w.-]+")
_VALUES = {"STRING", "NUMBER", "QUANTITY"}


def parse_filter(text: str) -> Node | None:
    """The tree of a filter; None for an empty one, which every trace meets. FilterError."""
    _check_text(text)
    try:
        parsed = cast("Node | None", parser().parse(text))
    except UnexpectedInput as error:
        raise _explained(text, error) from None
    if parsed is not None:
        _check_depth(text, parsed)
    return parsed


@cache
def parser() -> Lark:
    """The parser of the grammar."""
    return Lark(_data("filter.lark"), parser="lalr", transformer=_TreeBuilder())


@cache
def vocabulary() -> Mapping[str, Mapping[str, Any]]:
    """The terminals of the grammar, in words and as completions."""
    return tomllib.loads(_data("vocabulary.toml"))


def expected_terminals(state: InteractiveParser) -> set[str]:
    """The names of the terminals that can come next."""
    return cast("set[str]", state.accepts())  # type: ignore[no-untyped-call]  # lark has no type for it


def unquoted(token: str) -> str:
    """What is between quotes or back-ticks; doubled ones stand for one."""
    quote = token[0]
    return token[1:-1].replace(quote * 2, quote)


class _TreeBuilder(Transformer[Token, Node | None]):
    """Makes each node as soon as the parser has its parts."""

    def start(self, parts: list[Node]) -> Node | None:
        return parts[0] if parts else None

    def disjunction(self, parts: list[Node]) -> Node:
        return Disjunction(tuple(parts))

    def conjunction(self, parts: list[Node]) -> Node:
        return Conjunction(tuple(parts))

    def negation(self, parts: list[Any]) -> Node:
        return Negation(parts[1], _place(parts[0]))

    def nested(self, parts: list[Any]) -> Node:
        opening = parts[0]
        scope = opening.split()[-1].lower() if opening.type == "SCOPE" else None
        return Nested(parts[-1], cast("ScopeName | None", scope), _place(opening))

    def search(self, parts: list[Token]) -> Node:
        place = _place(parts[0])
        return Comparison(
            FieldPath(("text",), place), Operator.CONTAINS, (self.text(parts),), False, place
        )

    def truth(self, parts: list[FieldPath]) -> Node:
        return Comparison(parts[0], Operator.IS_TRUE, operator_place=parts[0].place)

    def comparison(self, parts: list[Any]) -> Node:
        path, sign, value = parts
        operator = _SAME_OPERATOR.get(sign) or Operator(sign)
        return Comparison(path, operator, (value,), operator_place=_place(sign))

    def pattern(self, parts: list[Any]) -> Node:
        return self._with_keyword(parts, Operator(parts[-2].upper()), parts[-1:])

    def membership(self, parts: list[Any]) -> Node:
        values = [part for part in parts if isinstance(part, Value)]
        return self._with_keyword(parts, Operator.IN, values)

    def range(self, parts: list[Any]) -> Node:
        return self._with_keyword(parts, Operator.BETWEEN, parts[-2:])

    def presence(self, parts: list[Any]) -> Node:
        return self._with_keyword(parts, Operator.IS_NULL, [])

    def _with_keyword(self, parts: list[Any], operator: Operator, values: list[Value]) -> Node:
        words = [part for part in parts[1:] if isinstance(part, Token) and part.type != "LPAR"]
        negated = any(word.type == "NOT" for word in words)
        place = Place(_place(words[0]).start, _place(words[-1]).end)
        return Comparison(parts[0], operator, tuple(values), negated, place)

    def field(self, parts: list[Token]) -> FieldPath:
        names = [part if part.type in {"NAME", "KEY"} else unquoted(part) for part in parts]
        place = Place(_place(parts[0]).start, _place(parts[-1]).end)
        return FieldPath(tuple(map(str, names)), place)

    def text(self, parts: list[Token]) -> Value:
        return Value(ValueKind.TEXT, unquoted(parts[0]), _place(parts[0]))

    def number(self, parts: list[Token]) -> Value:
        return Value(ValueKind.NUMBER, str(parts[0]), _place(parts[0]))

    def duration(self, parts: list[Token]) -> Value:
        return Value(ValueKind.DURATION, str(parts[0]), _place(parts[0]))

    def ago(self, parts: list[Token]) -> Value:
        return Value(ValueKind.AGO, str(parts[0]), _place(parts[0]))

    def boolean(self, parts: list[Token]) -> Value:
        return Value(ValueKind.BOOLEAN, parts[0].lower(), _place(parts[0]))


def _place(token: Token) -> Place:
    return Place(token.start_pos or 0, token.end_pos or 0)


def _check_text(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise FilterError(
            text,
            Place(MAX_LENGTH, len(text)),
            f"the filter has {len(text):,} characters: must be {MAX_LENGTH:,} at most",
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        place = Place(error.start, error.end)
        raise FilterError(text, place, "this is no character: must be Unicode text") from None


def _check_depth(text: str, node: Node) -> None:
    """Refuse what is nested deeper than the walks through the tree, and DuckDB, can go."""
    waiting = [(node, 0)]
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, Negation | Nested) and depth > _MAX_DEPTH:
            raise FilterError(
                text,
                node.place,
                f"NOT and parentheses are nested deeper than {_MAX_DEPTH} levels: take some out",
            )
        waiting += [(each, depth + 1) for each in below(node)]


def _explained(text: str, error: UnexpectedInput) -> FilterError:
    """What was expected where the parser stopped, and what was meant, if that can be guessed."""
    start = _start_of(text, error)
    expected = _expected_after(text[:start])
    typed = _typed_at(text, start, error)
    place = Place(start, start + len(typed))
    wanted = f"expected {_listed(expected)}"
    if typed[:1] in {"'", '"', "`"} and isinstance(error, UnexpectedCharacters):
        return FilterError(text, place, f"this quote is not closed: type another {typed[0]}")
    if not typed:
        return FilterError(text, place, f"the filter ends here: {wanted}")
    meant = quoted(" ".join(text.split())) if _is_words(text) else _meant(typed, expected)
    return FilterError(text, place, f"{typed} is unexpected: {wanted}", suggestion=meant)


def _expected_after(text: str) -> set[str]:
    """What can follow the beginning of a filter: where the parser stopped it has forgotten some."""
    state = parser().parse_interactive(text)
    with suppress(UnexpectedInput):
        state.exhaust_lexer()
    return expected_terminals(state)


def _start_of(text: str, error: UnexpectedInput) -> int:
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        return len(text)
    return min(error.pos_in_stream or 0, len(text))


def _typed_at(text: str, start: int, error: UnexpectedInput) -> str:
    """The word, or else the character, that stands at a place; what is in quotes is one word."""
    if text[start : start + 1] in {"'", '"', "`"}:
        return str(error.token) if isinstance(error, UnexpectedToken) else text[start:]
    word = _WORD.match(text, start)
    return word[0] if word else text[start : start + 1]


def _is_words(text: str) -> bool:
    """Whether the filter is words to search for, as one would type them elsewhere."""
    words = text.split()
    return all(_WORD.fullmatch(word) and word.upper() not in _KEYWORDS for word in words)


def _meant(typed: str, expected: set[str]) -> str | None:
    """What would fit instead of a word."""
    if typed.upper() == "NULL" and "STRING" in expected:
        return "IS NULL"
    if expected >= _VALUES:
        return f"'{typed}'" if _WORD.fullmatch(typed) else None
    if "COMPARISON" in expected:
        return nearest(typed, _KEYWORDS)
    return nearest(typed, ("AND", "OR")) if "_AND" in expected else None


def _listed(terminals: Iterable[str]) -> str:
    chosen = set(terminals)
    words = [word for name, word in vocabulary()["words"].items() if name in chosen]
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else "".join(words)


def _data(name: str) -> str:
    return (files("spanlake.storage.search") / name).read_text("utf-8")
