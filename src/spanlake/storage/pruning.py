"""Which times a query asks for, by its own conditions: files outside of them need not be opened.

DuckDB's optimizer moves conditions to where tables are read, through views, joins and functions of
constants. So it is asked to plan the query over empty tables, and what it would filter there by is
read off the plan.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from spanlake.storage.catalog.run_views import RUNS_SCHEMA
from spanlake.storage.lazy_views import LazyViews
from spanlake.storage.settings import connect
from spanlake.storage.snapshot import Bounds, TimeRange
from spanlake.storage.stored_views import EmptyTables
from spanlake.storage.views import define_macros, stored_views

_FIRST = {"COMPARE_GREATERTHAN", "COMPARE_GREATERTHANOREQUALTO", "COMPARE_EQUAL"}
_LAST = {"COMPARE_LESSTHAN", "COMPARE_LESSTHANOREQUALTO", "COMPARE_EQUAL"}
_KNOWS_THE_DATA = "statistics_propagation,empty_result_pullup"
# The log of a table has bounds for the second only.
_TIMES_OF = {"start_time_ns": "start_time", "time_ns": "time"}
_EVERYTHING = TimeRange(None, None)

Json = Any


class Planner:
    """Plans queries over the views of a lake, and over nothing else. For one thread."""

    def __init__(self) -> None:
        self.connection = connect(threads=1, reads_ahead=False)
        # Or it sees that the tables are empty, and needs no condition.
        self.connection.execute(f"SET disabled_optimizers = '{_KNOWS_THE_DATA}'")
        define_macros(self.connection)
        runs = pa.Table.from_batches([], schema=RUNS_SCHEMA)
        self.connection.from_arrow(runs).create("runs")  # of the catalog, and read by a view
        # What log records say of spans is asked of the spans in question alone: none are read here.
        LazyViews(self.connection, Path(), EmptyTables(self.connection)).make_all()

    def bounds(
        self, query: str, params: Sequence[object] | Mapping[str, object] | None
    ) -> dict[str, Bounds]:
        """By table, the bounds that all rows have that the query can be about.

        A table that is not named is not asked for, or has no bounds, or DuckDB cannot say.
        """
        try:
            plan = self.connection.execute(f"EXPLAIN (FORMAT json) {query}", params).fetchall()
            scans = list(_scans(json.loads(plan[0][1])))
        except (duckdb.Error, ValueError, IndexError):
            return {}
        tables = stored_views()
        found: dict[str, list[Bounds]] = {}
        for scan in scans:
            name = str(scan.get("Table", "")).rpartition(".")[2]
            if name in tables:
                found.setdefault(tables[name], []).append(self._scan_bounds(scan))
        united = {table: _united(scans) for table, scans in found.items()}
        return {table: bounds for table, bounds in united.items() if bounds}

    def _scan_bounds(self, scan: Mapping[str, Json]) -> Bounds:
        filters = scan.get("Filters", [])
        bounds: dict[str, TimeRange] = {}
        for condition in [filters] if isinstance(filters, str) else filters:
            for column, told in self._condition_bounds(condition):
                known = bounds.get(column, _EVERYTHING)
                bounds[column] = TimeRange(
                    max(_known(known.first, told.first), default=None),
                    min(_known(known.last, told.last), default=None),
                )
        return bounds

    def _condition_bounds(self, condition: str) -> Iterator[tuple[str, TimeRange]]:
        """What a condition says of a column of times, if all it says must hold."""
        try:
            row = self.connection.execute(
                "SELECT json_serialize_sql('SELECT 1 WHERE ' || $condition)",
                {"condition": condition},
            ).fetchall()
            where = json.loads(row[0][0])["statements"][0]["node"]["where_clause"]
        except (duckdb.Error, ValueError, KeyError, IndexError):
            return
        for part in _conjuncts(where):
            column, moment = _column(part.get("left", {})), _moment(part.get("right", {}))
            if column is None or moment is None:
                continue
            kind = part["type"]
            yield (
                _TIMES_OF.get(column, column),
                TimeRange(moment if kind in _FIRST else None, moment if kind in _LAST else None),
            )


def _scans(node: Json) -> Iterator[Mapping[str, Json]]:
    """What is said of every operator of a plan that reads a table."""
    if isinstance(node, list):
        for each in node:
            yield from _scans(each)
        return
    info = node.get("extra_info", {})
    if "Table" in info:
        yield info
    yield from _scans(node.get("children", []))


def _conjuncts(expression: Json) -> Iterator[Json]:
    if expression.get("type") == "CONJUNCTION_AND":
        for child in expression["children"]:
            yield from _conjuncts(child)
    else:
        yield expression


def _column(expression: Json) -> str | None:
    if expression.get("class") != "COLUMN_REF":
        return None
    return str(expression["column_names"][-1])


def _moment(expression: Json) -> int | None:
    """Microseconds since the epoch of '2026-11-21 10:00:00+00'::TIMESTAMPTZ, or of nanoseconds."""
    if expression.get("class") == "CAST":
        expression = expression.get("child", {})
    literal = expression.get("literal", {})
    try:
        if literal.get("kind") == "INTEGER":
            return int(literal["text"]) // 1000
        moment = datetime.fromisoformat(literal["text"])
    except (ValueError, KeyError, TypeError):
        return None
    return None if moment.tzinfo is None else round(moment.timestamp() * 1_000_000)


def _known(*ends: int | None) -> list[int]:
    return [end for end in ends if end is not None]


def _united(scans: Sequence[Bounds]) -> Bounds:
    """The narrowest bounds around those of all scans."""
    columns = set.intersection(*(set(each) for each in scans))
    united: dict[str, TimeRange] = {}
    for column in columns:
        firsts = [each[column].first for each in scans]
        lasts = [each[column].last for each in scans]
        united[column] = TimeRange(
            None if None in firsts else min(_known(*firsts)),
            None if None in lasts else max(_known(*lasts)),
        )
    return united
