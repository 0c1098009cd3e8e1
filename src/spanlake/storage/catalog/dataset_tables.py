"""The tables of datasets in the catalog, as the newest migration leaves them.

A dataset's records are only ever appended to: a change is a new row, and the version it came with
ends the row before. So the records of a version are those that began with it or earlier and had
not ended.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from spanlake.storage.catalog.tables import METADATA
from spanlake.storage.catalog.utc_time import UtcTime

DATASETS = Table(
    "datasets",
    METADATA,
    Column("dataset_id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("description", Text),
    Column("experiment", Text),
    # 'trace' or 'session': what one record stands for; NULL until there is a record.
    Column("granularity", Text),
    # JSON schemas, as JSON text.
    Column("inputs_schema", Text),
    Column("expectations_schema", Text),
    Column("created_at", UtcTime, nullable=False),
)

DATASET_TAGS = Table(
    "dataset_tags",
    METADATA,
    Column("dataset_id", ForeignKey(DATASETS.c.dataset_id, ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# One that is there never changes.
DATASET_VERSIONS = Table(
    "dataset_versions",
    METADATA,
    Column("dataset_id", ForeignKey(DATASETS.c.dataset_id, ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    # SHA-256 of what all its records say, in hex.
    Column("digest", Text, nullable=False),
    Column("record_count", Integer, nullable=False),
    Column("added", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("removed", Integer, nullable=False),
    Column("note", Text),
    Column("created_at", UtcTime, nullable=False),
)

DATASET_RECORDS = Table(
    "dataset_records",
    METADATA,
    Column("dataset_id", ForeignKey(DATASETS.c.dataset_id, ondelete="CASCADE"), primary_key=True),
    # From the inputs: the same ones have the same id in every dataset.
    Column("record_id", Text, primary_key=True),
    # The version that made this row, and the one that ended it; NULL while it stands.
    Column("from_version", Integer, primary_key=True, autoincrement=False),
    Column("to_version", Integer),
    # In the order in which records first came.
    Column("position", Integer, nullable=False),
    # JSON text. NULL outputs are none; expectations and tags are always an object.
    Column("inputs", Text, nullable=False),
    Column("outputs", Text),
    Column("expectations", Text, nullable=False),
    Column("tags", Text, nullable=False),
    Column("split", Text),
    Column("source_type", Text, nullable=False),
    Column("source_trace_id", Text),
    Column("source_span_id", Text),
    Column("source_session_id", Text),
    # SHA-256 of inputs, outputs, expectations, tags and split, in hex.
    Column("digest", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Index("ix_dataset_records_dataset_id", "dataset_id", "position"),
)
