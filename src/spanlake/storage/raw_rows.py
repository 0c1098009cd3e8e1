"""Stored rows as they were decoded: what was sent of them, and nothing that was derived."""

from collections.abc import Iterator

import pyarrow as pa

from spanlake.storage.lake import Lake
from spanlake.storage.schema import TABLES
from spanlake.storage.texts import restored

_ROWS = 10_000
# What comes after it in a schema is derived.
_LAST = "received_at"


def count_rows(lake: Lake, table: str) -> int:
    """How many rows a stored table has."""
    ((count,),) = lake.rows(f"SELECT count(*) FROM lake.{table}")  # noqa: S608  # of ours
    return int(count)


def raw_rows(lake: Lake, table: str) -> Iterator[pa.Table]:
    """The rows of a stored table, some thousand at a time, with all their texts."""
    names = TABLES[table].names
    raw = names[: names.index(_LAST)]
    for batch in lake.sql(f"FROM lake.{table}").to_arrow_reader(_ROWS):
        rows = pa.Table.from_batches([batch])
        yield (restored(rows) if table == "spans" else rows).select(raw)
