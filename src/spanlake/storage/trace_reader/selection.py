"""Which traces, in which order, and how many of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import Any

from spanlake.errors import UserError
from spanlake.storage.condition import Condition, all_of
from spanlake.storage.lake import Lake
from spanlake.storage.query import query_errors
from spanlake.storage.search.compile import CompiledFilter, compile_filter
from spanlake.storage.search.ordering import order_clause

# Ids that are looked up first. More of them cost more to compare with than they save.
_MAX_CANDIDATES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceQuery:
    """Which traces: those that meet everything given here.

    filter_string: in the filter language. where: an SQL condition over the columns of `traces`.
    experiments: names; none is any. since: started then or later. order_by: fields, each with ASC
    or DESC, else the newest come first. max_results: of these, None being all.
    """

    filter_string: str | None = None
    where: str | None = None
    experiments: Sequence[str] = ()
    since: datetime | None = None
    order_by: Sequence[str] = ()
    max_results: int | None = None


def selected_rows(
    lake: Lake, query: TraceQuery, columns: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    """The columns of the rows of `traces` that a query is for.

    The view is read once; other queries may be asked between two rows. UserError for what is wrong
    in the query.
    """
    if query.max_results is not None and query.max_results < 0:
        raise UserError(f"max_results is {query.max_results}: must be 0 or more, or None for all")
    order = order_clause(query.order_by)
    condition = narrowed(lake, compile_filter(query.filter_string or "", since=query.since))
    if condition is None:
        return iter(())
    if query.experiments:
        names = {"names": list(query.experiments)}
        condition = all_of([condition, Condition("list_contains($names, experiment)", names)])
    chosen = lake.sql(f"FROM traces WHERE {condition.sql}", dict(condition.params) or None)
    flag = None if query.where is None else "where"
    with query_errors(lake, query.where or "", flag=flag):
        if query.where is not None:
            chosen = chosen.filter(query.where)
        chosen = chosen.order(order)
        if query.max_results is not None:
            chosen = chosen.limit(query.max_results)
        rows = chosen.project(", ".join(columns)).iter_rows()
        # The query runs when its first row is asked for, and has run when it is there.
        first = list(islice(rows, 1))
    return chain(first, rows)


def narrowed(lake: Lake, compiled: CompiledFilter) -> Condition | None:
    """The condition of a filter, with the ids of the traces it leads to, if they are few.

    To look them up first is cheap, as it does not read the heavy view `traces`. None where there is
    no such trace.
    """
    if compiled.candidates is None:
        return compiled.condition
    found = lake.rows(
        f"FROM ({compiled.candidates.sql}) GROUP BY trace_id LIMIT {_MAX_CANDIDATES + 1}",
        dict(compiled.candidates.params),
    )
    if not found:
        return None
    if len(found) > _MAX_CANDIDATES:
        return compiled.condition
    ids = Condition(
        "trace_id IN (SELECT unnest($ids::VARCHAR[]))", {"ids": [trace_id for (trace_id,) in found]}
    )
    return ids if compiled.is_decided else all_of([ids, compiled.condition])
