"""The lake as SQL sees it: one DuckDB connection over the files of a data directory."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from spanlake.storage.catalog.location import Location, check_directory, find_location
from spanlake.storage.catalog.sql_views import define_catalog
from spanlake.storage.layout import Layout
from spanlake.storage.schema import TABLES
from spanlake.storage.views import define_macros, define_stored, define_views

_SETTINGS: Mapping[str, str | bool | int] = {
    "TimeZone": "UTC",
    # Nothing is fetched behind the user's back.
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    # A name in a query is a table, never a variable of the program around it.
    "python_enable_replacements": False,
    # A file that a deletion replaced is known by its time of change.
    "parquet_metadata_cache": True,
    # DuckDB does not know how many rows a view has: it shall not take them for a few.
    "nested_loop_join_threshold": 0,
}

Parameters = Sequence[object] | Mapping[str, object]


class Lake:
    """SQL over a data directory, while servers write to it or none runs. For one thread.

    catalog: where it is, if the directory's server has not noted it. NotFoundError when there is
    no such directory.
    """

    def __init__(self, root: Path, catalog: Location | None = None) -> None:
        check_directory(root)
        found = find_location(root, catalog)
        self.layout = Layout(root.absolute())
        self._connection = duckdb.connect()
        for name, value in _SETTINGS.items():
            self._connection.execute(f"SET {name} = {str(value)!r}")
        self._files: dict[str, list[Path]] = {}
        define_macros(self._connection)
        self._refresh()
        define_views(self._connection)
        define_catalog(self._connection, found)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection free. Safe to call twice."""
        self._connection.close()

    def interrupt(self) -> None:
        """Stop the query that another thread is waiting for."""
        self._connection.interrupt()

    def sql(self, query: str, params: Parameters | None = None) -> duckdb.DuckDBPyRelation:
        """Ask a question of everything that is stored now.

        Returns a DuckDB relation: .pl(), .df(), .arrow(), .fetchall(). params: for `?` or `$name`
        in the query. Raises duckdb.Error as DuckDB does.
        """
        self._refresh()
        return self._connection.sql(query, params=params)

    def _refresh(self) -> None:
        """Take a snapshot: from here on a query sees the files that are there now."""
        for table in TABLES:
            stored = self.layout.hot_files(table)
            if stored != self._files.get(table):
                define_stored(self._connection, table, stored)
                self._files[table] = stored
