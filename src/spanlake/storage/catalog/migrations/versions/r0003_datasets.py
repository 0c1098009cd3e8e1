"""Datasets: their tags, their versions and the records of each."""

import sqlalchemy as sa
from alembic import op

from spanlake.storage.catalog.utc_time import UtcTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables of datasets."""
    op.create_table(
        "datasets",
        sa.Column("dataset_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("experiment", sa.Text),
        sa.Column("granularity", sa.Text),
        sa.Column("inputs_schema", sa.Text),
        sa.Column("expectations_schema", sa.Text),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", name=op.f("pk_datasets")),
        sa.UniqueConstraint("name", name=op.f("uq_datasets_name")),
    )
    op.create_table(
        "dataset_tags",
        sa.Column("dataset_id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", "key", name=op.f("pk_dataset_tags")),
        _of_dataset("dataset_tags"),
    )
    op.create_table(
        "dataset_versions",
        sa.Column("dataset_id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("record_count", sa.Integer, nullable=False),
        sa.Column("added", sa.Integer, nullable=False),
        sa.Column("changed", sa.Integer, nullable=False),
        sa.Column("removed", sa.Integer, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", "version", name=op.f("pk_dataset_versions")),
        _of_dataset("dataset_versions"),
    )
    op.create_table(
        "dataset_records",
        sa.Column("dataset_id", sa.Text, nullable=False),
        sa.Column("record_id", sa.Text, nullable=False),
        sa.Column("from_version", sa.Integer, nullable=False),
        sa.Column("to_version", sa.Integer),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("inputs", sa.Text, nullable=False),
        sa.Column("outputs", sa.Text),
        sa.Column("expectations", sa.Text, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("split", sa.Text),
        sa.Column("source_type", sa.Text, nullable=False),
        sa.Column("source_trace_id", sa.Text),
        sa.Column("source_span_id", sa.Text),
        sa.Column("source_session_id", sa.Text),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("updated_at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint(
            "dataset_id", "record_id", "from_version", name=op.f("pk_dataset_records")
        ),
        _of_dataset("dataset_records"),
    )
    op.create_index(
        op.f("ix_dataset_records_dataset_id"), "dataset_records", ["dataset_id", "position"]
    )


def _of_dataset(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["dataset_id"],
        ["datasets.dataset_id"],
        name=op.f(f"fk_{table}_dataset_id"),
        ondelete="CASCADE",
    )
