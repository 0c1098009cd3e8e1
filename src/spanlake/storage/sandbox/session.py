"""A lake in which a stranger's query runs: it sees the views, and cannot change or reach more."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

from spanlake.errors import UserError
from spanlake.storage.catalog.location import Location
from spanlake.storage.condition import literal
from spanlake.storage.lake import Lake
from spanlake.storage.query import view_columns
from spanlake.storage.sandbox.admission import admit
from spanlake.storage.sandbox.jail import (
    limit_cpu_time,
    limit_resources,
    peak_memory,
    table_folders,
)

_MIB = 1 << 20
_NOWHERE = "/nonexistent/catalog.sqlite"
_WORD = re.compile(r"\w+")

Fetch = Callable[[Sequence[str]], dict[str, str]]
"""The rows of views that are not made of files: for each name, a JSON array of objects."""


class SandboxError(UserError):
    """The sandbox could not be closed, so nothing ran in it."""


class Sandbox:
    """One lake for strangers' queries, in a process that does nothing else.

    memory: bytes that DuckDB may take. seconds: how long a query may run. SandboxError if the doors
    do not close.
    """

    def __init__(self, root: Path, *, memory: int, seconds: float, threads: int = 2) -> None:
        # The catalog is not read from here: where it is does not matter.
        self._lake = Lake(root, Location(file=Path(_NOWHERE)))
        self._views = view_columns(self._lake)
        self._outside = self._read_through_python()
        self._reading = self._views_reading()
        self._taken_in: frozenset[str] = frozenset()
        self._memory = memory
        self._seconds = seconds
        self._threads = threads
        self._close()
        limit_resources(memory=2 * memory)
        self._most_held = peak_memory() + memory // 4

    @property
    def is_fit(self) -> bool:
        """Whether another query would have as much memory as this one had."""
        return peak_memory() < self._most_held

    def run(self, query: str, fetch: Fetch) -> duckdb.DuckDBPyRelation:
        """The answer to a query, which runs when it is read.

        fetch: of the views that only somebody outside can read. QueryError for a query that may
        not run; duckdb.Error.
        """
        limit_cpu_time(int(self._seconds * self._threads) + 2)
        admitted = admit(query, self._views)
        self._take_in(self._outside_of(admitted.views), fetch)
        relation: duckdb.DuckDBPyRelation = self._lake.sql(admitted.sql)
        return relation

    def _read_through_python(self) -> frozenset[str]:
        """The views that are not made of files, which become tables without rows."""
        listed = self._lake.rows(
            "SELECT view_name FROM duckdb_views() WHERE temporary AND NOT internal"
        )
        for (name,) in listed:
            columns = ", ".join(f'"{each}" {kind}' for each, kind in self._views[name].items())
            self._lake.sql(f"DROP VIEW {name}")
            self._lake.sql(f"CREATE TEMP TABLE {name} ({columns})")
        return frozenset(name for (name,) in listed)

    def _views_reading(self) -> dict[str, frozenset[str]]:
        """By view that is made of files, which of the others it reads."""
        made = self._lake.rows(
            "SELECT view_name, sql FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal"
        )
        return {name: self._outside & set(_WORD.findall(text)) for name, text in made}

    def _outside_of(self, named: frozenset[str]) -> frozenset[str]:
        """Those that a query over these views reads, and are not made of files."""
        return (named & self._outside).union(*(self._reading.get(each, ()) for each in named))

    def _take_in(self, named: frozenset[str], fetch: Fetch) -> None:
        """Have the rows that these views have now; those of an earlier query are gone."""
        for name in self._taken_in:
            self._lake.sql(f"TRUNCATE {name}")
        self._taken_in = named
        for name, rows in (fetch(sorted(named)) if named else {}).items():
            columns = self._views[name].items()
            shape = "{" + ", ".join(f'"{each}": "{kind}"' for each, kind in columns) + "}"
            self._lake.sql(
                f"INSERT INTO {name} SELECT each.* FROM (SELECT"  # noqa: S608  # of views of ours
                f" unnest(from_json($rows::JSON, {literal(f'[{shape}]')})) AS each)",
                {"rows": rows},
            )

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
        rows = self._lake.rows(
            "SELECT current_setting('enable_external_access'),"
            " current_setting('lock_configuration')"
        )
        if rows != [(False, True)]:
            raise SandboxError(f"the sandbox does not close: {rows}")
