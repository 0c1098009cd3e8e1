"""Scores by SQL: a SELECT that gives target, value and rationale, over all targets in one pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

import duckdb
import pyarrow as pa
from duckdb.sqltypes import DuckDBPyType

from spanlake.errors import UserError
from spanlake.storage.lake import Lake
from spanlake.storage.query import query_errors
from spanlake.storage.results.columns import is_number

SqlTarget = Literal["trace", "span", "session"]

SCORES = pa.schema(
    [
        ("trace_id", pa.string()),
        ("span_id", pa.string()),
        ("session_id", pa.string()),
        ("value_double", pa.float64()),
        ("value_string", pa.string()),
        ("value_bool", pa.bool_()),
        ("rationale", pa.string()),
        ("error_message", pa.string()),
    ]
)
"""One row a target, in columns of `assessments`: one of the values, an error, or nothing."""

_TARGETS: dict[frozenset[str], SqlTarget] = {
    frozenset({"trace_id"}): "trace",
    frozenset({"trace_id", "span_id"}): "span",
    frozenset({"session_id"}): "session",
}
_IDS = ("trace_id", "span_id", "session_id")
_OTHERS = ("value", "rationale")
_RULE = "must give trace_id, or trace_id and span_id, or session_id; value; and rationale if wanted"
_TEXTS = frozenset({"varchar", "enum", "uuid"})


@dataclass(frozen=True, slots=True)
class SqlScores:
    """What a SELECT scored. target: what its rows are about. table: in the schema SCORES."""

    target: SqlTarget
    table: pa.Table


def check_score_query(query: str, *, typed: str) -> str:
    """The one SELECT that a text is. typed: what the user knows it as. UserError if it is not."""
    try:
        statements = duckdb.extract_statements(query)
    except duckdb.Error as error:
        raise UserError(f"{typed} is no SQL: {str(error).splitlines()[0]}") from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise UserError(f"{typed} is {query.strip()[:80]!r}: must be one SELECT; it {_RULE}")
    return query.strip()


def score_by_sql(
    lake: Lake, query: str, *, typed: str, only: Sequence[str] | None = None
) -> SqlScores:
    """Run a scorer's SELECT on all that is stored now.

    only: ids of the traces, or of the sessions, whose scores are wanted; None for all. typed:
    what the user knows the query as. UserError for a query that fails, columns that are not those
    of scores, and a target that is missing or comes twice.
    """
    text = check_score_query(query, typed=typed)
    # Made first: a lake takes a new snapshot with each question.
    chosen = lake.sql("SELECT unnest($ids::VARCHAR[]) AS id", {"ids": list(only or ())})
    with query_errors(lake, text, flag=typed):
        relation = lake.sql(text)
        columns = _columns(relation, typed)
        target = _target(columns, typed)
        projected = relation.project(_projection(columns, typed))
        if only is not None:
            key = "session_id" if target == "session" else "trace_id"
            projected = projected.join(chosen.set_alias("chosen"), f"{key} = chosen.id", how="semi")
        table = projected.to_arrow_table().cast(SCORES)
    _check_targets(table, target, typed)
    return SqlScores(target, table)


def _columns(relation: duckdb.DuckDBPyRelation, typed: str) -> dict[str, DuckDBPyType]:
    """The types of the columns by name, in lower case, for SQL knows no other."""
    names = [name.lower() for name in relation.columns]
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"{typed} gives the column {name} more than once: it {_RULE}")
    return dict(zip(names, relation.types, strict=True))


def _target(columns: dict[str, DuckDBPyType], typed: str) -> SqlTarget:
    unknown = [name for name in columns if name not in (*_IDS, *_OTHERS)]
    target = _TARGETS.get(frozenset(columns) & frozenset(_IDS))
    if unknown:
        close = get_close_matches(unknown[0], (*_IDS, *_OTHERS), n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise UserError(f"{typed} gives the column {unknown[0]}: it {_RULE}{hint}")
    if target is None or "value" not in columns:
        raise UserError(f"{typed} gives the columns {', '.join(columns)}: it {_RULE}")
    return target


def _projection(columns: dict[str, DuckDBPyType], typed: str) -> str:
    """The columns of SCORES out of those of a query."""
    kind = columns["value"]
    is_bool = kind.id == "boolean"
    is_text = kind.id in _TEXTS
    if not (is_bool or is_text or is_number(kind) or kind.id in ("sqlnull", "null")):
        raise UserError(
            f"{typed} gives values of type {kind}: must be BOOLEAN, a number or VARCHAR; "
            "CAST makes one of another"
        )
    number = "NULL" if is_bool or is_text else "CAST(value AS DOUBLE)"
    made = {name: name if name in columns else "NULL" for name in _IDS}
    made["value_double"] = number if number == "NULL" else f"if(isfinite({number}), {number}, NULL)"
    made["value_string"] = "value" if is_text else "NULL"
    made["value_bool"] = "value" if is_bool else "NULL"
    made["rationale"] = "rationale" if "rationale" in columns else "NULL"
    made["error_message"] = (
        "NULL"
        if number == "NULL"
        else f"if(isfinite({number}), NULL, 'it gave ' || {number} || ': a number must be finite')"
    )
    types = {"value_double": "DOUBLE", "value_bool": "BOOLEAN"}
    return ", ".join(
        f"CAST({expression} AS {types.get(name, 'VARCHAR')}) AS {name}"
        for name, expression in made.items()
    )


def _check_targets(table: pa.Table, target: SqlTarget, typed: str) -> None:
    """Refuse a target that is NULL, and one that has two scores."""
    import polars as pl  # half a second, for those who score

    keys = ["trace_id", "span_id"] if target == "span" else [f"{target}_id"]
    for key in keys:
        if table[key].null_count:
            raise UserError(
                f"{typed} gives {table[key].null_count:,} rows without {key}: each must have one; "
                f"WHERE {key} IS NOT NULL leaves them out"
            )
    ids = pl.DataFrame(table.select(keys))
    if ids.n_unique() < len(ids):
        twice = ids.filter(ids.is_duplicated()).unique(maintain_order=True)
        first = "/".join(twice.row(0))
        raise UserError(
            f"{typed} gives more than one score for {len(twice):,} of its targets, such as "
            f"{first}: each can have one; GROUP BY makes one of several"
        )
