"""The requests that the newest files of a table answer for."""

from collections.abc import Iterator
from pathlib import Path

from spanlake import log
from spanlake.storage.layout import Layout
from spanlake.storage.parquet import DamagedFileError, StoredRequest, read_requests
from spanlake.storage.snapshot import stored_files

_log = log.get(__name__)
# Some seconds of reading footers; more of them would delay the start more than they are worth.
_MAX_FILES = 5000


def recent_requests(layout: Layout, table: str, *, seconds: float) -> Iterator[StoredRequest]:
    """Requests stored in the last `seconds`, by any writer, oldest first.

    A file that cannot be read is named in the log and left where it is.
    """
    since = layout.store.now() - seconds
    dated = sorted((_written(file), file) for file in stored_files(layout, table))
    recent = [file for written, file in dated[-_MAX_FILES:] if written >= since]
    for requests in layout.store.each(_requests, recent):
        yield from requests


def _written(file: Path) -> float:
    """When a file was written, in seconds since the epoch; long ago when it is gone by now."""
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _requests(file: Path) -> list[StoredRequest]:
    try:
        return read_requests(file)
    except FileNotFoundError:
        return []
    except DamagedFileError as error:
        _log.error("storage.damaged_file", reason=str(error))
        return []
