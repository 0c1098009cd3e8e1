"""Reviews: which item comes next, what was answered, and how each reviewer left it.

Reviewers are blind to each other: all that is read here is one reviewer's own.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select, update

from spanlake.entities.review import Answer, Review, ReviewItem, ReviewQueue, ReviewStatus
from spanlake.errors import UserError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.insert import insert_new, put
from spanlake.storage.catalog.labels.answers import check_answer, put_answer, read_review
from spanlake.storage.catalog.labels.items import find_item
from spanlake.storage.catalog.labels.queue_rows import (
    find_queue,
    items_with_status,
    locked_queue,
)
from spanlake.storage.catalog.labels.queues import LONGEST_REVIEWER
from spanlake.storage.catalog.labels.tables import REVIEW_ANSWERS, REVIEW_ITEMS, REVIEWS
from spanlake.storage.catalog.texts import check_name, check_prose

CLAIM = timedelta(minutes=30)
"""How long an item that somebody looks at is not offered to others."""

_LONGEST_COMMENT = 20_000
_STATUSES = ("pending", "complete", "skipped", "declined")
_DONE = ("complete", "declined")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a reviewer is in a queue. left: items that still come, with those skipped."""

    complete: int
    declined: int
    skipped: int
    left: int

    @property
    def done(self) -> int:
        """Items that are done with."""
        return self.complete + self.declined

    @property
    def total(self) -> int:
        """All of the reviewer's items."""
        return self.done + self.left


def check_reviewer(queue: ReviewQueue, reviewer: str) -> str:
    """The name, if this person may review. UserError."""
    check_name("reviewer", reviewer, longest=LONGEST_REVIEWER)
    if queue.assigned_users and reviewer not in queue.assigned_users:
        raise UserError(
            f"reviewer is {reviewer!r}: must be one of those who are assigned to "
            f"{queue.name!r}: {', '.join(queue.assigned_users)}; ask for a place"
        )
    return reviewer


def next_item(
    catalog: Catalog,
    name: str,
    reviewer: str,
    *,
    but: Collection[str] = (),
    wanted: str | None = None,
) -> ReviewItem | None:
    """The item that comes next for a reviewer, None if there is no more; it is held for a while.

    What was begun comes first, what was skipped last. but: ids of items that are not wanted.
    wanted: the id of the one to come if it can be had. Raises NotFoundError, UserError.
    """
    with catalog.writing() as connection:
        queue = locked_queue(connection, name)
        check_reviewer(queue, reviewer)
        found = None if queue.closed_at else _following(connection, queue, reviewer, but, wanted)
        if found is not None:
            _hold(connection, found.item_id, reviewer)
        return found


def peek_item(
    catalog: Catalog, name: str, reviewer: str, *, but: Collection[str] = ()
) -> ReviewItem | None:
    """The same, and nothing is held. Raises NotFoundError, UserError."""
    with catalog.reading() as connection:
        queue = find_queue(connection, name, is_counted=False)
        check_reviewer(queue, reviewer)
        return None if queue.closed_at else _following(connection, queue, reviewer, but)


def progress_of(catalog: Catalog, name: str, reviewer: str) -> Progress:
    """How far a reviewer is. Raises NotFoundError."""
    with catalog.reading() as connection:
        queue = find_queue(connection, name, is_counted=False)
        offered = _offered(queue, reviewer).subquery()
        left = connection.execute(select(func.count()).select_from(offered)).scalar_one()
        items = items_with_status().where(_in_queue(queue)).subquery()
        mine = (
            select(REVIEWS.c.status, func.count().label("number"))
            .join(items, items.c.item_id == REVIEWS.c.item_id)
            .where(REVIEWS.c.reviewer == reviewer)
            .group_by(REVIEWS.c.status)
        )
        counts = {row.status: row.number for row in connection.execute(mine)}
    return Progress(
        counts.get("complete", 0), counts.get("declined", 0), counts.get("skipped", 0), left
    )


def save_answer(catalog: Catalog, name: str, item_id: str, reviewer: str, answer: Answer) -> Review:
    """Keep an answer as it was typed, in place of an earlier one; nothing said takes it back.

    It becomes a label once the review is complete. Raises NotFoundError, UserError.
    """
    with catalog.writing() as connection:
        queue, item = _opened(connection, name, item_id, reviewer)
        checked = check_answer(queue, answer)
        _hold(connection, item.item_id, reviewer)
        put_answer(connection, item.item_id, reviewer, "reviewer", checked)
        return read_review(connection, item.item_id, reviewer)


