"""Experiments, of which `default` is there from the beginning, and prices."""

from datetime import UTC, datetime
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

from spanlake.storage.catalog.utc_time import UtcTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    experiments = op.create_table(
        "experiments",
        sa.Column("experiment_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("archived_at", UtcTime),
        sa.PrimaryKeyConstraint("experiment_id", name=op.f("pk_experiments")),
        sa.UniqueConstraint("name", name=op.f("uq_experiments_name")),
    )
    op.create_table(
        "experiment_tags",
        sa.Column("experiment_id", sa.Text, nullable=False),
        sa.Column("tag", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("experiment_id", "tag", name=op.f("pk_experiment_tags")),
        sa.ForeignKeyConstraint(
            ["experiment_id"],
            ["experiments.experiment_id"],
            name=op.f("fk_experiment_tags_experiment_id"),
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "prices",
        sa.Column(
            "version", sa.BigInteger().with_variant(sa.Integer, "sqlite"), sa.Identity(always=True)
        ),
        sa.Column("provider", sa.Text),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("input_mtok", sa.Double),
        sa.Column("output_mtok", sa.Double),
        sa.Column("cache_read_mtok", sa.Double),
        sa.Column("cache_write_mtok", sa.Double),
        sa.Column("request_usd", sa.Double),
        sa.Column("is_withdrawal", sa.Boolean, nullable=False),
        sa.Column("valid_from", UtcTime, nullable=False),
        sa.Column("valid_to", UtcTime),
        sa.Column("note", sa.Text),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_prices")),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_from < valid_to", name=op.f("ck_prices_valid")
        ),
        sqlite_autoincrement=True,
    )
    now = datetime.now(UTC)
    op.bulk_insert(
        experiments,
        [{"experiment_id": uuid4().hex, "name": "default", "created_at": now}],
    )
