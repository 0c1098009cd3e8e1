"""The table of saved queries in the catalog, as the newest migration leaves it."""

from sqlalchemy import Column, Table, Text

from spanlake.storage.catalog.tables import METADATA
from spanlake.storage.catalog.utc_time import UtcTime

SAVED_QUERIES = Table(
    "saved_queries",
    METADATA,
    Column("query_id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    # One SELECT; it is checked when it runs, as any other.
    Column("query", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
)
