"""Labels: the answers of completed reviews and of adjudicators, and which of them are final."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, or_, select, update

from spanlake.entities.label_schema import LabelType, LabelValue
from spanlake.entities.review import ItemTarget, Label, LabelRole
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.json_text import json_value
from spanlake.storage.catalog.labels.items import target_of
from spanlake.storage.catalog.labels.queue_rows import find_queue
from spanlake.storage.catalog.labels.tables import (
    LABEL_SCHEMAS,
    REVIEW_ANSWERS,
    REVIEW_ITEMS,
    REVIEW_QUEUES,
    REVIEWS,
)

_ANSWERS = REVIEW_ANSWERS.c
_IS_LABEL = or_(_ANSWERS.role == "adjudicator", REVIEWS.c.status == "complete")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpublishedAnswer:
    """An answer that the assessments do not have as it is now.

    is_label: false once its review is open again: what it became is to be taken back. value:
    None for an answer that was taken back. updated_at: as of which it is so.
    """

    queue_id: str
    queue: str
    item_id: str
    target: ItemTarget
    schema_id: str
    name: str
    type: LabelType
    role: LabelRole
    reviewer: str
    value: LabelValue | None
    comment: str | None
    assessment_id: str | None
    is_label: bool
    updated_at: datetime


def list_labels(catalog: Catalog, name: str | None = None) -> list[Label]:
    """The labels of a queue, or of all; by item, question and the time of the answer.

    NotFoundError.
    """
    query = _answers().where(
        _IS_LABEL, (_ANSWERS.value.is_not(None)) | _ANSWERS.comment.is_not(None)
    )
    with catalog.reading() as connection:
        if name is not None:
            queue_id = find_queue(connection, name, is_counted=False).queue_id
            query = query.where(REVIEW_QUEUES.c.queue_id == queue_id)
        rows = connection.execute(
            query.order_by(
                REVIEW_QUEUES.c.created_at,
                REVIEW_ITEMS.c.position,
                LABEL_SCHEMAS.c.name,
                _ANSWERS.updated_at,
                _ANSWERS.reviewer,
            )
        ).all()
    return list(_labels(rows))


def unpublished_answers(
    catalog: Catalog, name: str, item_id: str | None = None
) -> list[UnpublishedAnswer]:
    """What the assessments lack, or have too much, of a queue or an item. NotFoundError."""
    # A draft that never was a label is nobody's business yet.
    is_due = and_(
        _ANSWERS.is_published.is_(False),
        or_(_IS_LABEL & _ANSWERS.value.is_not(None), _ANSWERS.assessment_id.is_not(None)),
    )
    with catalog.reading() as connection:
        queue_id = find_queue(connection, name, is_counted=False).queue_id
        query = _answers().where(REVIEW_QUEUES.c.queue_id == queue_id, is_due)
        if item_id is not None:
            query = query.where(REVIEW_ITEMS.c.item_id == item_id)
        return [_unpublished(row) for row in connection.execute(query)]


def mark_published(
    catalog: Catalog, published: Iterable[tuple[UnpublishedAnswer, str | None]]
) -> None:
    """Note what answers became: their assessments, None for what was taken back.

    An answer that was changed meanwhile stays unpublished, but knows its assessment.
    """
    with catalog.writing() as connection:
        for answer, assessment_id in published:
            _mark(connection, answer, assessment_id)


def _mark(connection: Connection, answer: UnpublishedAnswer, assessment_id: str | None) -> None:
    mine = and_(
        _ANSWERS.item_id == answer.item_id,
        _ANSWERS.schema_id == answer.schema_id,
        _ANSWERS.role == answer.role,
    )
    if answer.role == "reviewer":
        mine = and_(mine, _ANSWERS.reviewer == answer.reviewer)
    connection.execute(update(REVIEW_ANSWERS).where(mine).values(assessment_id=assessment_id))
    is_same = and_(mine, _ANSWERS.updated_at == answer.updated_at)
    connection.execute(update(REVIEW_ANSWERS).where(is_same).values(is_published=True))


def _answers() -> Select[Any]:
    return (
        select(
            REVIEW_QUEUES.c.queue_id,
            REVIEW_QUEUES.c.name.label("queue"),
            REVIEW_QUEUES.c.reviewers_per_item,
            REVIEW_ITEMS.c.trace_id,
            REVIEW_ITEMS.c.span_id,
            REVIEW_ITEMS.c.session_id,
            LABEL_SCHEMAS.c.name,
            LABEL_SCHEMAS.c.type,
            LABEL_SCHEMAS.c.version,
            REVIEW_ANSWERS,
            REVIEWS.c.status,
        )
        .select_from(REVIEW_ANSWERS)
        .join(REVIEW_ITEMS, REVIEW_ITEMS.c.item_id == _ANSWERS.item_id)
        .join(REVIEW_QUEUES, REVIEW_QUEUES.c.queue_id == REVIEW_ITEMS.c.queue_id)
        .join(LABEL_SCHEMAS, LABEL_SCHEMAS.c.schema_id == _ANSWERS.schema_id)
        .outerjoin(
            REVIEWS,
            and_(
                REVIEWS.c.item_id == _ANSWERS.item_id,
                REVIEWS.c.reviewer == _ANSWERS.reviewer,
                _ANSWERS.role == "reviewer",
            ),
        )
    )


def _labels(rows: Sequence[Row[Any]]) -> Iterator[Label]:
    final = _final(rows)
    for at, row in enumerate(rows):
        yield Label(
            queue_id=row.queue_id,
            queue=row.queue,
            item_id=row.item_id,
            **target_of(row)._asdict(),
            name=row.name,
            schema_id=row.schema_id,
            schema_version=row.version,
            kind=row.type,
            reviewer=row.reviewer,
            role=row.role,
            value=json_value(row.value),
            comment=row.comment,
            is_final=at in final,
            assessment_id=row.assessment_id,
            answered_at=row.updated_at,
        )


def _final(rows: Sequence[Row[Any]]) -> frozenset[int]:
    """The places of final labels: at most one a question of an item, the first that says it."""
    groups = defaultdict[tuple[str, str], list[int]](list)
    for at, row in enumerate(rows):
        if row.value is not None:
            groups[row.item_id, row.schema_id].append(at)
    final = set()
    for places in groups.values():
        decided = [at for at in places if rows[at].role == "adjudicator"]
        if decided:
            final.add(decided[0])
        elif len(places) >= rows[places[0]].reviewers_per_item:
            ((value, count),) = Counter(rows[at].value for at in places).most_common(1)
            if 2 * count > len(places):
                final.add(next(at for at in places if rows[at].value == value))
    return frozenset(final)


def _unpublished(row: Row[Any]) -> UnpublishedAnswer:
    return UnpublishedAnswer(
        queue_id=row.queue_id,
        queue=row.queue,
        item_id=row.item_id,
        target=target_of(row),
        schema_id=row.schema_id,
        name=row.name,
        type=row.type,
        role=row.role,
        reviewer=row.reviewer,
        value=json_value(row.value),
        comment=row.comment,
        assessment_id=row.assessment_id,
        is_label=row.role == "adjudicator" or row.status == "complete",
        updated_at=row.updated_at,
    )
