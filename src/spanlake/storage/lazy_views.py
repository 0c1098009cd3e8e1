"""The views of a connection. Those of traces, calls and assessments take a while to make.

So they are made when a query first names one of them, or what lists all views.
"""

import re
from pathlib import Path

import duckdb

from spanlake.storage.live_views import define_sums
from spanlake.storage.summaries.live_scope import LiveScope
from spanlake.storage.views import define_calls, define_views, leave_content_out

_WORD = re.compile(r"\w+")
_LISTS = frozenset(
    {"information_schema", "duckdb_views", "duckdb_tables", "duckdb_columns", "show", "describe"}
)
_TRACES = frozenset({"traces", "live", "kept"})
_CALLS = frozenset({"llm_calls", "calls"})
_SESSIONS = frozenset({"sessions"})
_ASSESSMENTS = frozenset({"assessments", "assessments_history", "ledger"})
_REDACTIONS = frozenset({"redactions"})
# Over traces, assessments and the catalog's views.
_REASONS = frozenset({"unscored"})
_SUMS = _TRACES | _CALLS | _SESSIONS | _REASONS
# What reads the files of tables, whatever is kept.
_OF_FILES = frozenset({"spans", "logs", "metrics", "run_results", "lake", "live"})
_OTHERS = _OF_FILES | _CALLS | _SESSIONS | _ASSESSMENTS | _REDACTIONS | _REASONS


class LazyViews:
    """The views of one connection, over its stored ones, which must be there.

    root: of the data directory, whose kept sums `live` is to use. A query's views are made by
    `sums_up`, which tells whether `live` has to be in step, and then `make_for`.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, root: Path) -> None:
        self._connection = connection
        self._reads_logs = True
        self._made: set[str] = set()
        self._sums_up = False
        self.live = LiveScope(connection, root)
        define_views(connection, "span_content", "spans", "logs", "metrics", "run_results")

    def read_logs(self, *, there_are: bool) -> None:
        """Let spans say what their log records say of them; without any these are not asked."""
        if there_are != self._reads_logs:
            if there_are:
                define_views(self._connection, "span_content")
            else:
                leave_content_out(self._connection)
            self._reads_logs = there_are

    @property
    def are_all_made(self) -> bool:
        """Whether nothing is missing."""
        return self._made >= {"llm_calls", "sessions", "unscored", "redactions"}

    def reads_kept_alone(self, query: str) -> bool:
        """Whether a query reads no view but `traces`, and what it shows is kept."""
        words = _words(query)
        return self.live.has_kept and "traces" in words and not words & _OTHERS

    def sums_up(self, query: str) -> bool:
        """Whether traces are summed up, which they are from the first query on that needs it."""
        if not self._sums_up and _words(query) & (_SUMS | _LISTS):
            self._start_sums()
        return self._sums_up

    def make_for(self, query: str) -> None:
        """Make the views that a query may name."""
        if self.are_all_made:
            return
        words = _words(query)
        if words & (_TRACES | _SESSIONS | _REASONS | _LISTS):
            self._start_sums()
            self.live.show("traces")
        if words & (_CALLS | _LISTS):
            self._start_sums()
            self.live.show("lake.calls")
            self._make_calls()
        if words & (_SESSIONS | _LISTS):
            self._make("sessions")
        if words & (_ASSESSMENTS | _REASONS | _LISTS):
            self._make("ledger", "assessments_history", "assessments")
        if words & (_REASONS | _LISTS):
            self._make("unscored")
        if words & (_REDACTIONS | _LISTS):
            self._make("redactions")

    def make_all(self) -> None:
        """Make all that are missing."""
        self.make_for(" ".join(_LISTS))

    def _start_sums(self) -> None:
        if not self._sums_up:
            define_sums(self._connection)
            self._sums_up = True

    def _make_calls(self) -> None:
        if "llm_calls" not in self._made:
            define_calls(self._connection)
            self._made.add("llm_calls")

    def _make(self, *names: str) -> None:
        define_views(self._connection, *(name for name in names if name not in self._made))
        self._made.update(names)


def _words(query: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(query)}
