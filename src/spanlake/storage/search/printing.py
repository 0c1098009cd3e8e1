"""A filter's tree as text, which parses to the same tree."""

import re

from spanlake.storage.search.tree import (
    Comparison,
    Conjunction,
    Disjunction,
    FieldPath,
    Negation,
    Nested,
    Node,
    Operator,
    Value,
    ValueKind,
)

_PLAIN_KEY = re.compile(r"\w[\w-]*")


def print_filter(node: Node | None) -> str:
    """The text of a filter; nothing for the filter that all traces meet."""
    match node:
        case None:
            return ""
        case Comparison():
            return _comparison(node)
        case Negation(operand):
            return f"NOT {print_filter(operand)}"
        case Conjunction(operands):
            return " AND ".join(map(print_filter, operands))
        case Disjunction(operands):
            return " OR ".join(map(print_filter, operands))
        case Nested(operand, scope):
            return f"{(scope or '').upper()}({print_filter(operand)})"


def print_field(path: FieldPath) -> str:
    """The name of a field; what is not a plain word is in back-ticks."""
    first, *keys = path.parts
    return ".".join([first, *map(_key, keys)])


def print_value(value: Value) -> str:
    """A value as it would be typed."""
    match value.kind:
        case ValueKind.TEXT:
            return quoted(value.text)
        case ValueKind.AGO:
            return f"{value.text} ago"
        case _:
            return value.text


def quoted(text: str) -> str:
    """A text in single quotes."""
    return "'" + text.replace("'", "''") + "'"


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else "`" + key.replace("`", "``") + "`"


def _comparison(node: Comparison) -> str:
    name = print_field(node.path)
    values = [print_value(value) for value in node.values]
    negation = "NOT " if node.negated else ""
    match node.operator:
        case Operator.IS_TRUE:
            return name
        case Operator.IS_NULL:
            return f"{name} IS {negation}NULL"
        case Operator.IN:
            return f"{name} {negation}IN ({', '.join(values)})"
        case Operator.BETWEEN:
            return f"{name} {negation}BETWEEN {values[0]} AND {values[1]}"
        case _:
            return f"{name} {negation}{node.operator} {values[0]}"
