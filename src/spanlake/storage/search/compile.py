"""Filters as SQL: a condition on the rows of the view `traces`.

What is asked of spans and of assessments becomes `trace_id IN (SELECT ...)`, a semi join on their
own rows. What is compared with a field that is not there is not true, and its NOT is.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from spanlake.storage.condition import Condition
from spanlake.storage.search.errors import FilterError
from spanlake.storage.search.fields import FieldKind, Resolved, resolve
from spanlake.storage.search.predicates import Context, Parameters, predicate
from spanlake.storage.search.tree import (
    Comparison,
    Conjunction,
    Disjunction,
    Negation,
    Nested,
    Node,
    Operator,
    ScopeName,
)
from spanlake.storage.search.values import Values

_ROWS: Mapping[ScopeName, str] = {
    "span": "SELECT trace_id FROM spans WHERE ",
    "assessment": "SELECT trace_id FROM assessments WHERE is_valid AND ",
}
_FROM_THEN_ON = {Operator.GT, Operator.GE, Operator.EQ, Operator.BETWEEN}
_PARAMETER = re.compile(r"\$(\w+)")


@dataclass(frozen=True, slots=True)
class CompiledFilter:
    """A filter, ready to be asked.

    condition: on the rows of `traces`. candidates: a query for the ids of traces of which every
    one that meets the condition is one; it does not read `traces`. None where the filter leads to
    none. is_decided: the candidates are the very traces that meet the condition.
    """

    condition: Condition
    candidates: Condition | None = None
    is_decided: bool = False


def compile_filter(
    text: str, *, since: datetime | None = None, now: datetime | None = None
) -> CompiledFilter:
    """Read a filter. since: only of traces that started then or later. FilterError.

    now: what `ago` counts from.
    """
    node = _parsed(text)
    context = Context(text, now or datetime.now(UTC), Parameters())
    compiler = _Compiler(context, since, node)
    parts = list(compiler.conjuncts(node)) if node is not None else []
    if since is not None:
        parts.append(_Part(f"start_time >= {context.params.bind(since)}"))
    if not parts:
        return CompiledFilter(Condition("true"))
    queries = [part.rows for part in parts if part.rows is not None]
    return CompiledFilter(
        _condition("\n    AND ".join(part.sql for part in parts), context.params),
        _condition("\nINTERSECT ".join(queries), context.params) if queries else None,
        is_decided=len(queries) == len(parts),
    )


def _parsed(text: str) -> Node | None:
    if not text.strip():
        return None
    # The grammar takes a moment to load; most commands do without.
    from spanlake.storage.search.parser import parse_filter

    return parse_filter(text)


def filter_condition(text: str, *, now: datetime | None = None) -> Condition:
    """The condition that a filter is on the rows of `traces`. FilterError."""
    return compile_filter(text, now=now).condition


def filter_as_sql(text: str, *, now: datetime | None = None) -> str:
    """A filter as a query that people can read and change; `ago` has become a time. FilterError."""
    condition = filter_condition(text, now=now).written_out()
    where = "" if condition == "true" else f"\nWHERE {condition}"
    return f"FROM traces{where}\nORDER BY start_time DESC"


@dataclass(frozen=True, slots=True)
class _Part:
    """A condition on traces. rows: the query whose ids meet it, if there is one."""

    sql: str
    rows: str | None = None


class _Compiler:
    """Compiles one filter. since: when all traces that can meet it started, at the earliest."""

    def __init__(self, context: Context, since: datetime | None, node: Node | None) -> None:
        self._context = context
        bounds = [since] if since is not None else []
        if node is not None:
            bounds += self._starts(node)
        self._since = max(bounds, default=None)

    def conjuncts(self, node: Node) -> Iterator[_Part]:
        """The conditions on traces that a filter is the AND of.

        Comparisons of span fields in one chain of ANDs are about one span; so with assessments.
        """
        match node:
            case Conjunction(operands):
                yield from self._chain(operands)
            case Nested(operand, None):
                yield from self.conjuncts(operand)
            case Nested(operand, "span" | "assessment" as scope):
                yield self._exists(scope, self._row(operand, scope))
            case Comparison():
                yield from self._chain([node])
            case Negation(operand):
                yield _Part(f"({self._trace(operand)}) IS NOT TRUE")
            case Disjunction(operands):
                yield _Part("(" + " OR ".join(map(self._trace, operands)) + ")")

    def _chain(self, operands: Sequence[Node]) -> Iterator[_Part]:
        together: dict[ScopeName, list[str]] = {}
        for operand in operands:
            if not isinstance(operand, Comparison):
                yield from self.conjuncts(operand)
                continue
            resolved = self._resolve(operand, "trace")
            scope = resolved.field.scope
            if scope == "trace":
                yield self._of_trace(operand, resolved)
            else:
                together.setdefault(scope, []).append(self._predicate(operand, resolved))
        for scope, conditions in together.items():
            yield self._exists(scope, " AND ".join(conditions))

    def _exists(self, scope: ScopeName, condition: str) -> _Part:
        rows = _ROWS[scope] + condition
        if scope == "span" and self._since is not None:
            # No span starts before its trace: what is older need not be read.
            rows += f" AND start_time >= {self._context.params.bind(self._since)}"
        return _Part(f"trace_id IN ({rows})", rows)

    def _starts(self, node: Node) -> Iterator[datetime]:
        """The times before which no trace starts that meets a filter."""
        match node:
            case Conjunction(operands):
                for operand in operands:
                    yield from self._starts(operand)
            case Nested(operand, None):
                yield from self._starts(operand)
            case Comparison(_, operator, values, False) if operator in _FROM_THEN_ON:
                field = self._resolve(node, "trace").field
                if (field.scope, field.name) == ("trace", "start_time"):
                    reader = Values(self._context.text, field, self._context.now)
                    yield reader.moment(values[0]).start

    def _trace(self, node: Node) -> str:
        """A condition on traces, safe among others."""
        parts = [part.sql for part in self.conjuncts(node)]
        return parts[0] if len(parts) == 1 else f"({' AND '.join(parts)})"

    def _of_trace(self, comparison: Comparison, resolved: Resolved) -> _Part:
        """A comparison of a field of the trace, which its rows may say, or its spans."""
        if resolved.field.via is None:
            return _Part(self._predicate(comparison, resolved))
        is_content = resolved.field.kind is FieldKind.CONTENT
        is_absence = comparison.operator is Operator.IS_NULL and not comparison.negated
        if is_absence or (is_content and comparison.negated):
            # No row is to say it, not some other row something else.
            opposite = replace(comparison, negated=not comparison.negated)
            found = self._exists(resolved.field.rows, self._predicate(opposite, resolved))
            return _Part(f"({found.sql}) IS NOT TRUE")
        return self._exists(resolved.field.rows, self._predicate(comparison, resolved))

    def _row(self, node: Node, scope: ScopeName) -> str:
        """A condition on the rows of spans or assessments."""
        match node:
            case Comparison():
                return self._predicate(node, self._resolve(node, scope))
            case Negation(operand):
                return f"({self._row(operand, scope)}) IS NOT TRUE"
            case Nested(operand, None):
                return f"({self._row(operand, scope)})"
            case Nested(_, inner):
                reason = f"{(inner or '').upper()}(...) stands inside of {scope.upper()}(...)"
                raise FilterError(
                    self._context.text, node.place, f"{reason}: join them with AND instead"
                )
            case Conjunction(operands):
                return " AND ".join(self._row(each, scope) for each in operands)
            case Disjunction(operands):
                return f"({' OR '.join(self._row(each, scope) for each in operands)})"

    def _resolve(self, comparison: Comparison, scope: ScopeName) -> Resolved:
        return resolve(self._context.text, comparison.path, scope)

    def _predicate(self, comparison: Comparison, resolved: Resolved) -> str:
        sql = predicate(comparison, resolved, self._context)
        field, key = resolved
        if field.where is None or key is None:
            return sql
        return f"{field.where.replace('$key', self._context.params.bind(key))} AND {sql}"


def _condition(sql: str, params: Parameters) -> Condition:
    """SQL with those of the parameters that it has."""
    return Condition(sql, {name: params.values[name] for name in _PARAMETER.findall(sql)})
