"""Queues: labeling sessions with their questions and reviewers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import Connection, delete, insert, update

from spanlake.entities.access import Principal
from spanlake.entities.review import ItemContent, QueueRule, ReviewQueue
from spanlake.errors import UserError
from spanlake.storage.catalog.audit_log import deleted, record
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.insert import insert_new
from spanlake.storage.catalog.labels.queue_rows import find_queue, locked_queue, queues_of
from spanlake.storage.catalog.labels.schemas import find_schema
from spanlake.storage.catalog.labels.tables import (
    REVIEW_QUEUE_SCHEMAS,
    REVIEW_QUEUE_USERS,
    REVIEW_QUEUES,
)
from spanlake.storage.catalog.texts import check_name, check_prose

LONGEST_REVIEWER = 200
_LONGEST_NAME = 200
_LONGEST_DESCRIPTION = 4_000
_MOST_SCHEMAS = 50
_MOST_USERS = 500
_MOST_REVIEWS = 20
_CONTENTS = ("reference", "copy")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePlan:
    """How a queue is to be. schemas: names of questions, in the order they are asked.

    reviewers_per_item: None for 1; the rest is as in ReviewQueue.
    """

    name: str
    schemas: Sequence[str]
    description: str | None = None
    experiment: str | None = None
    content: ItemContent = "reference"
    assigned_users: Sequence[str] = ()
    reviewers_per_item: int | None = None
    rule: QueueRule | None = None
    created_by: str | None = None


def create_queue(catalog: Catalog, plan: QueuePlan) -> ReviewQueue:
    """Make a queue of a name that none has. Raises NotFoundError, UserError."""
    users = check_users(plan.assigned_users)
    asked = plan.reviewers_per_item or 1
    _check(plan, users, asked)
    rule = plan.rule
    with catalog.writing() as connection:
        schemas = [find_schema(connection, name) for name in dict.fromkeys(plan.schemas)]
        queue_id = f"q-{uuid4().hex}"
        made = connection.execute(
            insert_new(connection, REVIEW_QUEUES)
            .values(
                queue_id=queue_id,
                name=plan.name,
                description=plan.description or None,
                experiment=plan.experiment,
                content=plan.content,
                reviewers_per_item=asked,
                rule_filter=rule and rule.filter,
                rule_since=rule and rule.since,
                rule_sample=rule and rule.sample,
                rule_most_open=rule and rule.most_open,
                created_by=plan.created_by,
                created_at=datetime.now(UTC),
            )
            .returning(REVIEW_QUEUES.c.queue_id)
        ).scalar()
        if made is None:
            raise UserError(
                f"NAME is {plan.name!r}: must be new, and there is such a queue; choose another, "
                "or add to it with `spanlake queues add`"
            )
        connection.execute(
            insert(REVIEW_QUEUE_SCHEMAS),
            [
                {"queue_id": queue_id, "schema_id": each.schema_id, "position": at}
                for at, each in enumerate(schemas)
            ],
        )
        _assign(connection, queue_id, users)
        return find_queue(connection, queue_id)


def get_queue(catalog: Catalog, name: str) -> ReviewQueue:
    """A queue by its name or id. NotFoundError if there is none."""
    with catalog.reading() as connection:
        return find_queue(connection, name)


def list_queues(catalog: Catalog) -> list[ReviewQueue]:
    """Every queue, the newest first."""
    with catalog.reading() as connection:
        return queues_of(connection)


def assign_users(
    catalog: Catalog, name: str, users: Sequence[str], *, reviewers_per_item: int | None = None
) -> ReviewQueue:
    """Say anew who reviews, nobody in particular for none; what others did stays.

    reviewers_per_item: None leaves it. Raises NotFoundError, UserError.
    """
    checked = check_users(users)
    with catalog.writing() as connection:
        found = locked_queue(connection, name)
        asked = reviewers_per_item or found.reviewers_per_item
        _check_asked(asked, checked)
        of_queue = REVIEW_QUEUE_USERS.c.queue_id == found.queue_id
        connection.execute(delete(REVIEW_QUEUE_USERS).where(of_queue))
        _assign(connection, found.queue_id, checked)
        connection.execute(
            update(REVIEW_QUEUES)
            .where(REVIEW_QUEUES.c.queue_id == found.queue_id)
            .values(reviewers_per_item=asked)
        )
        return find_queue(connection, found.queue_id)


def close_queue(catalog: Catalog, name: str) -> ReviewQueue:
    """Take no more answers; a repeat is harmless. NotFoundError."""
    return _set_closed(catalog, name, datetime.now(UTC))


def reopen_queue(catalog: Catalog, name: str) -> ReviewQueue:
    """Take answers again. NotFoundError."""
    return _set_closed(catalog, name, None)


def delete_queue(catalog: Catalog, name: str, *, actor: Principal | None = None) -> None:
    """Remove a queue with its items and answers; the assessments they became stay.

    actor: for the audit log; None is whoever is on this machine. NotFoundError.
    """
    with catalog.writing() as connection:
        found = locked_queue(connection, name)
        connection.execute(delete(REVIEW_QUEUES).where(REVIEW_QUEUES.c.queue_id == found.queue_id))
        record(connection, deleted(actor, "queue", found.name))


def check_users(users: Sequence[str]) -> list[str]:
    """The names, each once. UserError for what is none."""
    if isinstance(users, str):
        raise UserError(f"assigned_users is {users!r}: must be a list of names; write one")
    for each in users:
        check_name("the name of a reviewer", each, longest=LONGEST_REVIEWER)
    if len(users) > _MOST_USERS:
        raise UserError(f"assigned_users are {len(users)}: must be at most {_MOST_USERS}")
    return list(dict.fromkeys(users))


def _check(plan: QueuePlan, users: Sequence[str], asked: int) -> None:
    check_name("NAME", plan.name, longest=_LONGEST_NAME)
    if plan.description:
        check_prose("the description", plan.description, longest=_LONGEST_DESCRIPTION)
    if plan.experiment is not None:
        check_name("experiment", plan.experiment, longest=_LONGEST_NAME)
    if plan.created_by is not None:
        check_name("created_by", plan.created_by, longest=LONGEST_REVIEWER)
    if not 1 <= len(plan.schemas) <= _MOST_SCHEMAS:
        raise UserError(
            f"a queue of {len(plan.schemas)} questions: must have from 1 to {_MOST_SCHEMAS}; name "
            "them, as `spanlake schemas list` has them"
        )
    if plan.content not in _CONTENTS:
        raise UserError(f"content is {plan.content!r}: must be reference or copy; correct it")
    rule = plan.rule
    if rule is not None and not 0 < rule.sample <= 1:
        raise UserError(f"sample is {rule.sample}: must be above 0 and at most 1, such as 0.1")
    if rule is not None and rule.most_open < 1:
        raise UserError(f"most_open is {rule.most_open}: must be 1 or more; correct it")
    _check_asked(asked, users)


def _check_asked(asked: int, users: Sequence[str]) -> None:
    most = len(users) or _MOST_REVIEWS
    if not 1 <= asked <= most:
        reason = f"{', '.join(users)} are assigned" if users else "more never read the same"
        raise UserError(
            f"reviewers_per_item is {asked}: must be from 1 to {most}, as {reason}; correct it"
        )


def _assign(connection: Connection, queue_id: str, users: Sequence[str]) -> None:
    rows = [
        {"queue_id": queue_id, "reviewer": name, "position": at} for at, name in enumerate(users)
    ]
    if rows:
        connection.execute(insert(REVIEW_QUEUE_USERS), rows)


def _set_closed(catalog: Catalog, name: str, moment: datetime | None) -> ReviewQueue:
    with catalog.writing() as connection:
        found = locked_queue(connection, name)
        if (found.closed_at is None) != (moment is None):
            connection.execute(
                update(REVIEW_QUEUES)
                .where(REVIEW_QUEUES.c.queue_id == found.queue_id)
                .values(closed_at=moment)
            )
        return find_queue(connection, found.queue_id)
