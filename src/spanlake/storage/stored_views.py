"""The schema `lake`: views over the files of tables, of all columns and narrow ones of some.

To make one takes DuckDB milliseconds, so each is made when something is about to read it.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from string import Template

import duckdb
import pyarrow as pa

from spanlake.storage.parquet_scan import column_types, file_names, no_rows, schema_literal
from spanlake.storage.schema import TABLES
from spanlake.storage.sql_text import sql_text
from spanlake.storage.views import define_content, stored_schema, stored_views

CONTENT = "span_content"
"""What log records say of spans: a view as well, over narrow ones."""
_CONTENT_READS = ("log_content", "span_facts")
# When a row came.
_CAME = ("received_at", "created_at")


class StoredViews:
    """Those of one connection, in its schema `lake`. For one thread.

    as_of: only what had been received by then is in them.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, *, as_of: datetime | None = None
    ) -> None:
        self._connection = connection
        self._as_of = as_of
        self._has_files = dict.fromkeys(TABLES, False)
        self._made: set[str] = set()

    def set_files(self, table: str, stored: Sequence[Path]) -> None:
        """Say which files hold the rows of a table: a query reads those that were named last.

        stored: from the last written on; a query for the newest rows then has a bound for the
        others.
        """
        self._name_files(table, stored)
        if bool(stored) != self._has_files[table]:
            self._has_files[table] = bool(stored)
            for view in self._made:
                if view in stored_views() and stored_views()[view] == table:
                    self._define(view)
            if table == "logs" and CONTENT in self._made:
                self._define_content()

    @contextmanager
    def only_files(self, table: str, stored: Sequence[Path]) -> Iterator[None]:
        """Let the rows of a table be those of some of its files for a while."""
        name = _variable(table)
        # Kept where it is: to name ten thousand files takes longer than most questions.
        self._connection.execute(f"SET VARIABLE {name}_all = getvariable('{name}')")
        self._name_files(table, stored)
        try:
            yield
        finally:
            self._connection.execute(f"SET VARIABLE {name} = getvariable('{name}_all')")

    def make(self, views: Iterable[str]) -> None:
        """Make those of these views that are not there yet."""
        for view in views:
            if view in self._made:
                continue
            if view == CONTENT:
                self._define_content()
            else:
                self._define(view)
            self._made.add(view)

    def _name_files(self, table: str, stored: Sequence[Path]) -> None:
        names = file_names(stored)
        self._connection.execute(f"SET VARIABLE {_variable(table)} = $names", {"names": names})

    def _define(self, view: str) -> None:
        table, schema = stored_views()[view], stored_schema(view)
        types = column_types(self._connection, schema)
        if not self._has_files[table]:
            self._connection.execute(f"CREATE OR REPLACE VIEW lake.{view} AS {no_rows(types)}")
            return
        condition = "true"
        came = next((name for name in _CAME if name in TABLES[table].names), None)
        if self._as_of is not None and came is not None:
            types[came] = "TIMESTAMP WITH TIME ZONE"
            condition = f"{came} <= '{self._as_of.isoformat()}'"
        statement = Template(sql_text("views/stored")).substitute(
            view=view,
            columns=", ".join(schema.names),
            files=_variable(table),
            schema=schema_literal(types),
            condition=condition,
        )
        self._connection.execute(statement)

    def _define_content(self) -> None:
        # Without any log records they are not asked.
        if reads_logs := self._has_files["logs"]:
            self.make(_CONTENT_READS)
        define_content(self._connection, "lake", reads_logs=reads_logs)


class EmptyTables:
    """Empty tables in the places of stored views, of which log records say nothing."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._made: set[str] = set()

    def make(self, views: Iterable[str]) -> None:
        """Make those of these tables that are not there yet."""
        for view in set(views) - self._made:
            if view == CONTENT:
                define_content(self._connection, "lake", reads_logs=False)
            else:
                rows = pa.Table.from_batches([], schema=stored_schema(view))
                self._connection.from_arrow(rows).create(f"lake.{view}")
            self._made.add(view)


def _variable(table: str) -> str:
    return f"spanlake_{table}_files"
