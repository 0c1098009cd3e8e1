"""The tables of app versions in the catalog, as the newest migration leaves them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Identity,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from spanlake.storage.catalog.tables import EXPERIMENTS, METADATA
from spanlake.storage.catalog.utc_time import UtcTime

VERSIONS = Table(
    "versions",
    METADATA,
    Column("version_id", Text, primary_key=True),
    Column(
        "experiment_id",
        ForeignKey(EXPERIMENTS.c.experiment_id, ondelete="CASCADE"),
        nullable=False,
    ),
    Column("name", Text, nullable=False),
    Column("description", Text),
    Column("git_commit", Text),
    Column("git_branch", Text),
    Column("git_is_dirty", Boolean),
    Column("git_repository", Text),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("experiment_id", "name"),
)


def _texts_of_versions(name: str) -> Table:
    return Table(
        name,
        METADATA,
        Column(
            "version_id",
            ForeignKey(VERSIONS.c.version_id, ondelete="CASCADE"),
            primary_key=True,
        ),
        Column("key", Text, primary_key=True),
        Column("value", Text, nullable=False),
    )


VERSION_PARAMS = _texts_of_versions("version_params")
VERSION_TAGS = _texts_of_versions("version_tags")

# Only ever appended to: the last value of a name counts.
VERSION_METRICS = Table(
    "version_metrics",
    METADATA,
    Column(
        "entry",
        BigInteger().with_variant(Integer, "sqlite"),
        Identity(always=True),
        primary_key=True,
    ),
    Column(
        "version_id",
        ForeignKey(VERSIONS.c.version_id, ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("name", Text, nullable=False),
    Column("value", Double, nullable=False),
    Column("run_id", Text),
    Column("created_at", UtcTime, nullable=False),
    sqlite_autoincrement=True,
)

# Only ever appended to: an alias of an experiment is where its last move left it; NULL is nowhere.
VERSION_ALIAS_MOVES = Table(
    "version_alias_moves",
    METADATA,
    Column(
        "move",
        BigInteger().with_variant(Integer, "sqlite"),
        Identity(always=True),
        primary_key=True,
    ),
    Column(
        "experiment_id",
        ForeignKey(EXPERIMENTS.c.experiment_id, ondelete="CASCADE"),
        nullable=False,
    ),
    Column("alias", Text, nullable=False),
    Column("version_id", ForeignKey(VERSIONS.c.version_id, ondelete="CASCADE")),
    Column("moved_by", Text),
    Column("note", Text),
    Column("moved_at", UtcTime, nullable=False),
    sqlite_autoincrement=True,
)
