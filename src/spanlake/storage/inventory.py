"""What is stored, from the names, sizes and footers of the files alone."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from spanlake.storage.files.object_path import ObjectPath
from spanlake.storage.layout import Layout
from spanlake.storage.schema import TABLES
from spanlake.storage.snapshot import Snapshot, TableReader

_RECEIVED = "received_at"
_UNKNOWN = 2**62


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
    paths = []
    for table in TABLES:
        snapshot = TableReader(layout, table).snapshot()
        if not isinstance(layout.root, ObjectPath):
            paths += snapshot.paths
            continue
        # To read the footers of all objects takes a request each; the log says as much.
        paths += snapshot.hot
        count += len(snapshot.sealed.paths)
        rows += sum(snapshot.sealed.rows)
        size += sum(snapshot.sealed.sizes)
        newest = max(filter(None, (newest, _newest_sealed(snapshot))), default=None)
    for path in paths:
        try:
            metadata = pq.read_metadata(layout.store.arrow_source(path))
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


def _newest_sealed(snapshot: Snapshot) -> datetime | None:
    """When the newest sealed row arrived, by the log; None where it does not say."""
    arrived = snapshot.sealed.latest.get(_RECEIVED)
    known = [] if arrived is None else arrived[arrived < _UNKNOWN].tolist()
    return datetime.fromtimestamp(max(known) / 1_000_000, UTC) if known else None


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
