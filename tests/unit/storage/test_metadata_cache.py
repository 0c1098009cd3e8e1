from pathlib import Path
from shutil import copy

import duckdb
import pytest
from rows import span, write

from spanlake.storage.layout import Layout
from spanlake.storage.metadata_cache import trim_metadata
from spanlake.storage.settings import connect

_FILES = 12
_LIMIT = "SELECT current_setting('memory_limit')"
_READ = "SELECT max(name) FROM read_parquet(?)"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """The same commit under many names."""
    write(tmp_path / "data", span("a"))
    (one,) = Layout(tmp_path / "data").hot_files("spans")
    return [str(copy(one, tmp_path / f"{number}.parquet")) for number in range(_FILES)]


def kept(connection: duckdb.DuckDBPyConnection) -> int:
    """The bytes that DuckDB keeps of what it has read."""
    sizes = connection.execute("SELECT tag, memory_usage_bytes FROM duckdb_memory()").fetchall()
    return int(dict(sizes)["OBJECT_CACHE"])


@pytest.mark.parametrize("limit", [None, "512MB"])
def test_what_is_kept_of_files_is_bounded(files: list[str], limit: str | None) -> None:
    """Above its bound the older half of the metadata goes, and the memory limit stays as it was."""
    with connect() as connection:
        if limit is not None:
            connection.execute(f"SET memory_limit = '{limit}'")
        before = connection.execute(_LIMIT).fetchall()
        connection.execute(_READ, [files]).fetchall()
        whole = kept(connection)

        trim_metadata(connection, most=whole, limit=limit)
        assert kept(connection) == whole

        trim_metadata(connection, most=whole - 1, limit=limit)
        assert 0 < kept(connection) < 0.75 * whole
        assert connection.execute(_LIMIT).fetchall() == before
        assert connection.execute(_READ, [files]).fetchall() == [("a",)]
