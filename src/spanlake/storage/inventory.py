"""What is stored, from the names, sizes and footers of the files alone."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from spanlake.storage.layout import Layout
from spanlake.storage.schema import TABLES
from spanlake.storage.snapshot import stored_files

_RECEIVED = "received_at"


@dataclass(frozen=True, slots=True)
class UnreadableFile:
    """A stored file whose footer cannot be read, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """The stored files.

    newest_received: when the newest stored row arrived by the collector's clock, None for no rows.
    """

    files: int
    rows: int
    size_bytes: int
    newest_received: datetime | None
    unreadable: tuple[UnreadableFile, ...]


def take_inventory(layout: Layout) -> Inventory:
    """Read every footer; a file that vanishes meanwhile is not there. OSError as listing does."""
    rows = size = count = 0
    newest: datetime | None = None
    unreadable = []
    for path in (path for table in TABLES for path in stored_files(layout, table)):
        try:
            metadata = pq.read_metadata(path)
            size += path.stat().st_size
        except FileNotFoundError:
            continue
        except (OSError, pa.ArrowException) as error:
            unreadable.append(UnreadableFile(path, _first_line(error)))
            continue
        finally:
            count += 1
        rows += metadata.num_rows
        received = _newest_received(metadata)
        newest = max(filter(None, (newest, received)), default=None)
    return Inventory(count, rows, size, newest, tuple(unreadable))


def _newest_received(metadata: pq.FileMetaData) -> datetime | None:
    """The maximum of received_at in the footer's statistics."""
    column = next(
        (at for at in range(metadata.num_columns) if metadata.schema.column(at).path == _RECEIVED),
        None,
    )
    if column is None:
        return None
    chunks = (metadata.row_group(at).column(column) for at in range(metadata.num_row_groups))
    found = (chunk.statistics for chunk in chunks)
    return max((each.max for each in found if each is not None and each.has_min_max), default=None)


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
