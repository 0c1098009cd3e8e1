"""A comparison of one field as SQL over the rows that have it; its values are bound."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from spanlake.storage.search.errors import FilterError
from spanlake.storage.search.fields import FieldKind, Resolved
from spanlake.storage.search.printing import print_field
from spanlake.storage.search.tree import Comparison, Operator, Value, ValueKind
from spanlake.storage.search.values import Values, is_number, to_number

_EQUALS = frozenset({Operator.EQ, Operator.NE})
_ORDER = frozenset({Operator.LT, Operator.LE, Operator.GT, Operator.GE})
_PATTERNS = frozenset({Operator.LIKE, Operator.ILIKE, Operator.RLIKE, Operator.CONTAINS})
_TEXT = _EQUALS | _PATTERNS | {Operator.IN, Operator.IS_NULL}
_TIME = _EQUALS | _ORDER | {Operator.BETWEEN, Operator.IS_NULL}
_NUMBER = _TIME | {Operator.IN}

OPERATORS: Mapping[FieldKind, frozenset[Operator]] = {
    FieldKind.TEXT: _TEXT,
    FieldKind.ID: _TEXT,
    FieldKind.CHOICE: _TEXT,
    FieldKind.LIST: _TEXT,
    FieldKind.WORD: _TEXT | _NUMBER,
    FieldKind.NUMBER: _NUMBER,
    FieldKind.DURATION: _NUMBER,
    FieldKind.TIME: _TIME,
    FieldKind.BOOLEAN: _EQUALS | {Operator.IS_NULL, Operator.IS_TRUE},
    FieldKind.CONTENT: _PATTERNS,
    FieldKind.ASSESSMENT: _TEXT | _NUMBER,
}
"""What each kind of field can be asked."""

# What a span says, apart from the values of its attributes.
_CONTENT = (
    "name",
    "input",
    "output",
    "error_message",
    "status_message",
    "input_messages::VARCHAR",
    "output_messages::VARCHAR",
    "system_instructions::VARCHAR",
)
# A label says more than the score beside it, and a JSON text has quotes that no one types.
ASSESSED_TEXT = "coalesce(value_string, value ->> '$')"
"""The value of an assessment as a text, in the columns of `assessments`."""


class Parameters:
    """The values of a query, each under a name of its own."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}

    def bind(self, value: object) -> str:
        """What stands for a value in SQL."""
        name = f"p{len(self.values) + 1}"
        self.values[name] = value
        return f"${name}"


class Context(NamedTuple):
    """What all comparisons of a filter share. text: the filter. now: what `ago` counts from."""

    text: str
    now: datetime
    params: Parameters


def predicate(comparison: Comparison, resolved: Resolved, context: Context) -> str:
    """SQL that is true of the rows that meet a comparison; of others it is false or NULL."""
    _check_operator(comparison, resolved, context.text)
    maker = _Maker(comparison, resolved, context)
    return maker.make()


def _check_operator(comparison: Comparison, resolved: Resolved, text: str) -> None:
    allowed = OPERATORS[resolved.field.kind]
    if comparison.operator in allowed:
        return
    name = print_field(comparison.path)
    listed = ", ".join(each for each in Operator if each in allowed)
    if comparison.operator is Operator.IS_TRUE:
        reason = f"{name} is neither true nor false: compare it, with {listed}"
    else:
        reason = f"{name} has no {comparison.operator}: must be one of {listed}"
    raise FilterError(text, comparison.operator_place, reason)


