"""DuckDB connections, and what each of ours is told first."""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from mmap import mmap

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
# More than it takes to begin.
_FREE_BYTES, _FREE_FILES = 32 << 20, 4


def connect(*, threads: int | None = None, reads_ahead: bool = True) -> duckdb.DuckDBPyConnection:
    """A connection to an empty database in memory, with these settings.

    threads: cores that a query takes at most, this thread's included; None is all. reads_ahead:
    whether it has threads to wait for what it will read next. Raises OSError when the process has
    too little memory or too few file descriptors left.
    """
    _check_resources()
    # A thread of its own that begins without memory would end it, too: there are only those wanted.
    connection = duckdb.connect(config={"threads": 1, "async_threads": 0})
    for name, value in _SETTINGS.items():
        connection.execute(f"SET {name} = {str(value)!r}")
    if threads != 1:
        connection.execute("RESET threads" if threads is None else f"SET threads = {threads}")
    if reads_ahead:
        read_ahead(connection)
    return connection


def _check_resources() -> None:
    """Raise OSError where DuckDB, which cannot begin without, would end the process."""
    mmap(-1, _FREE_BYTES).close()
    with ExitStack() as opened:
        # Pipes, as whoever may open no file can have them.
        for _ in range(_FREE_FILES // 2):
            for end in os.pipe():
                opened.callback(os.close, end)


def read_ahead(connection: duckdb.DuckDBPyConnection) -> None:
    """Wait for several reads at once, as from a disk that is not in memory, or a network."""
    connection.execute("RESET async_threads")
