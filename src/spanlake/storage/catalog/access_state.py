"""The one row by which servers find out that a key, a user or a sign-in has changed."""

from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select, update

from spanlake.storage.catalog.access_tables import ACCESS_STATE
from spanlake.storage.catalog.catalog import Catalog


class AccessState(NamedTuple):
    """revision: goes up with every change. is_in_use: there has been a key or a user."""

    revision: int
    cookie_secret: str
    is_in_use: bool


def access_state(connection: Connection) -> AccessState:
    """What the row says now."""
    row = connection.execute(select(ACCESS_STATE)).one()
    return AccessState(row.revision, row.cookie_secret, row.in_use_since is not None)


def is_access_in_use(catalog: Catalog) -> bool:
    """Whether there has been a key or a user. CatalogError."""
    with catalog.reading() as connection:
        return access_state(connection).is_in_use


def access_changed(connection: Connection) -> None:
    """Tell servers to read keys, users and sign-ins anew, once the transaction ends."""
    connection.execute(update(ACCESS_STATE).values(revision=ACCESS_STATE.c.revision + 1))


def access_in_use(connection: Connection) -> None:
    """Note that there is a key or a user, which holds for ever, and tell servers."""
    since = func.coalesce(ACCESS_STATE.c.in_use_since, datetime.now(UTC))
    connection.execute(
        update(ACCESS_STATE).values(in_use_since=since, revision=ACCESS_STATE.c.revision + 1)
    )
