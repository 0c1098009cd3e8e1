"""The views of a connection. Those of traces, calls and assessments take a while to make.

So they are made when a query first names one of them, or what lists all views.
"""

import re

import duckdb

from spanlake.storage.live_views import define_sums
from spanlake.storage.views import define_views, leave_content_out

_WORD = re.compile(r"\w+")
_LISTS = frozenset(
    {"information_schema", "duckdb_views", "duckdb_tables", "duckdb_columns", "show", "describe"}
)
_SUMS = frozenset({"traces", "llm_calls", "sessions", "live", "kept", "calls"})
_ASSESSMENTS = frozenset({"assessments", "assessments_history", "ledger"})
_REDACTIONS = frozenset({"redactions"})
# Over those and the catalog's.
_REASONS = frozenset({"unscored"})


class LazyViews:
    """The views of one connection, over its stored ones, which must be there."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._reads_logs = True
        self.has_sums = False
        self._has_assessments = False
        self._has_reasons = False
        self._has_redactions = False
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
        return (
            self._has_redactions and self.has_sums and self._has_assessments and self._has_reasons
        )

    def make_for(self, query: str) -> None:
        """Make the views that a query may name."""
        if self.are_all_made:
            return
        words = {word.lower() for word in _WORD.findall(query)}
        if words & (_SUMS | _LISTS):
            self._make_sums()
        if words & (_ASSESSMENTS | _LISTS):
            self._make_assessments()
        if words & (_REASONS | _LISTS):
            self._make_reasons()
        if words & (_REDACTIONS | _LISTS):
            self._make_redactions()

    def make_all(self) -> None:
        """Make all that are missing."""
        self._make_reasons()
        self._make_redactions()

    def _make_sums(self) -> None:
        if not self.has_sums:
            define_sums(self._connection)
            define_views(self._connection, "call_texts", "llm_calls", "sessions")
            self.has_sums = True

    def _make_assessments(self) -> None:
        if not self._has_assessments:
            define_views(self._connection, "ledger", "assessments_history", "assessments")
            self._has_assessments = True

    def _make_redactions(self) -> None:
        if not self._has_redactions:
            define_views(self._connection, "redactions")
            self._has_redactions = True

    def _make_reasons(self) -> None:
        if not self._has_reasons:
            self._make_sums()
            self._make_assessments()
            define_views(self._connection, "unscored")
            self._has_reasons = True
