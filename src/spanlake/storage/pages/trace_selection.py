"""The traces that a view of the pages is about: by time, experiment, facets and the filter line."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from spanlake.storage.condition import Condition, all_of
from spanlake.storage.lake import Lake
from spanlake.storage.pages.trace_search import search_condition
from spanlake.storage.query import query_errors

# Of a trace as `traces` shows it.
STATUS = "if(error_count > 0 OR status_code = 'ERROR', 'error', 'ok')"
ALL_TRACES = f"SELECT *, {STATUS} AS status FROM traces"  # noqa: S608  # a text of ours
_SAID = (
    "name || ' = ' || left(coalesce(value_string, value_bool::VARCHAR, value_double::VARCHAR,"
    " value::VARCHAR, 'error'), 40)"
)


class Facet(NamedTuple):
    """What traces are counted by, value by value.

    columns: what `values` needs of `faceted_traces` besides `sample_weight`. values: SQL, a row
    with a text `value` for each value of each of those traces, and the weight of the trace.
    has_one: SQL over `traces`, whether a trace has one of `$values`.
    """

    name: str
    columns: tuple[str, ...]
    values: str
    has_one: str


def _of_one(name: str, column: str) -> Facet:
    """A facet of which a trace has one value at most."""
    values = f"SELECT {column} AS value, sample_weight FROM faceted_traces"  # noqa: S608  # a name of ours
    return Facet(name, (column,), values, f"list_contains($values, {column})")


def _of_many(name: str, column: str) -> Facet:
    """A facet of which a trace has a list of values."""
    values = f"SELECT unnest({column}) AS value, sample_weight FROM faceted_traces"  # noqa: S608  # a name of ours
    return Facet(name, (column,), values, f"list_has_any({column}, $values)")


FACETS = (
    _of_one("status", "status")._replace(has_one=f"list_contains($values, {STATUS})"),
    _of_one("service", "service_name"),
    _of_many("model", "models"),
    _of_many("type", "span_types"),
    _of_many("tool", "tools"),
    _of_many("tag", "tags"),
    _of_one("version", "app_version"),
    _of_one("environment", "environment"),
    _of_one("user", "user_id"),
    Facet(
        "assessment",
        ("trace_id",),
        f"SELECT DISTINCT trace_id, {_SAID} AS value, sample_weight FROM assessments"  # noqa: S608  # of ours
        " JOIN faceted_traces USING (trace_id) WHERE is_valid",
        f"trace_id IN (SELECT trace_id FROM assessments WHERE is_valid"  # noqa: S608  # of ours
        f" AND list_contains($values, {_SAID}))",
    ),
)
_FACETS: Mapping[str, Facet] = {facet.name: facet for facet in FACETS}


@dataclass(frozen=True, slots=True)
class TraceSelection:
    """Which traces: those that meet everything given here.

    search: the filter line. since, until: when they started, the end not included. included: for a
    facet, the values of which a trace has one. excluded: those of which it has none.
    """

    search: str = ""
    experiment: str | None = None
    session_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    included: Mapping[str, Sequence[str]] = field(default_factory=dict)
    excluded: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def condition(self) -> Condition:
        """What is true of the columns of `traces`. UserError for a wrong filter line."""
        return all_of([*self._plain(), *self._by_facet()])

    def _plain(self) -> Iterator[Condition]:
        if self.since is not None:
            yield Condition("start_time >= $since", {"since": self.since})
        if self.until is not None:
            yield Condition("start_time < $until", {"until": self.until})
        if self.experiment is not None:
            yield Condition("experiment = $name", {"name": self.experiment})
        if self.session_id is not None:
            yield Condition("list_contains(session_ids, $id)", {"id": self.session_id})
        if self.search.strip():
            yield search_condition(self.search)

    def _by_facet(self) -> Iterator[Condition]:
        for name, values in self.included.items():
            yield Condition(_FACETS[name].has_one, {"values": list(values)})
        for name, values in self.excluded.items():
            has_one = _FACETS[name].has_one
            yield Condition(f"NOT coalesce({has_one}, false)", {"values": list(values)})


@contextmanager
def chosen_traces(lake: Lake, selection: TraceSelection, columns: Sequence[str]) -> Iterator[None]:
    """Have the traces in the table `chosen_traces` of this lake, for as long as this lasts.

    The heavy view `traces` is so planned and read once, whatever else is asked of its rows.
    columns: of `traces`, or `status`.
    """
    with table_of(lake, "chosen_traces", ALL_TRACES, selection.condition(), columns):
        yield


@contextmanager
def table_of(
    lake: Lake, table: str, rows: str, condition: Condition, columns: Sequence[str]
) -> Iterator[None]:
    """Have those rows of a query that meet a condition in a table, for as long as this lasts."""
    statement = (
        f"CREATE OR REPLACE TEMP TABLE {table} AS"  # noqa: S608  # names of ours; values are bound
        f" SELECT {', '.join(columns)} FROM ({rows} WHERE {condition.sql})"
    )
    with query_errors(lake, statement):
        lake.sql(statement, dict(condition.params) or None)
    try:
        yield
    finally:
        lake.sql(f"DROP TABLE IF EXISTS {table}")
