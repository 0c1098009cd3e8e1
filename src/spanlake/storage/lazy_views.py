"""The views of a connection. They take a while to make, so few questions shall wait for all.

They are made when a query first names one of them, or what lists all views.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb

from spanlake.storage.live_views import define_live
from spanlake.storage.stored_views import CONTENT, EmptyTables, StoredViews
from spanlake.storage.summaries.live_scope import LiveScope
from spanlake.storage.views import define_calls, define_views, stored_views


class _Reads(NamedTuple):
    """What a view reads: of the stored views, and of the others that are here."""

    stored: Sequence[str] = ()
    others: Sequence[str] = ()


_VIEWS: Mapping[str, _Reads] = {
    "spans": _Reads(("spans", CONTENT)),
    "logs": _Reads(("logs",)),
    "metrics": _Reads(("metrics",)),
    "run_results": _Reads(("run_results",)),
    "traces": _Reads(),
    "sessions": _Reads(others=("traces",)),
    "llm_calls": _Reads(("span_summaries", CONTENT)),
    "ledger": _Reads(others=("run_results",)),
    "assessments_history": _Reads(
        ("logs", "span_facts", "span_evaluations", "assessments"), ("run_results",)
    ),
    "assessments": _Reads(others=("assessments_history",)),
    # And `runs`, of the catalog.
    "unscored": _Reads(others=("traces", "ledger")),
    "redactions": _Reads(("span_redactions", "log_redactions", "metric_redactions")),
}
# What else the views here bring with them.
_BROUGHT: Mapping[str, str] = {
    "live": "traces",
    "kept": "traces",
    "calls": "llm_calls",
    "run_verdicts": "run_results",
    "is_unanswered": "run_results",
    "sample_position": "ledger",
}
_STORED = frozenset({*stored_views(), CONTENT})

_WORD = re.compile(r"\w+")
# What may need any of them: what lists them, and a transaction, which can take back what is made
# within.
_ALL = frozenset(
    {
        *("information_schema", "duckdb_views", "duckdb_tables", "duckdb_columns"),
        *("pg_catalog", "sqlite_master", "pragma", "show", "describe"),
        *("begin", "transaction"),
    }
)
_SUMS = frozenset({"traces", "live", "kept", "llm_calls", "calls", "sessions", "unscored"})
# What reads more than what is kept of traces.
_OTHERS = frozenset({*_VIEWS, *_BROUGHT, "lake"}) - {"traces", "kept"}


class LazyViews:
    """The views of one connection, over its stored ones.

    root: of the data directory, whose kept sums `live` is to use. A query's views are made by
    `sums_up`, which tells whether `live` has to be in step, and then `make_for`.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        root: Path,
        stored: StoredViews | EmptyTables,
    ) -> None:
        self._connection = connection
        self._stored = stored
        self._made: set[str] = set()
        self._sums_up = False
        self.are_all_made = False
        self.live = LiveScope(connection, root, stored)

    def reads_kept_alone(self, query: str) -> bool:
        """Whether a query reads no view but `traces`, and what it shows is kept."""
        words = _words(query)
        return self.live.has_kept and "traces" in words and not words & _OTHERS

    def sums_up(self, query: str) -> bool:
        """Whether traces are summed up, which they are from the first query on that needs it."""
        if not self._sums_up and _words(query) & (_SUMS | _ALL):
            self._start_sums()
        return self._sums_up

    def make_for(self, query: str) -> None:
        """Make the views that a query may name."""
        if self.are_all_made:
            return
        words = _words(query)
        if words & _ALL:
            self.make_all()
            return
        self._stored.make(words & _STORED)
        for view in _VIEWS:
            if view in words:
                self._make(view)
        for name, view in _BROUGHT.items():
            if name in words:
                self._make(view)

    def make_all(self) -> None:
        """Make all that are missing."""
        self._stored.make(_STORED)
        for view in _VIEWS:
            self._make(view)
        self.are_all_made = True

    def _make(self, view: str) -> None:
        """Make a view, and before it what it reads."""
        if view in self._made:
            return
        reads = _VIEWS[view]
        for other in reads.others:
            self._make(other)
        self._stored.make(reads.stored)
        match view:
            case "traces":
                self._start_sums()
                self.live.show("traces")
            case "llm_calls":
                self._start_sums()
                self.live.show("lake.calls")
                define_calls(self._connection)
            case _:
                define_views(self._connection, view)
        self._made.add(view)

    def _start_sums(self) -> None:
        if not self._sums_up:
            define_live(self._connection)
            self._sums_up = True


def _words(query: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(query)}
