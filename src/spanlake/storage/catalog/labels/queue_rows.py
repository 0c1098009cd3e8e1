"""Queues read from the catalog, within a transaction, with how far each is."""

from collections import defaultdict
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Connection, ScalarSelect, Select, case, func, select, update

from spanlake.entities.label_schema import LabelSchema
from spanlake.entities.review import QueueCounts, QueueRule, ReviewQueue
from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.labels.schemas import schemas_with_ids
from spanlake.storage.catalog.labels.tables import (
    REVIEW_ITEMS,
    REVIEW_QUEUE_SCHEMAS,
    REVIEW_QUEUE_USERS,
    REVIEW_QUEUES,
    REVIEWS,
)


def find_queue(connection: Connection, name: str, *, is_counted: bool = True) -> ReviewQueue:
    """A queue by its name or id. NotFoundError if there is none.

    is_counted: else its counts are 0, which is quicker.
    """
    found = queues_of(connection, name=name, is_counted=is_counted)
    if found:
        return found[0]
    names = [row.name for row in connection.execute(select(REVIEW_QUEUES.c.name))]
    near = get_close_matches(name, names, n=1)
    step = f"did you mean {near[0]!r}?" if near else "`spanlake queues list` shows them"
    raise NotFoundError(f"QUEUE is {name[:80]!r}: no queue is called so; {step}")


def locked_queue(connection: Connection, name: str) -> ReviewQueue:
    """The same without counts, for whoever changes what is in it: one at a time. NotFoundError."""
    connection.execute(
        update(REVIEW_QUEUES)
        .where((REVIEW_QUEUES.c.queue_id == name) | (REVIEW_QUEUES.c.name == name))
        .values(name=REVIEW_QUEUES.c.name)
    )
    return find_queue(connection, name, is_counted=False)


def open_queue(connection: Connection, name: str) -> ReviewQueue:
    """A locked queue that takes answers. Raises NotFoundError, and UserError for one closed."""
    found = locked_queue(connection, name)
    if found.closed_at is not None:
        raise UserError(
            f"QUEUE is {found.name!r}: must be open, and it was closed; open it again first"
        )
    return found


def queues_of(
    connection: Connection, *, name: str | None = None, is_counted: bool = True
) -> list[ReviewQueue]:
    """Every queue, or that of a name or id; the newest first."""
    query = select(REVIEW_QUEUES).order_by(REVIEW_QUEUES.c.created_at.desc(), REVIEW_QUEUES.c.name)
    if name is not None:
        query = query.where((REVIEW_QUEUES.c.queue_id == name) | (REVIEW_QUEUES.c.name == name))
    rows = connection.execute(query).all()
    ids = [row.queue_id for row in rows]
    users, schemas = _users(connection, ids), _schemas(connection, ids)
    counts = _counts(connection, ids) if is_counted else {}
    return [
        ReviewQueue(
            queue_id=row.queue_id,
            name=row.name,
            description=row.description,
            experiment=row.experiment,
            content=row.content,
            assigned_users=tuple(users[row.queue_id]),
            reviewers_per_item=row.reviewers_per_item,
            schemas=tuple(schemas[row.queue_id]),
            rule=None
            if row.rule_filter is None
            else QueueRule(
                filter=row.rule_filter,
                since=row.rule_since,
                sample=row.rule_sample,
                most_open=row.rule_most_open,
            ),
            counts=counts.get(row.queue_id, QueueCounts()),
            created_by=row.created_by,
            created_at=row.created_at,
            closed_at=row.closed_at,
        )
        for row in rows
    ]


def items_with_status() -> Select[Any]:
    """Items, with their status and how many reviewers completed and declined each."""
    done, gone = _reviews("complete"), _reviews("declined")
    asked = REVIEW_QUEUES.c.reviewers_per_item
    status = case(
        (done >= asked, "complete"),
        (done + gone >= asked, "declined"),
        ((_reviews("skipped") > 0) & (done + gone + _reviews("pending") == 0), "skipped"),
        else_="pending",
    )
    return select(
        REVIEW_ITEMS, done.label("complete"), gone.label("declined"), status.label("status")
    ).join(REVIEW_QUEUES)


def _reviews(status: str) -> ScalarSelect[int]:
    """How many reviews of an item have a status; looked up item by item, by the primary key."""
    return (
        select(func.count())
        .where(REVIEWS.c.item_id == REVIEW_ITEMS.c.item_id, REVIEWS.c.status == status)
        .correlate(REVIEW_ITEMS)
        .scalar_subquery()
    )


def _users(connection: Connection, ids: list[str]) -> dict[str, list[str]]:
    query = select(REVIEW_QUEUE_USERS).where(REVIEW_QUEUE_USERS.c.queue_id.in_(ids))
    found = defaultdict[str, list[str]](list)
    for row in connection.execute(query.order_by(REVIEW_QUEUE_USERS.c.position)):
        found[row.queue_id].append(row.reviewer)
    return found


def _schemas(connection: Connection, ids: list[str]) -> dict[str, list[LabelSchema]]:
    query = select(REVIEW_QUEUE_SCHEMAS).where(REVIEW_QUEUE_SCHEMAS.c.queue_id.in_(ids))
    rows = connection.execute(query.order_by(REVIEW_QUEUE_SCHEMAS.c.position)).all()
    found = defaultdict[str, list[LabelSchema]](list)
    schemas = schemas_with_ids(connection, [row.schema_id for row in rows])
    for row, schema in zip(rows, schemas, strict=True):
        found[row.queue_id].append(schema)
    return found


def _counts(connection: Connection, ids: list[str]) -> dict[str, QueueCounts]:
    items = items_with_status().where(REVIEW_ITEMS.c.queue_id.in_(ids)).subquery()
    query = select(items.c.queue_id, items.c.status, func.count().label("number"))
    found = defaultdict[str, dict[str, int]](dict)
    for row in connection.execute(query.group_by(items.c.queue_id, items.c.status)):
        found[row.queue_id][row.status] = row.number
    return {
        queue_id: QueueCounts(items=sum(by_status.values()), **by_status)
        for queue_id, by_status in found.items()
    }
