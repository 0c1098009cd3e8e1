"""Versions of apps: what they are made of, how they measured, and which bears which alias."""

import sqlalchemy as sa
from alembic import op

from spanlake.storage.catalog.utc_time import UtcTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables of versions."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "versions",
        sa.Column("version_id", sa.Text, nullable=False),
        sa.Column("experiment_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("git_commit", sa.Text),
        sa.Column("git_branch", sa.Text),
        sa.Column("git_is_dirty", sa.Boolean),
        sa.Column("git_repository", sa.Text),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_versions")),
        sa.UniqueConstraint("experiment_id", "name", name=op.f("uq_versions_experiment_id")),
        sa.ForeignKeyConstraint(
            ["experiment_id"],
            ["experiments.experiment_id"],
            name=op.f("fk_versions_experiment_id"),
            ondelete="CASCADE",
        ),
    )
    for table in ("version_params", "version_tags"):
        op.create_table(
            table,
            sa.Column("version_id", sa.Text, nullable=False),
            sa.Column("key", sa.Text, nullable=False),
            sa.Column("value", sa.Text, nullable=False),
            sa.PrimaryKeyConstraint("version_id", "key", name=op.f(f"pk_{table}")),
            sa.ForeignKeyConstraint(
                ["version_id"],
                ["versions.version_id"],
                name=op.f(f"fk_{table}_version_id"),
                ondelete="CASCADE",
            ),
        )
    op.create_table(
        "version_metrics",
        sa.Column("entry", number, sa.Identity(always=True)),
        sa.Column("version_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("run_id", sa.Text),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_version_metrics")),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["versions.version_id"],
            name=op.f("fk_version_metrics_version_id"),
            ondelete="CASCADE",
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "version_alias_moves",
        sa.Column("move", number, sa.Identity(always=True)),
        sa.Column("experiment_id", sa.Text, nullable=False),
        sa.Column("alias", sa.Text, nullable=False),
        sa.Column("version_id", sa.Text),
        sa.Column("moved_by", sa.Text),
        sa.Column("note", sa.Text),
        sa.Column("moved_at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("move", name=op.f("pk_version_alias_moves")),
        sa.ForeignKeyConstraint(
            ["experiment_id"],
            ["experiments.experiment_id"],
            name=op.f("fk_version_alias_moves_experiment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["versions.version_id"],
            name=op.f("fk_version_alias_moves_version_id"),
            ondelete="CASCADE",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_version_metrics_version_id"), "version_metrics", ["version_id"])
