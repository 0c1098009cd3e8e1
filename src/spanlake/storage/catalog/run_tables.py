"""The table of runs in the catalog, as the newest migration leaves it."""

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, Table, Text

from spanlake.storage.catalog.tables import METADATA
from spanlake.storage.catalog.utc_time import UtcTime

RUNS = Table(
    "runs",
    METADATA,
    Column("run_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    # 'evaluation' or 'scoring'.
    Column("kind", Text, nullable=False),
    # 'running', 'finished', 'failed' or 'stopped'; one that was killed stays 'running'.
    Column("state", Text, nullable=False),
    Column("experiment", Text),
    Column("dataset_id", Text),
    Column("dataset_name", Text),
    Column("dataset_version", Integer),
    Column("dataset_digest", Text),
    Column("source_run_id", Text),
    Column("app_version", Text),
    # JSON objects, as text; the scorers are a list of {name, digest}.
    Column("params", Text, nullable=False),
    Column("scorers", Text, nullable=False),
    Column("metrics", Text, nullable=False),
    Column("tags", Text, nullable=False),
    Column("quality_criteria", Text),
    Column("passed", Boolean),
    Column("reason", Text),
    # How many rows it has to do, NULL if nobody knows beforehand, and what became of them.
    Column("row_count", BigInteger().with_variant(Integer, "sqlite")),
    Column("done_count", BigInteger().with_variant(Integer, "sqlite")),
    Column("error_count", BigInteger().with_variant(Integer, "sqlite")),
    Column("cost_usd", Double),
    Column("error_message", Text),
    Column("started_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Index("ix_runs_started_at", "started_at"),
)
