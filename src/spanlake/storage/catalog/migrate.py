"""Migrations: a catalog is made, or brought up to this version, by one process at a time."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, bindparam, inspect, text

from spanlake.storage.catalog.engine import Engines
from spanlake.storage.catalog.failure import CatalogError
from spanlake.storage.catalog.location import Location
from spanlake.storage.catalog.new_catalog import is_empty, make_new
from spanlake.storage.durable import sync_folder

if TYPE_CHECKING:
    from alembic.config import Config

NEWEST = "0008"
"""The last of the migrations, which a catalog of this version has been through."""

VERSION_TABLE = "spanlake_schema"
"""The table in which Alembic notes the version; other programs have theirs beside it."""

_MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK = text("SELECT pg_advisory_xact_lock(:key)").bindparams(
    bindparam("key", int.from_bytes(b"spanlake"))
)


# Alembic keeps the migration that runs in its modules: a second one beside it, be it of another
# catalog, would use the connection of the first.
_MIGRATING = threading.Lock()


def bring_up_to_date(engines: Engines, location: Location) -> None:
    """Leave the catalog as this version needs it; CatalogError if a newer one has changed it.

    All of it is one transaction: whoever is killed in the middle leaves the catalog as it was.
    """
    if location.exists and _version_of(engines.read) == NEWEST:
        return
    with _alone(engines.write, location) as connection:
        if location.file and is_empty(connection):
            make_new(connection)
        elif (version := _version(connection)) != NEWEST:
            _migrate(connection, version, location)


def _migrate(connection: Connection, version: str | None, location: Location) -> None:
    # Most programs find an up to date catalog or none, and are spared half a second of loading.
    from alembic import command
    from alembic.script import ScriptDirectory

    with _MIGRATING:
        config = migrations()
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if version is not None and version not in known:
            raise CatalogError(
                f"the catalog is {location}, of schema {version}: this version of Spanlake knows "
                f"them up to {NEWEST}; upgrade Spanlake, as whoever changed the catalog has"
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def migrations() -> "Config":
    """Alembic's configuration, without a connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _version_of(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return _version(connection)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version: str | None = connection.execute(
        text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608  # a constant
    ).scalar()
    return version


@contextmanager
def _alone(engine: Engine, location: Location) -> Iterator[Connection]:
    """A transaction that no other process migrates beside."""
    if location.file:
        with _file_lock(Path(f"{location.file}.lock")):
            _make_file(engine, location.file)
            with engine.connect() as connection:
                # A table that is changed is copied, and the one that goes must take nothing along.
                # The connection is not used for anything else.
                connection.connection.cursor().execute("PRAGMA foreign_keys = OFF")
                with connection.begin():
                    yield connection
    else:
        with engine.begin() as connection:
            connection.execute(_LOCK)
            yield connection


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _make_file(engine: Engine, file: Path) -> None:
    """Make the file, unless it is there, durably; what SQLite puts beside it has its permissions.

    With its write-ahead log readers and a writer do not wait for each other. To turn it on is the
    one thing for which SQLite does not wait until nobody else is there.
    """
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640))
    sync_folder(file.parent)
    with closing(engine.raw_connection()) as connection:
        connection.cursor().execute("PRAGMA journal_mode = WAL")
