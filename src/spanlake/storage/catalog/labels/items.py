"""Items of queues: traces, spans of them, or whole sessions, each once in a queue."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, delete, func, insert, select

from spanlake.entities.review import ItemTarget, ReviewItem, ReviewStatus
from spanlake.errors import NotFoundError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.insert import insert_new
from spanlake.storage.catalog.labels.queue_rows import (
    find_queue,
    items_with_status,
    locked_queue,
    open_queue,
)
from spanlake.storage.catalog.labels.tables import REVIEW_COPIES, REVIEW_ITEMS, REVIEW_QUEUES

_BATCH = 500
_ITEMS = REVIEW_ITEMS.c


@dataclass(frozen=True, slots=True)
class NewItem:
    """What is to be reviewed. content: the copy, in a queue of such."""

    target: ItemTarget
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class AddedItems:
    """How many items came into a queue, and how many were there already."""

    added: int
    known: int


def open_targets(catalog: Catalog) -> tuple[list[str], list[str]]:
    """The ids of the traces, and of the sessions, that are in queues which are not closed."""
    query = select(_ITEMS.trace_id, _ITEMS.session_id).join(
        REVIEW_QUEUES, REVIEW_QUEUES.c.queue_id == _ITEMS.queue_id
    )
    with catalog.reading() as connection:
        rows = connection.execute(query.where(REVIEW_QUEUES.c.closed_at.is_(None))).all()
    # What an item has not is "".
    return sorted({row[0] for row in rows if row[0]}), sorted({row[1] for row in rows if row[1]})


def add_items(catalog: Catalog, name: str, items: Iterable[NewItem]) -> AddedItems:
    """Put items at the end of an open queue; those it has already stay where they are.

    Raises NotFoundError, UserError.
    """
    added = known = 0
    wanted = iter(items)
    with catalog.writing() as connection:
        queue_id = open_queue(connection, name).queue_id
        last = select(func.coalesce(func.max(_ITEMS.position), 0))
        position = connection.execute(last.where(_ITEMS.queue_id == queue_id)).scalar_one()
        while batch := list(islice(wanted, _BATCH)):
            for item in batch:
                is_new = _add(connection, queue_id, position + 1, item)
                position += is_new
                added += is_new
                known += not is_new
    return AddedItems(added, known)


def known_targets(catalog: Catalog, name: str) -> frozenset[ItemTarget]:
    """What all items of a queue are of. NotFoundError."""
    with catalog.reading() as connection:
        queue_id = find_queue(connection, name, is_counted=False).queue_id
        query = select(*(REVIEW_ITEMS.c[name] for name in ItemTarget._fields))
        rows = connection.execute(query.where(_ITEMS.queue_id == queue_id))
        return frozenset(target_of(row) for row in rows)


def list_items(
    catalog: Catalog,
    name: str,
    *,
    status: ReviewStatus | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[ReviewItem]:
    """Items of a queue in their order, all or those of a status. NotFoundError."""
    with catalog.reading() as connection:
        queue_id = find_queue(connection, name, is_counted=False).queue_id
        items = items_with_status().where(_ITEMS.queue_id == queue_id).subquery()
        query = select(items).order_by(items.c.position).limit(limit).offset(offset)
        if status is not None:
            query = query.where(items.c.status == status)
        return [item_of(row) for row in connection.execute(query)]


def get_item(catalog: Catalog, name: str, item_id: str) -> ReviewItem:
    """An item of a queue. NotFoundError."""
    with catalog.reading() as connection:
        return find_item(connection, name, item_id)


def read_copy(catalog: Catalog, item_id: str) -> bytes | None:
    """The copy that an item has; None in a queue of references."""
    query = select(REVIEW_COPIES.c.content).where(REVIEW_COPIES.c.item_id == item_id)
    with catalog.reading() as connection:
        content: bytes | None = connection.execute(query).scalar()
        return content


def remove_items(catalog: Catalog, name: str, item_ids: Sequence[str]) -> int:
    """Take items out with what was answered, but for assessments; how many there were."""
    with catalog.writing() as connection:
        queue_id = locked_queue(connection, name).queue_id
        gone = delete(REVIEW_ITEMS).where(
            _ITEMS.queue_id == queue_id, _ITEMS.item_id.in_(list(item_ids))
        )
        return connection.execute(gone).rowcount


def find_item(connection: Connection, name: str, item_id: str) -> ReviewItem:
    """An item of the queue of a name or id. NotFoundError."""
    query = items_with_status().where(_ITEMS.item_id == item_id)
    row = connection.execute(query).first()
    if row is not None and name != row.queue_id and row.queue_id != _id_of(connection, name):
        row = None
    if row is None:
        raise NotFoundError(
            f"ITEM is {item_id[:80]!r}: queue {name!r} has no such item; "
            "`spanlake queues items` shows them"
        )
    return item_of(row)


def item_of(row: Row[Any]) -> ReviewItem:
    """An item from a row of `items_with_status`."""
    values = dict(row._mapping)  # noqa: SLF001  # SQLAlchemy's name for it
    return ReviewItem(**values | target_of(row)._asdict())


def target_of(row: Row[Any]) -> ItemTarget:
    """What an item is of, from its row."""
    return ItemTarget(row.trace_id or None, row.span_id or None, row.session_id or None)


def _id_of(connection: Connection, name: str) -> str:
    return find_queue(connection, name, is_counted=False).queue_id


def _add(connection: Connection, queue_id: str, position: int, item: NewItem) -> bool:
    item_id = f"i-{uuid4().hex}"
    new = insert_new(connection, REVIEW_ITEMS).values(
        item_id=item_id,
        queue_id=queue_id,
        position=position,
        trace_id=item.target.trace_id or "",
        span_id=item.target.span_id or "",
        session_id=item.target.session_id or "",
        added_at=datetime.now(UTC),
    )
    made = connection.execute(new.returning(_ITEMS.item_id)).scalar()
    if made is not None and item.content is not None:
        connection.execute(insert(REVIEW_COPIES).values(item_id=item_id, content=item.content))
    return made is not None
