"""What DuckDB keeps of each Parquet file it has read, also when the file is long gone.

It forgets some when its memory is full, and not before; a server lives longer than that takes.
"""

from contextlib import suppress

import duckdb

# Of a file, some hundred kilobytes: enough for those of a lake of fifty million spans.
_MOST_BYTES = 256 << 20


def trim_metadata(
    connection: duckdb.DuckDBPyConnection, *, most: int = _MOST_BYTES, limit: str | None = None
) -> None:
    """Above `most` bytes of it, forget what was used longest ago, down to half as many.

    For when nobody reads an answer of the connection any more. limit: its memory_limit, unless that
    is DuckDB's own.
    """
    used = dict(
        connection.execute("SELECT tag, memory_usage_bytes FROM duckdb_memory()").fetchall()
    )
    kept = used["OBJECT_CACHE"]
    if kept <= most:
        return
    # A limit lower than what is used makes it forget; what a limit was cannot be read exactly.
    lower = sum(used.values()) - kept + most // 2
    with suppress(duckdb.OutOfMemoryException):  # too much is in use; another time
        connection.execute(f"SET memory_limit = '{lower}B'")
    connection.execute("RESET memory_limit" if limit is None else f"SET memory_limit = '{limit}'")
