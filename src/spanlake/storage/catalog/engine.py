"""Connections to either database, so that what is committed is durable and nobody waits long."""

import os
import sqlite3
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from spanlake.storage.catalog.location import Location

_BUSY_SECONDS = 10.0
_CONNECT_SECONDS = "5"
# How long a query may wait on a network that has gone silent.
_SILENCE_MILLISECONDS = "10000"
_BEGIN = "spanlake_begin"


class Engines(NamedTuple):
    """Two views of one pool of connections: for queries, and for transactions that write."""

    read: Engine
    write: Engine

    def dispose(self) -> None:
        """Close every connection that is not in use."""
        self.write.dispose()


def make_engines(location: Location) -> Engines:
    """Connect lazily; what is wrong with the place shows at the first connection."""
    return _sqlite(location.file) if location.file else _postgres(location.url)


def _sqlite(file: Path) -> Engines:
    # sqlite3 shall not begin transactions by itself: it leaves out those that create tables.
    options = {"timeout": _BUSY_SECONDS, "isolation_level": None}
    # A connection costs microseconds, and one that is not held keeps no file open.
    engine = create_engine(_sqlite_url(file), poolclass=NullPool, connect_args=options)
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    # Whoever writes says so at once: a reader that turns writer may be refused without waiting.
    return Engines(engine, engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"}))


def _sqlite_url(file: Path) -> URL:
    if os.access(file.parent, os.W_OK) or Path(f"{file}-wal").exists():
        # A file that is gone is missed, and not made anew.
        options = {"mode": "rw"}
    else:
        # In a folder that cannot be written to, such as a backup, SQLite cannot make its log.
        options = {"mode": "ro", "immutable": "1"}
    database = f"file:{quote(str(file))}"
    return URL.create("sqlite+pysqlite", database=database, query={"uri": "true", **options})


def _set_pragmas(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


def _postgres(text: str) -> Engines:
    url = make_url(text).set(drivername="postgresql+psycopg")
    defaults = {
        "connect_timeout": _CONNECT_SECONDS,
        "tcp_user_timeout": _SILENCE_MILLISECONDS,
        "application_name": "spanlake",
    }
    engine = create_engine(
        url.set(query=defaults | dict(url.query)), pool_size=2, max_overflow=8, pool_pre_ping=True
    )
    read = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Engines(read, engine)
