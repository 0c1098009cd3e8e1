"""Rows that are new are inserted, and others left as they are, in each database's own words."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that does nothing for a row whose key is there already."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


def put(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, object]],
    *,
    replace: Collection[str],
) -> None:
    """Insert rows; of those whose key is there already, replace these columns."""
    if not rows:
        return
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    new = dialect.insert(table).values([dict(row) for row in rows])
    connection.execute(
        new.on_conflict_do_update(
            index_elements=[column.name for column in table.primary_key],
            set_={name: new.excluded[name] for name in replace},
        )
    )
