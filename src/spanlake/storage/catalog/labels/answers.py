"""Answers, of reviewers and of those who adjudicate: checked, kept, and read again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from spanlake.entities.label_schema import LabelSchema
from spanlake.entities.review import Answer, LabelRole, Review, ReviewQueue
from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.insert import put
from spanlake.storage.catalog.json_text import json_text, json_value
from spanlake.storage.catalog.labels.items import find_item
from spanlake.storage.catalog.labels.queue_rows import find_queue
from spanlake.storage.catalog.labels.queues import LONGEST_REVIEWER
from spanlake.storage.catalog.labels.tables import REVIEW_ANSWERS, REVIEWS
from spanlake.storage.catalog.texts import check_name, check_prose

_LONGEST_COMMENT = 20_000
_ANSWERS = REVIEW_ANSWERS.c


def adjudicate(
    catalog: Catalog, name: str, item_id: str, adjudicator: str, answer: Answer
) -> Answer:
    """Decide what an item's answer to a question is, whatever its reviewers said.

    The last decision stands. Raises NotFoundError, and UserError while nobody has completed it.
    """
    check_name("reviewer", adjudicator, longest=LONGEST_REVIEWER)
    with catalog.writing() as connection:
        queue = find_queue(connection, name, is_counted=False)
        item = find_item(connection, queue.queue_id, item_id)
        checked = check_answer(queue, answer)
        if checked.value is None:
            raise UserError("value is missing: a decision needs one; give it")
        if not item.complete:
            raise UserError(
                f"ITEM is {item_id!r}: must have been reviewed, and nobody has completed it yet"
            )
        # Another person's decision gives way, with the assessment that it became.
        connection.execute(
            update(REVIEW_ANSWERS)
            .where(
                _ANSWERS.item_id == item_id,
                _ANSWERS.schema_id == checked.schema_id,
                _ANSWERS.role == "adjudicator",
            )
            .values(reviewer=adjudicator)
        )
        put_answer(connection, item_id, adjudicator, "adjudicator", checked)
        return checked


def check_answer(queue: ReviewQueue, answer: Answer) -> Answer:
    """The answer with its value as it is kept, and the id of its question, which may be named.

    Raises NotFoundError for what the queue does not ask, and UserError.
    """
    schema = schema_of(queue, answer.schema_id)
    value = answer.value
    if isinstance(value, str | list) and not value:
        value = None
    comment = answer.comment or None
    if comment is not None:
        if not schema.enable_comment:
            raise UserError(
                f"comment is {comment!r:.60}: must be left out, as {schema.name!r} takes none"
            )
        check_prose("comment", comment, longest=_LONGEST_COMMENT)
    checked = None if value is None else schema.input.check(value)
    for text in checked if isinstance(checked, list) else [checked]:
        if isinstance(text, str):
            check_prose("the answer", text, longest=len(text))
    return replace(answer, schema_id=schema.schema_id, value=checked, comment=comment)


def schema_of(queue: ReviewQueue, name: str) -> LabelSchema:
    """The question of a queue by its name or id. NotFoundError."""
    for each in queue.schemas:
        if name in {each.schema_id, each.name}:
            return each
    raise NotFoundError(
        f"the question is {name[:80]!r}: queue {queue.name!r} asks "
        f"{', '.join(each.name for each in queue.schemas)}"
    )


def put_answer(
    connection: Connection, item_id: str, reviewer: str, role: LabelRole, answer: Answer
) -> None:
    """Keep a checked answer in place of the earlier one, to be published anew."""
    row = {
        "item_id": item_id,
        "schema_id": answer.schema_id,
        "role": role,
        "reviewer": reviewer,
        "value": None if answer.value is None else json_text(answer.value, typed="value"),
        "comment": answer.comment,
        "updated_at": datetime.now(UTC),
        "is_published": False,
    }
    put(
        connection,
        REVIEW_ANSWERS,
        [row],
        replace=["value", "comment", "updated_at", "is_published"],
    )


def read_review(connection: Connection, item_id: str, reviewer: str) -> Review:
    """A reviewer's own review of an item, which is pending if there is none yet."""
    of_review = (REVIEWS.c.item_id == item_id) & (REVIEWS.c.reviewer == reviewer)
    found = connection.execute(select(REVIEWS).where(of_review)).first()
    if found is None:
        return Review(item_id=item_id, reviewer=reviewer, status="pending")
    answers = connection.execute(
        select(REVIEW_ANSWERS).where(
            _ANSWERS.item_id == item_id,
            _ANSWERS.reviewer == reviewer,
            _ANSWERS.role == "reviewer",
        )
    ).all()
    return Review(
        item_id=item_id,
        reviewer=reviewer,
        status=found.status,
        reason=found.reason,
        answers=_answers(answers),
        started_at=found.started_at,
        updated_at=found.updated_at,
    )


def _answers(rows: Sequence[Row[Any]]) -> dict[str, Answer]:
    return {
        row.schema_id: Answer(
            schema_id=row.schema_id, value=json_value(row.value), comment=row.comment
        )
        for row in rows
        if row.value is not None or row.comment is not None
    }
