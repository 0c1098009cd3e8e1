"""Whole sessions as items of review queues."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_ONCE = "uq_review_items_queue_id"


def upgrade() -> None:
    """Let an item be of a session, each once in a queue."""
    with op.batch_alter_table("review_items") as items:
        items.add_column(sa.Column("session_id", sa.Text, nullable=False, server_default=""))
        items.drop_constraint(op.f(_ONCE), type_="unique")
        items.create_unique_constraint(
            op.f(_ONCE), ["queue_id", "trace_id", "span_id", "session_id"]
        )
