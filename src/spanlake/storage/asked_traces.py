"""Which traces a query asks for, and when their rows came: other files need not be opened.

What is kept of traces says when rows of each came. So one that is asked for by its id is looked for
in the files of that time alone, however many there are, and so are the texts of model calls.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime

import duckdb

from spanlake.storage.asked_rows import Asked, asked_rows
from spanlake.storage.call_texts import CALLS_VIEW, use_calls_of
from spanlake.storage.snapshot import TimeRange
from spanlake.storage.sql_text import sql_text
from spanlake.storage.views import define_asked_calls

# More calls are looked for among all that was said when they came.
_MOST_CALLS = 200_000
_ID = "trace_id"
# What tells some traces from all others.
_CHOOSES: Mapping[str, Collection[str]] = {
    "spans": {_ID},
    CALLS_VIEW: {
        _ID,
        "span_id",
        "session_id",
        "user_id",
        "response_id",
        "start_time",
        "end_time",
    },
}


def asked_traces(
    query: str, params: Sequence[object] | Mapping[str, object] | None
) -> Asked | None:
    """What a query of `spans` or `llm_calls` asks of the traces that it is about."""
    return asked_rows(query, params, _CHOOSES, limited=CALLS_VIEW)


class AskedTraces:
    """The traces that one query is about. For one thread.

    What is kept must be there, and `lake.calls` for a query of `llm_calls`.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._has_calls = False

    @contextmanager
    def chosen(self, asked: Asked) -> Iterator[TimeRange | None]:
        """When the rows of these traces came; None if they may be any.

        Within, `llm_calls` has the calls that are asked for, if they are few.
        """
        count = self._choose_calls(asked) if asked.view == CALLS_VIEW else 0
        are_few = 0 <= count <= _MOST_CALLS and asked.view == CALLS_VIEW
        traces = f"SELECT trace_id FROM lake.calls WHERE {asked.sql}"  # noqa: S608  # DuckDB wrote it
        try:
            if are_few:
                with use_calls_of(self._connection, "asked"):
                    yield self._received("trace_id IN (SELECT trace_id FROM asked.calls)")
            elif asked.is_limited or count < 0:
                yield None
            elif asked.columns == {_ID}:
                yield self._received(asked.sql, asked.params)
            else:
                with _one_moment(self._connection):
                    yield self._received(f"trace_id IN ({traces})", asked.params)
        finally:
            if are_few:
                with suppress(duckdb.Error):
                    self._connection.execute("TRUNCATE asked.calls")

    def _received(
        self, condition: str, params: Mapping[str, object] | None = None
    ) -> TimeRange | None:
        """From when to when rows came of the traces that meet a condition on their id."""
        query = sql_text("sums/asked_extent").replace("$condition", condition)
        try:
            first, last = self._connection.execute(query, params or None).fetchall()[0]
        except duckdb.InterruptException:
            raise
        except duckdb.Error:
            return None  # what is wrong with it the query itself will tell
        # Nothing is within this range, where there are no such traces.
        return TimeRange(1, 0) if first is None else TimeRange(_micros(first), _micros(last))

    def _choose_calls(self, asked: Asked) -> int:
        """Put calls that are asked for into `asked.calls`, and one more than there is room for.

        Returns how many that are; -1 for a query that DuckDB will refuse.
        """
        if not self._has_calls:
            define_asked_calls(self._connection)
            self._has_calls = True
        self._connection.execute("TRUNCATE asked.calls")
        found = f"FROM lake.calls WHERE {asked.sql}"
        try:
            row = self._connection.execute(
                f"INSERT INTO asked.calls BY NAME FROM ({found}) LIMIT {_MOST_CALLS + 1}",
                asked.params or None,
            ).fetchone()
        except duckdb.InterruptException:
            raise
        except duckdb.Error:
            return -1
        return int(row[0]) if row else -1


@contextmanager
def _one_moment(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let `now()` be the same for all that is asked within."""
    try:
        connection.begin()
    except duckdb.TransactionException:
        yield  # the user has begun one before
        return
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _micros(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)
