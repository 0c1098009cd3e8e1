"""Runs of evaluations and of batch scoring."""

import sqlalchemy as sa
from alembic import op

from spanlake.storage.catalog.utc_time import UtcTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table of runs."""
    count = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "runs",
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("experiment", sa.Text),
        sa.Column("dataset_id", sa.Text),
        sa.Column("dataset_name", sa.Text),
        sa.Column("dataset_version", sa.Integer),
        sa.Column("dataset_digest", sa.Text),
        sa.Column("source_run_id", sa.Text),
        sa.Column("app_version", sa.Text),
        sa.Column("params", sa.Text, nullable=False),
        sa.Column("scorers", sa.Text, nullable=False),
        sa.Column("metrics", sa.Text, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("quality_criteria", sa.Text),
        sa.Column("passed", sa.Boolean),
        sa.Column("reason", sa.Text),
        sa.Column("row_count", count),
        sa.Column("done_count", count),
        sa.Column("error_count", count),
        sa.Column("cost_usd", sa.Double),
        sa.Column("error_message", sa.Text),
        sa.Column("started_at", UtcTime, nullable=False),
        sa.Column("ended_at", UtcTime),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_runs")),
    )
    op.create_index(op.f("ix_runs_started_at"), "runs", ["started_at"])
