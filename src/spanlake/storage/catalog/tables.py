"""The tables of the catalog, as the newest migration leaves them.

A change here comes with a migration in `migrations/versions`; a test compares the two.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Identity,
    Integer,
    MetaData,
    Table,
    Text,
)

from spanlake.storage.catalog.utc_time import UtcTime

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)

EXPERIMENTS = Table(
    "experiments",
    METADATA,
    Column("experiment_id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("description", Text),
    Column("created_at", UtcTime, nullable=False),
    Column("archived_at", UtcTime),
)

EXPERIMENT_TAGS = Table(
    "experiment_tags",
    METADATA,
    Column(
        "experiment_id",
        ForeignKey(EXPERIMENTS.c.experiment_id, ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("tag", Text, primary_key=True),
)

# Only ever appended to. Of the versions of one provider and model that are valid at a moment, the
# last one counts; one that is a withdrawal says that there is no custom price then.
PRICES = Table(
    "prices",
    METADATA,
    Column(
        "version",
        BigInteger().with_variant(Integer, "sqlite"),
        Identity(always=True),
        primary_key=True,
    ),
    # Patterns in lower case, in which * is any text; NULL is any provider, or none.
    Column("provider", Text),
    Column("model", Text, nullable=False),
    # USD for a million tokens.
    Column("input_mtok", Double),
    Column("output_mtok", Double),
    Column("cache_read_mtok", Double),
    Column("cache_write_mtok", Double),
    # USD for a call.
    Column("request_usd", Double),
    Column("is_withdrawal", Boolean, nullable=False),
    Column("valid_from", UtcTime, nullable=False),
    Column("valid_to", UtcTime),
    Column("note", Text),
    Column("created_at", UtcTime, nullable=False),
    CheckConstraint("valid_to IS NULL OR valid_from < valid_to", name="valid"),
    sqlite_autoincrement=True,
)