class _Maker:
    """Makes the SQL of one comparison."""

    def __init__(self, comparison: Comparison, resolved: Resolved, context: Context) -> None:
        self._operator = comparison.operator
        self._negated = comparison.negated
        self._typed = comparison.values
        self._field = resolved.field
        self._bind = context.params.bind
        self._values = Values(context.text, resolved.field, context.now)
        self._sql = resolved.field.sql
        if resolved.key is not None and "$key" in self._sql:
            self._sql = self._sql.replace("$key", self._bind(resolved.key))

    def make(self) -> str:
        match self._field.kind:
            case FieldKind.CONTENT:
                return self._unless_negated(self._content())
            case FieldKind.LIST:
                return self._list()
            case _ if self._operator is Operator.IS_NULL:
                return f"{self._column()} IS {'NOT ' if self._negated else ''}NULL"
            case FieldKind.BOOLEAN:
                return self._boolean(self._sql)
            case FieldKind.TIME:
                return self._time()
            case FieldKind.NUMBER | FieldKind.DURATION as kind:
                is_duration = kind is FieldKind.DURATION
                read = self._values.milliseconds if is_duration else self._values.number
                return self._ordered(self._sql, read)
            case FieldKind.WORD | FieldKind.ASSESSMENT:
                return self._of_any_type()
            case _:
                return self._text(self._sql)

    def _column(self) -> str:
        return ASSESSED_TEXT if self._field.kind is FieldKind.ASSESSMENT else self._sql

    def _not(self, sql: str) -> str:
        """What is neither true nor false stays so."""
        return f"NOT {sql}" if self._negated else sql

    def _unless_negated(self, sql: str) -> str:
        """What is not true is false."""
        return f"({sql}) IS NOT TRUE" if self._negated else sql

    def _text(self, column: str) -> str:
        return self._not(self._test()(column))

    def _test(self) -> Callable[[str], str]:
        """What tests a text in SQL; its values are bound once."""
        operator = self._operator
        if operator in _PATTERNS:
            (value,) = self._typed
            is_pattern = operator is Operator.RLIKE
            bound = self._bind((self._values.pattern if is_pattern else self._values.words)(value))
            match operator:
                case Operator.RLIKE:
                    return lambda column: f"regexp_matches({column}, {bound})"
                case Operator.CONTAINS:
                    return lambda column: f"contains(lower({column}), lower({bound}))"
                case _:
                    return lambda column: f"{column} {operator} {bound}"
        all_bound = [self._bind(self._word(value)) for value in self._typed]
        if operator is Operator.IN:
            return lambda column: f"{column} IN ({', '.join(all_bound)})"
        return lambda column: f"{column} {operator} {all_bound[0]}"

    def _word(self, value: Value) -> str:
        match self._field.kind:
            case FieldKind.ID:
                return self._values.trace_id(value)
            case FieldKind.CHOICE:
                return self._values.choice(value)
            case _:
                return self._values.words(value)

    def _list(self) -> str:
        column = self._sql
        if self._operator is Operator.IS_NULL:
            return f"coalesce(len({column}), 0) {'>' if self._negated else '='} 0"
        if self._operator in _PATTERNS:
            return self._unless_negated(_any_of(column, self._test()))
        bound = [self._bind(self._word(value)) for value in self._typed]
        if self._operator is Operator.IN:
            return self._unless_negated(f"list_has_any({column}, [{', '.join(bound)}])")
        has_it = f"list_contains({column}, {bound[0]})"
        return f"({has_it}) IS NOT TRUE" if self._operator is Operator.NE else has_it

    def _content(self) -> str:
        test = self._test()
        columns = " OR ".join(test(column) for column in _CONTENT)
        return f"({columns} OR {_any_of('map_values(attributes)', test)})"

    def _boolean(self, column: str) -> str:
        if self._operator is Operator.IS_TRUE:
            return column
        return f"{column} {self._operator} {self._bind(self._values.boolean(self._typed[0]))}"

    def _ordered(self, column: str, read: Callable[[Value], int | float]) -> str:
        bound = [self._bind(read(value)) for value in self._typed]
        match self._operator:
            case Operator.BETWEEN:
                return self._not(f"{column} BETWEEN {bound[0]} AND {bound[1]}")
            case Operator.IN:
                return self._not(f"{column} IN ({', '.join(bound)})")
            case operator:
                return f"{column} {operator} {bound[0]}"

    def _time(self) -> str:
        column = self._sql
        moments = [self._values.moment(value) for value in self._typed]
        start = self._bind(moments[0].start)
        match self._operator:
            case Operator.EQ | Operator.NE:
                end = self._bind(moments[0].end)
                within = f"({column} >= {start} AND {column} < {end})"
                return f"NOT {within}" if self._operator is Operator.NE else within
            case Operator.BETWEEN:
                return self._not(f"{column} BETWEEN {start} AND {self._bind(moments[1].start)}")
            case operator:
                return f"{column} {operator} {start}"

    def _of_any_type(self) -> str:
        """A value of no fixed type is of the type that it is compared with."""
        is_assessment = self._field.kind is FieldKind.ASSESSMENT
        kinds = {value.kind for value in self._typed}
        number = "value_double" if is_assessment else f"try_cast({self._sql} AS DOUBLE)"
        text = self._column()
        if self._operator in _ORDER | {Operator.BETWEEN} or kinds == {ValueKind.NUMBER}:
            return self._ordered(number, self._values.number)
        if kinds == {ValueKind.BOOLEAN} and self._operator in _EQUALS:
            return self._boolean("value_bool" if is_assessment else f"try_cast({text} AS BOOLEAN)")
        if is_assessment and self._operator in _EQUALS and is_number(self._typed[0].text):
            return self._equal_text_or_number(text, number)
        return self._text(text)

    def _equal_text_or_number(self, text: str, number: str) -> str:
        """A number in quotes: scores of 4 are stored as 4.0."""
        (value,) = self._typed
        same = f"{text} = {self._bind(self._values.words(value))}"
        equal = f"{number} = {self._bind(to_number(value.text))}"
        either = f"({same} OR coalesce({equal}, false))"
        return f"NOT {either}" if self._operator is Operator.NE else either


def _any_of(items: str, test: Callable[[str], str]) -> str:
    """SQL that is true where any item of a list meets a test."""
    return f"len(list_filter({items}, lambda each: {test('each')})) > 0"
