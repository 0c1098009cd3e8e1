"""DuckDB connections, and what each of ours is told first."""

from collections.abc import Mapping

import duckdb

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


def connect() -> duckdb.DuckDBPyConnection:
    """A connection to an empty database in memory, with these settings."""
    connection = duckdb.connect()
    for name, value in _SETTINGS.items():
        connection.execute(f"SET {name} = {str(value)!r}")
    return connection
