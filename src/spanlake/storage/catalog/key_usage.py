"""What was accepted with each key, by day: for its quota, and for whoever looks at it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from spanlake.storage.catalog.access_tables import API_KEY_USAGE, API_KEYS
from spanlake.storage.catalog.catalog import Catalog


class KeyUse(NamedTuple):
    """What was accepted with a key on a day since it was last noted. last_used_at: an aware time.

    day: in UTC, as YYYY-MM-DD.
    """

    key_id: str
    day: str
    requests: int
    bytes: int
    last_used_at: datetime


def note_use(catalog: Catalog, uses: Collection[KeyUse]) -> Mapping[tuple[str, str], int]:
    """Add what was accepted with keys; return by key and day its bytes, whoever took them."""
    columns = API_KEY_USAGE.c
    with catalog.writing() as connection:
        for use in uses:
            _add(connection, use)
        query = select(columns.key_id, columns.day, columns.bytes).where(
            columns.key_id.in_({use.key_id for use in uses}),
            columns.day.in_({use.day for use in uses}),
        )
        return {(row.key_id, row.day): row.bytes for row in connection.execute(query)}


def _add(connection: Connection, use: KeyUse) -> None:
    columns = API_KEY_USAGE.c
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    new = dialect.insert(API_KEY_USAGE).values(
        key_id=use.key_id, day=use.day, requests=use.requests, bytes=use.bytes
    )
    connection.execute(
        new.on_conflict_do_update(
            index_elements=[columns.key_id.name, columns.day.name],
            set_={
                "requests": columns.requests + new.excluded.requests,
                "bytes": columns.bytes + new.excluded.bytes,
            },
        )
    )
    is_later = or_(API_KEYS.c.last_used_at.is_(None), API_KEYS.c.last_used_at < use.last_used_at)
    connection.execute(
        update(API_KEYS)
        .where(API_KEYS.c.key_id == use.key_id, is_later)
        .values(last_used_at=use.last_used_at)
    )
