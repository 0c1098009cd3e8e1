from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import PostgresServer, find_programs

from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.location import Location, default_location


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server for all tests."""
    pytest.importorskip("psycopg", reason="psycopg is not installed: pip install -e '.[dev]'")
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: `just slow-tools` installs it")
    with PostgresServer(programs) as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    """Where there is no catalog yet: in each of the databases that can hold one."""
    if request.param == "sqlite":
        return default_location(tmp_path)
    server: PostgresServer = request.getfixturevalue("postgres")
    return Location.of_url(server.new_database())


@pytest.fixture
def catalog(location: Location) -> Iterator[Catalog]:
    """A new catalog."""
    with Catalog.open(location) as opened:
        yield opened
