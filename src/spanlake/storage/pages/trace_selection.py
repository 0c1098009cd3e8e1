"""The traces that a view of the pages is about: by time, experiment, facets and the filter line."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.resources import files
from string import Template
from typing import NamedTuple

from spanlake.storage.condition import Condition, all_of
from spanlake.storage.lake import Lake
from spanlake.storage.pages.trace_search import search_condition
from spanlake.storage.query import query_errors


class Facet(NamedTuple):
    """What traces are counted by, value by value.

    counted: SQL over `chosen_traces`, a text, or a list of texts when a trace may have several.
    has_one: SQL over `traces`, whether a trace has one of `$values`.
    """

    name: str
    counted: str
    has_one: str
    is_list: bool = False


FACETS = (
    Facet(
        "status",
        "status",
        "list_contains($values, if(error_count > 0 OR status_code = 'ERROR', 'error', 'ok'))",
    ),
    Facet("service", "service_name", "list_contains($values, service_name)"),
    Facet("model", "models", "list_has_any(models, $values)", is_list=True),
    Facet("type", "span_types", "list_has_any(span_types, $values)", is_list=True),
    Facet("tool", "tools", "list_has_any(tools, $values)", is_list=True),
    Facet("tag", "tags", "list_has_any(tags, $values)", is_list=True),
    Facet("version", "app_version", "list_contains($values, app_version)"),
    Facet("environment", "environment", "list_contains($values, environment)"),
    Facet("user", "user_id", "list_contains($values, user_id)"),
    Facet(
        "assessment",
        "list_transform(marks, lambda mark: mark.name || ' = ' || left(mark.value, 40))",
        "trace_id IN (SELECT trace_id FROM assessments WHERE is_valid AND list_contains($values,"
        " name || ' = ' || left(coalesce(value_string, value_bool::VARCHAR, value_double::VARCHAR,"
        " value::VARCHAR, 'error'), 40)))",
        is_list=True,
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
def chosen_traces(lake: Lake, selection: TraceSelection) -> Iterator[None]:
    """Have the traces in the table `chosen_traces` of this lake, for as long as this lasts.

    The heavy view `traces` is so planned and read once, whatever else is asked of its rows.
    """
    condition = selection.condition()
    statement = Template(_text()).substitute(condition=condition.sql)
    with query_errors(lake, statement):
        lake.sql(statement, dict(condition.params) or None)
    try:
        yield
    finally:
        lake.sql("DROP TABLE IF EXISTS chosen_traces")


@cache
def _text() -> str:
    return (files("spanlake.storage") / "sql" / "chosen_traces.sql").read_text("utf-8")
