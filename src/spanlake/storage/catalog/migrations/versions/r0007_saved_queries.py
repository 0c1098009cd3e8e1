"""Queries that people keep under a name."""

import sqlalchemy as sa
from alembic import op

from spanlake.storage.catalog.utc_time import UtcTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table of saved queries."""
    op.create_table(
        "saved_queries",
        sa.Column("query_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("updated_at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("query_id", name=op.f("pk_saved_queries")),
        sa.UniqueConstraint("name", name=op.f("uq_saved_queries_name")),
    )
