"""Label schemas, review queues, their items, and what reviewers answer."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from spanlake.storage.catalog.utc_time import UtcTime

revision = "0006"
down_revision = "0005"

# The questions whose answers scorers read as expectations.
_BUILT_IN = (
    (
        "expected_facts",
        "Expected facts",
        "What a correct answer has to say, a fact a line.",
        '{"kind":"text_list","max_count":50,"max_length_each":2000}',
    ),
    (
        "expected_response",
        "Expected response",
        "The answer that should have been given.",
        '{"kind":"text","max_length":10000}',
    ),
    (
        "guidelines",
        "Guidelines",
        "Rules that an answer to this has to keep, a rule a line.",
        '{"kind":"text_list","max_count":50,"max_length_each":2000}',
    ),
)


def upgrade() -> None:
    """Make the tables, and the questions that are built in."""
    schemas = op.create_table(
        "label_schemas",
        sa.Column("schema_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("title", sa.Text),
        sa.Column("instruction", sa.Text),
        sa.Column("enable_comment", sa.Boolean, nullable=False),
        sa.Column("input", sa.Text, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("archived_at", UtcTime),
        sa.PrimaryKeyConstraint("schema_id", name=op.f("pk_label_schemas")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_label_schemas_name")),
    )
    op.bulk_insert(
        schemas,
        [
            {
                "schema_id": f"s-{name}",
                "name": name,
                "version": 1,
                "type": "expectation",
                "title": title,
                "instruction": instruction,
                "enable_comment": False,
                "input": taken,
                "created_at": datetime.now(UTC),
            }
            for name, title, instruction, taken in _BUILT_IN
        ],
    )
    op.create_table(
        "review_queues",
        sa.Column("queue_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("experiment", sa.Text),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("reviewers_per_item", sa.Integer, nullable=False),
        sa.Column("rule_filter", sa.Text),
        sa.Column("rule_since", UtcTime),
        sa.Column("rule_sample", sa.Double),
        sa.Column("rule_most_open", sa.Integer),
        sa.Column("created_by", sa.Text),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("closed_at", UtcTime),
        sa.PrimaryKeyConstraint("queue_id", name=op.f("pk_review_queues")),
        sa.UniqueConstraint("name", name=op.f("uq_review_queues_name")),
        sa.CheckConstraint("reviewers_per_item > 0", name=op.f("ck_review_queues_asked")),
    )
    op.create_table(
        "review_queue_schemas",
        sa.Column("queue_id", sa.Text, nullable=False),
        sa.Column("schema_id", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("queue_id", "schema_id", name=op.f("pk_review_queue_schemas")),
        _belongs("review_queue_schemas", "queue_id", "review_queues"),
        _asks("review_queue_schemas"),
    )
    op.create_table(
        "review_queue_users",
        sa.Column("queue_id", sa.Text, nullable=False),
        sa.Column("reviewer", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("queue_id", "reviewer", name=op.f("pk_review_queue_users")),
        _belongs("review_queue_users", "queue_id", "review_queues"),
    )
    op.create_table(
        "review_items",
        sa.Column("item_id", sa.Text, nullable=False),
        sa.Column("queue_id", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("trace_id", sa.Text, nullable=False),
        sa.Column("span_id", sa.Text, nullable=False),
        sa.Column("added_at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_review_items")),
        sa.UniqueConstraint(
            "queue_id", "trace_id", "span_id", name=op.f("uq_review_items_queue_id")
        ),
        _belongs("review_items", "queue_id", "review_queues"),
    )
    op.create_index(op.f("ix_review_items_queue_id"), "review_items", ["queue_id", "position"])
    op.create_table(
        "review_copies",
        sa.Column("item_id", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_review_copies")),
        _belongs("review_copies", "item_id", "review_items"),
    )
    op.create_table(
        "reviews",
        sa.Column("item_id", sa.Text, nullable=False),
        sa.Column("reviewer", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("started_at", UtcTime, nullable=False),
        sa.Column("updated_at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("item_id", "reviewer", name=op.f("pk_reviews")),
        _belongs("reviews", "item_id", "review_items"),
    )
    op.create_table(
        "review_answers",
        sa.Column("item_id", sa.Text, nullable=False),
        sa.Column("schema_id", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("reviewer", sa.Text, nullable=False),
        sa.Column("value", sa.Text),
        sa.Column("comment", sa.Text),
        sa.Column("updated_at", UtcTime, nullable=False),
        sa.Column("assessment_id", sa.Text),
        sa.Column("is_published", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint(
            "item_id", "schema_id", "role", "reviewer", name=op.f("pk_review_answers")
        ),
        _belongs("review_answers", "item_id", "review_items"),
        _asks("review_answers"),
    )


def _belongs(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.{column}"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE"
    )


def _asks(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["schema_id"], ["label_schemas.schema_id"], name=op.f(f"fk_{table}_schema_id")
    )
