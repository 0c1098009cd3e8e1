"""A filter as a tree, which says what was typed and where, and not yet what it means."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple


class Place(NamedTuple):
    """Where something stands in the text of the filter: characters from `start` up to `end`."""

    start: int
    end: int


_NOWHERE = Place(0, 0)


class Operator(StrEnum):
    """How a field is compared."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    LIKE = "LIKE"
    ILIKE = "ILIKE"
    RLIKE = "RLIKE"
    CONTAINS = "CONTAINS"
    IN = "IN"
    BETWEEN = "BETWEEN"
    IS_NULL = "IS NULL"
    IS_TRUE = "IS TRUE"
    """The field stands alone."""


class ValueKind(StrEnum):
    """What a value was typed as."""

    TEXT = "text"
    NUMBER = "number"
    DURATION = "duration"
    AGO = "ago"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class Value:
    """A value as typed; of a text, what is between the quotes."""

    kind: ValueKind
    text: str
    place: Place = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class FieldPath:
    """The name of a field, part by part: `span.attributes.model` has three."""

    parts: tuple[str, ...]
    place: Place = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field, and what is asked of it. negated: by a NOT inside, as in NOT LIKE."""

    path: FieldPath
    operator: Operator
    values: tuple[Value, ...] = ()
    negated: bool = False
    operator_place: Place = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Negation:
    """What follows a NOT."""

    operand: "Node"
    place: Place = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Conjunction:
    """Operands between ANDs, two at least."""

    operands: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Disjunction:
    """Operands between ORs, two at least."""

    operands: tuple["Node", ...]


ScopeName = Literal["trace", "span", "assessment"]


@dataclass(frozen=True, slots=True)
class Nested:
    """What stands in parentheses. scope: of SPAN(...) and ASSESSMENT(...), else None."""

    operand: "Node"
    scope: ScopeName | None = None
    place: Place = field(default=_NOWHERE, compare=False)


Node = Comparison | Negation | Conjunction | Disjunction | Nested


def below(node: Node) -> tuple[Node, ...]:
    """What a node is made of."""
    match node:
        case Comparison():
            return ()
        case Negation(operand) | Nested(operand):
            return (operand,)
        case Conjunction(operands) | Disjunction(operands):
            return operands
