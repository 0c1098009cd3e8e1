"""Queries that people keep under a name, for everyone who reads the same lake."""

from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from uuid import uuid4

from sqlalchemy import delete, func, select, update

from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.insert import insert_new
from spanlake.storage.catalog.saved_query_tables import SAVED_QUERIES
from spanlake.storage.catalog.texts import check_name, check_prose

MAX_SAVED = 1_000
"""How many there may be: they are a list that people read."""

_LONGEST_NAME = 200
_LONGEST_QUERY = 100_000
_C = SAVED_QUERIES.c


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedQuery:
    """A query by its name, which no other has. query: as it was typed; nobody has checked it."""

    query_id: str
    name: str
    query: str
    created_at: datetime
    updated_at: datetime


def save_query(catalog: Catalog, name: str, query: str) -> SavedQuery:
    """Keep a query, in the place of the one of this name. Raises UserError."""
    check_name("the name of the query", name, longest=_LONGEST_NAME)
    text = query.strip().replace("\r\n", "\n")
    check_prose("the query", text, longest=_LONGEST_QUERY)
    now = datetime.now(UTC)
    with catalog.writing() as connection:
        is_known = connection.execute(select(_C.query_id).where(_C.name == name)).first()
        count = connection.execute(select(func.count()).select_from(SAVED_QUERIES)).scalar_one()
        if is_known is None and count >= MAX_SAVED:
            raise UserError(f"{count:,} queries are saved: no more are possible; delete some")
        # Whoever saves under the same name at the same time may have been first.
        connection.execute(
            insert_new(connection, SAVED_QUERIES).values(
                query_id=uuid4().hex, name=name, query=text, created_at=now, updated_at=now
            )
        )
        connection.execute(
            update(SAVED_QUERIES).where(_C.name == name).values(query=text, updated_at=now)
        )
    return get_query(catalog, name)


def get_query(catalog: Catalog, reference: str) -> SavedQuery:
    """The query of this id, or of this name. NotFoundError."""
    with catalog.reading() as connection:
        rows = connection.execute(
            select(SAVED_QUERIES).where((_C.query_id == reference) | (_C.name == reference))
        ).all()
        names = connection.execute(select(_C.name)).scalars().all()
    found = [SavedQuery(**row._asdict()) for row in rows]
    if found:
        # A name may be the id of another: the id counts, for nobody chooses it.
        return next((each for each in found if each.query_id == reference), found[0])
    near = get_close_matches(reference, names, n=1)
    next_step = f"did you mean {near[0]!r}?" if near else "the SQL page lists them"
    raise NotFoundError(f"the query is {reference!r}: none is saved so; {next_step}")


def list_queries(catalog: Catalog) -> list[SavedQuery]:
    """Every saved query, by name."""
    with catalog.reading() as connection:
        rows = connection.execute(select(SAVED_QUERIES).order_by(func.lower(_C.name), _C.name))
        return [SavedQuery(**row._asdict()) for row in rows]


def delete_query(catalog: Catalog, reference: str) -> SavedQuery:
    """Forget a query, by its id or name; what it was. NotFoundError."""
    found = get_query(catalog, reference)
    with catalog.writing() as connection:
        connection.execute(delete(SAVED_QUERIES).where(_C.query_id == found.query_id))
    return found
