"""A lake in which a stranger's query runs: it sees the views, and cannot change or reach more."""

from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

from spanlake.errors import UserError
from spanlake.storage.catalog.location import Location
from spanlake.storage.condition import literal
from spanlake.storage.lake import Lake
from spanlake.storage.query import view_columns
from spanlake.storage.sandbox.admission import admit
from spanlake.storage.sandbox.jail import limit_resources, table_folders

_MIB = 1 << 20
_NOWHERE = "/nonexistent/catalog.sqlite"

Fetch = Callable[[Sequence[str]], dict[str, str]]
"""The rows of views that are not made of files: for each name, a JSON array of objects."""


class SandboxError(UserError):
    """The sandbox could not be closed, so nothing ran in it."""


class Sandbox:
    """One lake for one query, in a process that does nothing else before or after.

    memory: bytes that DuckDB may take. seconds: how long the query may run.
    """

    def __init__(self, root: Path, *, memory: int, seconds: float, threads: int = 2) -> None:
        # The catalog is not read from here: where it is does not matter.
        self._lake = Lake(root, Location(file=Path(_NOWHERE)))
        self._memory = memory
        self._seconds = seconds
        self._threads = threads

    def run(self, query: str, fetch: Fetch) -> duckdb.DuckDBPyRelation:
        """The answer to a query, which runs when it is read. Once, as the doors then are closed.

        fetch: of the views that only somebody outside can read. QueryError for a query that may
        not run; SandboxError, duckdb.Error.
        """
        admitted = admit(query, view_columns(self._lake))
        self._take_in(admitted.views, fetch)
        self._close()
        limit_resources(memory=2 * self._memory, cpu_seconds=int(self._seconds * self._threads) + 2)
        relation: duckdb.DuckDBPyRelation = self._lake.sql(admitted.sql)
        return relation

    def _take_in(self, named: frozenset[str], fetch: Fetch) -> None:
        """Have tables in the place of the views that are read through Python."""
        listed = self._lake.sql(
            "SELECT view_name FROM duckdb_views() WHERE temporary AND NOT internal"
        ).fetchall()
        outside = [name for (name,) in listed if name in named]
        for name, rows in (fetch(outside) if outside else {}).items():
            columns = self._lake.sql(f"DESCRIBE {name}").fetchall()
            shape = "{" + ", ".join(f'"{each[0]}": "{each[1]}"' for each in columns) + "}"
            self._lake.sql(
                f"CREATE TEMP TABLE taken_in AS SELECT each.* FROM (SELECT"  # noqa: S608  # of views of ours
                f" unnest(from_json($rows::JSON, {literal(f'[{shape}]')})) AS each)",
                {"rows": rows},
            )
            self._lake.sql(f"DROP VIEW {name}")
            self._lake.sql(f"ALTER TABLE taken_in RENAME TO {name}")

    def _close(self) -> None:
        folders = table_folders(self._lake.layout.root)
        settings = {
            "threads": str(self._threads),
            "memory_limit": f"'{self._memory // _MIB}MiB'",
            "max_temp_directory_size": "'0KiB'",
            "allow_community_extensions": "false",
            "max_execution_time": str(int(self._seconds * 1000)),
            "allowed_directories": literal([f"{folder}/" for folder in folders]),
            "enable_external_access": "false",
            "lock_configuration": "true",
        }
        for name, value in settings.items():
            self._lake.sql(f"SET {name} = {value}")
        rows = self._lake.sql(
            "SELECT current_setting('enable_external_access'),"
            " current_setting('lock_configuration')"
        ).fetchall()
        if rows != [(False, True)]:
            raise SandboxError(f"the sandbox does not close: {rows}")
