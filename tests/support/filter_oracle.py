"""What a filter means, in plain Python over the rows of the views, with no thought of speed."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from spanlake.storage.lake import Lake
from spanlake.storage.search.tree import (
    Comparison,
    Conjunction,
    Disjunction,
    Negation,
    Nested,
    Node,
    Operator,
    ScopeName,
    Value,
    ValueKind,
)

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Facts:
    """A trace, and the rows of its spans and of its valid assessments."""

    trace: Row
    rows: Mapping[ScopeName, Sequence[Row]]


class Known(NamedTuple):
    """How the value of a field is found in a row, and of what kind it is."""

    kind: str
    read: Callable[[Row], Any]


def _column(kind: str, name: str) -> Known:
    return Known(kind, lambda row: row[name])


def _status(trace: Row) -> str:
    if trace["status_code"] == "ERROR":
        return "ERROR"
    return "OK" if trace["is_complete"] else "IN_PROGRESS"


TRACE: Mapping[str, Known] = {
    "name": _column("text", "name"),
    "status": Known("choice", _status),
    "time": _column("time", "start_time"),
    "has_errors": Known("boolean", lambda trace: trace["error_count"] > 0),
    "is_complete": _column("boolean", "is_complete"),
    "duration": _column("number", "duration_ms"),
    "total_tokens": _column("number", "total_tokens"),
    "cost": _column("number", "cost_usd"),
    "span_count": _column("number", "span_count"),
    "start_time": _column("time", "start_time"),
    "model": _column("list", "models"),
    "tool": _column("list", "tools"),
    "session": _column("list", "session_ids"),
    "tags": _column("list", "tags"),
    "input": _column("text", "input"),
}
SPAN: Mapping[str, Known] = {
    "name": _column("text", "name"),
    "type": _column("choice", "span_type"),
    "status": Known("choice", lambda span: "ERROR" if span["is_error"] else "OK"),
    "is_error": _column("boolean", "is_error"),
    "model": _column("text", "model"),
    "tool": _column("text", "tool_name"),
    "parent_id": _column("text", "parent_span_id"),
    "duration": _column("number", "duration_ms"),
    "tokens": _column("number", "total_tokens"),
    "tags": _column("list", "tags"),
}
ASSESSMENT: Mapping[str, Known] = {
    "name": _column("text", "name"),
    "kind": Known("choice", lambda row: row["kind"].upper()),
    "source_type": _column("choice", "source_type"),
    "value": Known("assessment", lambda row: row),
}
FIELDS: Mapping[ScopeName, Mapping[str, Known]] = {
    "trace": TRACE,
    "span": SPAN,
    "assessment": ASSESSMENT,
}
_CONTENT = (
    "name",
    "input",
    "output",
    "error_message",
    "status_message",
    "input_messages",
    "output_messages",
    "system_instructions",
)
_UNITS = {"ms": 1.0, "s": 1000.0, "m": 60_000.0}


def all_facts(lake: Lake) -> list[Facts]:
    """Every trace of a lake, with what belongs to it."""
    spans, assessments = _rows(lake, "spans"), _rows(lake, "assessments")
    return [
        Facts(
            trace,
            {
                "span": [each for each in spans if each["trace_id"] == trace["trace_id"]],
                "assessment": [
                    each
                    for each in assessments
                    if each["trace_id"] == trace["trace_id"] and each["is_valid"]
                ],
            },
        )
        for trace in _rows(lake, "traces")
    ]


def _rows(lake: Lake, view: str) -> list[Row]:
    relation = lake.sql(f"FROM {view}")
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def meets(node: Node | None, facts: Facts) -> bool:
    """Whether a trace meets a filter."""
    match node:
        case None:
            return True
        case Comparison():
            return _chain([node], facts)
        case Conjunction(operands):
            return _chain(operands, facts)
        case Disjunction(operands):
            return any(meets(each, facts) for each in operands)
        case Negation(operand):
            return not meets(operand, facts)
        case Nested(operand, None):
            return meets(operand, facts)
        case Nested(operand, "span" | "assessment" as scope):
            return any(_row_meets(operand, row, scope) for row in facts.rows[scope])
        case _:
            raise AssertionError(node)


def _chain(operands: Sequence[Node], facts: Facts) -> bool:
    """Comparisons of spans that are side by side have to be met by one span."""
    together: dict[ScopeName, list[Comparison]] = {}
    for operand in operands:
        scope = _scope_of(operand)
        if scope is not None and isinstance(operand, Comparison):
            together.setdefault(scope, []).append(operand)
        elif not (
            _trace_meets(operand, facts)
            if isinstance(operand, Comparison)
            else meets(operand, facts)
        ):
            return False
    return all(
        any(all(_row_meets(each, row, scope) for each in asked) for row in facts.rows[scope])
        for scope, asked in together.items()
    )


def _scope_of(node: Node) -> ScopeName | None:
    if isinstance(node, Comparison) and len(node.path.parts) > 1:
        first = node.path.parts[0]
        return "span" if first == "span" else "assessment" if first == "assessment" else None
    return None


def _trace_meets(asked: Comparison, facts: Facts) -> bool:
    first, *rest = asked.path.parts
    known = _anywhere(first, ".".join(rest))
    if known is None:
        return _value_meets(asked, TRACE[first], facts.trace)
    scope, field = known
    found = any(_value_meets(_affirmed(asked, field), field, row) for row in facts.rows[scope])
    return found is not _is_denied(asked, field)


def _is_denied(asked: Comparison, field: Known) -> bool:
    """Whether no row is to say it."""
    is_absence = asked.operator is Operator.IS_NULL and not asked.negated
    return is_absence or (field.kind == "content" and asked.negated)


def _affirmed(asked: Comparison, field: Known) -> Comparison:
    return replace(asked, negated=not asked.negated) if _is_denied(asked, field) else asked


def _anywhere(first: str, key: str) -> tuple[ScopeName, Known] | None:
    """A field of the trace that its spans or its assessments say."""
    match first:
        case "text":
            return "span", Known("content", lambda row: row)
        case "metadata":
            return "span", Known("word", lambda row: (row["metadata"] or {}).get(key))
        case "feedback" | "expectation":
            return "assessment", Known(
                "assessment",
                lambda row: row if (row["kind"], row["name"]) == (first, key) else None,
            )
        case _:
            return None


def _row_meets(node: Node, row: Row, scope: ScopeName) -> bool:
    match node:
        case Comparison():
            return _value_meets(node, _field_of_row(node, scope), row)
        case Conjunction(operands):
            return all(_row_meets(each, row, scope) for each in operands)
        case Disjunction(operands):
            return any(_row_meets(each, row, scope) for each in operands)
        case Negation(operand):
            return not _row_meets(operand, row, scope)
        case Nested(operand):
            return _row_meets(operand, row, scope)


def _field_of_row(node: Comparison, scope: ScopeName) -> Known:
    parts = node.path.parts[1:] if node.path.parts[0] == scope else node.path.parts
    if parts[0] == "attributes":
        key = ".".join(parts[1:])
        return Known("word", lambda row: (row["attributes"] or {}).get(key))
    if parts[0] == "content":
        return Known("content", lambda row: row)
    return FIELDS[scope][parts[0]]


def _value_meets(asked: Comparison, field: Known, row: Row) -> bool:
    value = field.read(row)
    match field.kind:
        case "list":
            return _list_meets(asked, value or [])
        case "content":
            texts = [str(row[name]) for name in _CONTENT if row[name] is not None]
            texts += (row["attributes"] or {}).values()
            found = any(_text_meets(replace(asked, negated=False), text) for text in texts)
            return found is not asked.negated
        case "assessment":
            return value is not None and _assessment_meets(asked, value)
    if asked.operator is Operator.IS_NULL:
        return (value is None) is not asked.negated
    if value is None:
        return False
    return _BY_KIND.get(field.kind, _text_meets)(asked, value)


def _boolean_meets(asked: Comparison, value: bool) -> bool:  # noqa: FBT001  # as the others
    return (value is _compared_with(asked)) is not (asked.operator is Operator.NE)


def _compared_with(asked: Comparison) -> bool:
    return asked.operator is Operator.IS_TRUE or asked.values[0].text == "true"


def _list_meets(asked: Comparison, items: Sequence[str]) -> bool:
    if asked.operator is Operator.IS_NULL:
        return (not items) is not asked.negated
    denied = asked.negated or asked.operator is Operator.NE
    operator = Operator.EQ if asked.operator is Operator.NE else asked.operator
    plain = replace(asked, negated=False, operator=operator)
    return any(_text_meets(plain, item) for item in items) is not denied


def _text_meets(asked: Comparison, text: str) -> bool:
    texts = [value.text for value in asked.values]
    match asked.operator:
        case Operator.EQ | Operator.IN:
            found = text in texts
        case Operator.NE:
            found = text not in texts
        case Operator.LIKE:
            found = _like(texts[0], text, re.DOTALL)
        case Operator.ILIKE:
            found = _like(texts[0], text, re.DOTALL | re.IGNORECASE)
        case Operator.RLIKE:
            found = re.search(texts[0], text) is not None
        case Operator.CONTAINS:
            found = texts[0].lower() in text.lower()
        case _:
            raise AssertionError(asked)
    return found is not asked.negated


def _like(pattern: str, text: str, flags: int) -> bool:
    parts = {"%": ".*", "_": "."}
    return bool(re.fullmatch("".join(parts.get(c, re.escape(c)) for c in pattern), text, flags))


def _ordered(asked: Comparison, value: Any) -> bool:  # noqa: ANN401  # a number or a time
    limits = [_limit(each) for each in asked.values]
    is_time = isinstance(value, datetime)
    match asked.operator:
        case Operator.EQ | Operator.NE:
            # A time that was typed to the second is all of that second.
            end = limits[0] + timedelta(seconds=1) if is_time else limits[0]
            same = limits[0] <= value < end if is_time else value == limits[0]
            return bool(same) is not (asked.operator is Operator.NE)
        case Operator.LT:
            return bool(value < limits[0])
        case Operator.LE:
            return bool(value <= limits[0])
        case Operator.GT:
            return bool(value > limits[0])
        case Operator.GE:
            return bool(value >= limits[0])
        case Operator.BETWEEN:
            return bool(limits[0] <= value <= limits[1]) is not asked.negated
        case _:
            return (value in limits) is not asked.negated


def _limit(value: Value) -> Any:  # noqa: ANN401  # a number or a time
    match value.kind:
        case ValueKind.DURATION:
            number, unit = re.fullmatch(r"(.*?)([a-z]+)", value.text).groups()  # type: ignore[union-attr]  # it is one
            return float(number) * _UNITS[unit]
        case ValueKind.TEXT if "T" in value.text:
            return datetime.fromisoformat(value.text)
        case _:
            return float(value.text)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _word_meets(asked: Comparison, text: str) -> bool:
    kinds = {value.kind for value in asked.values}
    if kinds == {ValueKind.NUMBER} or asked.operator in {Operator.GT, Operator.LE}:
        number = _number(text)
        return number is not None and _ordered(asked, number)
    if kinds == {ValueKind.BOOLEAN}:
        if text not in {"true", "false"}:
            return False
        return ((text == "true") is _compared_with(asked)) is not (asked.operator is Operator.NE)
    return _text_meets(asked, text)


def _assessment_meets(asked: Comparison, row: Row) -> bool:
    text = _assessed_text(row)
    if asked.operator is Operator.IS_NULL:
        return (text is None) is not asked.negated
    kinds = {value.kind for value in asked.values}
    number = row["value_double"]
    if kinds == {ValueKind.NUMBER} or asked.operator in {Operator.GT, Operator.LE}:
        return number is not None and _ordered(asked, number)
    if kinds == {ValueKind.BOOLEAN}:
        said = row["value_bool"]
        same = said is _compared_with(asked)
        return said is not None and same is not (asked.operator is Operator.NE)
    if text is None:
        return False
    if asked.operator in {Operator.EQ, Operator.NE} and _number(asked.values[0].text) is not None:
        same = text == asked.values[0].text or number == float(asked.values[0].text)
        return same is not (asked.operator is Operator.NE)
    return _text_meets(asked, text)


def _assessed_text(row: Row) -> str | None:
    if row["value_string"] is not None or row["value"] is None:
        return row["value_string"]  # type: ignore[no-any-return]  # a text, or None
    return str(row["value"]).strip('"')


_BY_KIND: Mapping[str, Callable[[Comparison, Any], bool]] = {
    "boolean": _boolean_meets,
    "number": _ordered,
    "time": _ordered,
    "word": _word_meets,
}