def set_status(  # noqa: PLR0913  # who, where and what
    catalog: Catalog,
    name: str,
    item_id: str,
    reviewer: str,
    status: ReviewStatus,
    *,
    reason: str | None = None,
) -> Review:
    """Say how a reviewer leaves an item; pending opens a review again. A repeat is harmless.

    A review is complete with an answer at least. Raises NotFoundError, UserError.
    """
    if status not in _STATUSES:
        raise UserError(f"status is {status!r}: must be one of {', '.join(_STATUSES)}; correct it")
    if reason:
        check_prose("reason", reason, longest=_LONGEST_COMMENT)
    with catalog.writing() as connection:
        _, item = _opened(connection, name, item_id, reviewer)
        now = datetime.now(UTC)
        row = {
            "item_id": item.item_id,
            "reviewer": reviewer,
            "status": status,
            "reason": reason or None,
            "started_at": now,
            "updated_at": now,
        }
        before = read_review(connection, item.item_id, reviewer)
        has_answer = any(each.value is not None for each in before.answers.values())
        if status == "complete" and not has_answer:
            raise UserError(
                "status is 'complete': needs an answer to a question at least; answer one, skip "
                "the item, or decline it"
            )
        put(connection, REVIEWS, [row], replace=["status", "reason", "updated_at"])
        if (before.status == "complete") != (status == "complete"):
            mine = (REVIEW_ANSWERS.c.item_id == item.item_id) & (
                REVIEW_ANSWERS.c.reviewer == reviewer
            )
            connection.execute(
                update(REVIEW_ANSWERS)
                .where(mine, REVIEW_ANSWERS.c.role == "reviewer")
                .values(is_published=False)
            )
        return read_review(connection, item.item_id, reviewer)


def get_review(catalog: Catalog, item_id: str, reviewer: str) -> Review:
    """A reviewer's own review of an item, which is pending if there is none yet."""
    with catalog.reading() as connection:
        return read_review(connection, item_id, reviewer)


def _opened(
    connection: Connection, name: str, item_id: str, reviewer: str
) -> tuple[ReviewQueue, ReviewItem]:
    """A queue that takes answers from this reviewer, and an item of it."""
    queue = find_queue(connection, name, is_counted=False)
    if queue.closed_at is not None:
        raise UserError(
            f"QUEUE is {queue.name!r}: must be open, and it was closed; what was answered is kept"
        )
    check_reviewer(queue, reviewer)
    return queue, find_item(connection, queue.queue_id, item_id)


def _hold(connection: Connection, item_id: str, reviewer: str) -> None:
    """Note that a reviewer is at an item now."""
    now = datetime.now(UTC)
    begun = insert_new(connection, REVIEWS).values(
        item_id=item_id, reviewer=reviewer, status="pending", started_at=now, updated_at=now
    )
    connection.execute(begun)
    connection.execute(update(REVIEWS).where(_of(item_id, reviewer)).values(updated_at=now))


def _following(
    connection: Connection,
    queue: ReviewQueue,
    reviewer: str,
    but: Collection[str],
    wanted: str | None = None,
) -> ReviewItem | None:
    offered = _offered(queue, reviewer).subquery()
    # What was begun, what nobody looked at, what was left for later.
    turn = case((offered.c.mine == "pending", 0), (offered.c.mine == "skipped", 2), else_=1)
    order = [turn, offered.c.touched_at, offered.c.position]
    if wanted is not None:
        order.insert(0, case((offered.c.item_id == wanted, 0), else_=1))
    query = select(offered).order_by(*order).limit(1)
    if but:
        query = query.where(offered.c.item_id.not_in(list(but)))
    row = connection.execute(query).first()
    return None if row is None else find_item(connection, queue.queue_id, row.item_id)


def _offered(queue: ReviewQueue, reviewer: str) -> Select[Any]:
    """The items that a reviewer has not done, and that need one more."""
    items = items_with_status().where(_in_queue(queue)).subquery()
    mine, others = REVIEWS.alias("mine"), REVIEWS.alias("others")
    recent = datetime.now(UTC) - CLAIM
    held = (
        select(others.c.item_id, func.count().label("number"))
        .where(
            others.c.reviewer != reviewer,
            others.c.status == "pending",
            others.c.updated_at > recent,
        )
        .group_by(others.c.item_id)
        .subquery("held")
    )
    taken = items.c.complete + items.c.declined + func.coalesce(held.c.number, 0)
    return (
        select(
            items.c.item_id,
            items.c.position,
            mine.c.status.label("mine"),
            case((mine.c.status == "skipped", mine.c.updated_at)).label("touched_at"),
        )
        .outerjoin(mine, and_(mine.c.item_id == items.c.item_id, mine.c.reviewer == reviewer))
        .outerjoin(held, held.c.item_id == items.c.item_id)
        .where(
            or_(mine.c.status.is_(None), mine.c.status.not_in(_DONE)),
            taken < queue.reviewers_per_item,
        )
    )


def _in_queue(queue: ReviewQueue) -> ColumnElement[bool]:
    return REVIEW_ITEMS.c.queue_id == queue.queue_id


def _of(item_id: str, reviewer: str) -> ColumnElement[bool]:
    return (REVIEWS.c.item_id == item_id) & (REVIEWS.c.reviewer == reviewer)
