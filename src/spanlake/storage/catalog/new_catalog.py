"""A new catalog in SQLite, made in one go as all migrations would leave it.

Alembic takes half a second to load, which a first start need not wait for. The statements are
new_catalog.sql; a test holds them against the migrations.
"""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import files
from secrets import token_urlsafe
from uuid import uuid4

from sqlalchemy import Connection, inspect


def is_empty(connection: Connection) -> bool:
    """Whether nobody has made a table yet."""
    return not inspect(connection).get_table_names()


def make_new(connection: Connection) -> None:
    """Make the tables, and the rows that every catalog begins with."""
    values = {
        "now": datetime.now(UTC).replace(tzinfo=None).isoformat(" ", "microseconds"),
        "experiment_id": uuid4().hex,
        "cookie_secret": token_urlsafe(32),
    }
    for statement in _statements():
        connection.exec_driver_sql(statement, values)


def _statements() -> Iterator[str]:
    # A trigger has semicolons inside, and SQLite knows where it ends.
    statement = ""
    text = files(__package__).joinpath("new_catalog.sql").read_text(encoding="utf-8")
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
