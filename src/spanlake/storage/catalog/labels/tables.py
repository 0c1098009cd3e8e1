"""The tables of label schemas, queues and reviews, as the newest migration leaves them."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from spanlake.storage.catalog.tables import METADATA
from spanlake.storage.catalog.utc_time import UtcTime

# A version of a question a row; what is said of one never changes but for its end.
LABEL_SCHEMAS = Table(
    "label_schemas",
    METADATA,
    Column("schema_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("title", Text),
    Column("instruction", Text),
    Column("enable_comment", Boolean, nullable=False),
    Column("input", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("archived_at", UtcTime),
    UniqueConstraint("name", "version"),
)

REVIEW_QUEUES = Table(
    "review_queues",
    METADATA,
    Column("queue_id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("description", Text),
    Column("experiment", Text),
    Column("content", Text, nullable=False),
    Column("reviewers_per_item", Integer, nullable=False),
    Column("rule_filter", Text),
    Column("rule_since", UtcTime),
    Column("rule_sample", Double),
    Column("rule_most_open", Integer),
    Column("created_by", Text),
    Column("created_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime),
    CheckConstraint("reviewers_per_item > 0", name="asked"),
)


def _of_queue(*, primary_key: bool) -> "Column[str]":
    return Column(
        "queue_id",
        ForeignKey(REVIEW_QUEUES.c.queue_id, ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
    )


REVIEW_QUEUE_SCHEMAS = Table(
    "review_queue_schemas",
    METADATA,
    _of_queue(primary_key=True),
    Column("schema_id", ForeignKey(LABEL_SCHEMAS.c.schema_id), primary_key=True),
    Column("position", Integer, nullable=False),
)
REVIEW_QUEUE_USERS = Table(
    "review_queue_users",
    METADATA,
    _of_queue(primary_key=True),
    Column("reviewer", Text, primary_key=True),
    Column("position", Integer, nullable=False),
)

REVIEW_ITEMS = Table(
    "review_items",
    METADATA,
    Column("item_id", Text, primary_key=True),
    _of_queue(primary_key=False),
    Column("position", Integer, nullable=False),
    # "" for what an item has not: one that is NULL would be another each time. An item is of a
    # whole session, else of a trace, or of a span of it.
    Column("trace_id", Text, nullable=False),
    Column("span_id", Text, nullable=False),
    Column("session_id", Text, nullable=False, server_default=""),
    Column("added_at", UtcTime, nullable=False),
    UniqueConstraint("queue_id", "trace_id", "span_id", "session_id"),
    Index("ix_review_items_queue_id", "queue_id", "position"),
)


def _of_item() -> "Column[str]":
    return Column(
        "item_id", ForeignKey(REVIEW_ITEMS.c.item_id, ondelete="CASCADE"), primary_key=True
    )


# What a trace or session was when it came into a queue of copies, compressed.
REVIEW_COPIES = Table(
    "review_copies", METADATA, _of_item(), Column("content", LargeBinary, nullable=False)
)

REVIEWS = Table(
    "reviews",
    METADATA,
    _of_item(),
    Column("reviewer", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("started_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
)

# The last answer of each; those before it are assessments, once a review is complete.
REVIEW_ANSWERS = Table(
    "review_answers",
    METADATA,
    _of_item(),
    Column("schema_id", ForeignKey(LABEL_SCHEMAS.c.schema_id), primary_key=True),
    Column("role", Text, primary_key=True),
    Column("reviewer", Text, primary_key=True),
    Column("value", Text),
    Column("comment", Text),
    Column("updated_at", UtcTime, nullable=False),
    # The assessment that it became, and whether that one says what is said here.
    Column("assessment_id", Text),
    Column("is_published", Boolean, nullable=False),
)
