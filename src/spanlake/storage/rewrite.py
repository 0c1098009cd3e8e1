"""Stored files written again: by one process at a time, and each replaced at once and durably."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from spanlake.errors import UserError
from spanlake.storage.durable import sync_folder, write_file
from spanlake.storage.layout import Layout
from spanlake.storage.parquet import DamagedFileError, encode, read_requests

# Logs first: should a deletion be cut short, the spans still say which traces are left to delete.
_TABLES = ("logs", "spans")
_COMPRESSION_LEVEL = 3
_DRAFT = ".rewrite"
_SECOND_NS = 1_000_000_000

Progress = Callable[[int, int], None]
"""Told how many files are done, and of how many."""


class StoredFile(NamedTuple):
    """A stored file, and the table that its rows are of."""

    table: str
    path: Path


@contextmanager
def rewriting(layout: Layout) -> Iterator[list[StoredFile]]:
    """The files that may be rewritten, while nobody else rewrites any.

    Waits until whoever does so has finished: two would each bring back what the other changed.
    UserError for a data directory that cannot be written to.
    """
    with _alone(layout):
        _drop_drafts(layout)
        yield [StoredFile(table, path) for table in _TABLES for path in layout.hot_files(table)]


@contextmanager
def opened(path: Path) -> Iterator[pq.ParquetFile]:
    """A stored file to read from, and nothing else while it is open.

    Raises FileNotFoundError, or DamagedFileError, which says why the file cannot be read.
    """
    try:
        with pq.ParquetFile(path) as file:
            yield file
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException) as error:
        raise DamagedFileError(str(error).partition("\n")[0]) from None


def replace_rows(path: Path, rows: pa.Table) -> None:
    """Give a stored file other rows; it goes on answering for its requests.

    Readers see the file as it was or as it is, and so does whoever comes after a crash. Raises
    OSError when it could not be replaced (FileNotFoundError: it is no longer there), and
    DamagedFileError as `read_requests` does.
    """
    # What was read from a file carries that file's own metadata.
    bare = rows.replace_schema_metadata(None)
    content = encode(bare, read_requests(path), compression_level=_COMPRESSION_LEVEL)
    draft = path.with_suffix(_DRAFT)
    try:
        write_file(draft, content)
        _pass_on(path.stat(), draft)
        draft.rename(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def _pass_on(old: os.stat_result, draft: Path) -> None:
    """Let a draft belong to the owner of the file it replaces, and keep that file's age.

    By age a restarted server finds the requests of the last hour. One second is added, because
    caches know a file that has changed by another time.
    """
    if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
        os.chown(draft, old.st_uid, old.st_gid)
    os.utime(draft, ns=(old.st_atime_ns, old.st_mtime_ns + _SECOND_NS))


def _drop_drafts(layout: Layout) -> None:
    """Remove what an earlier attempt that was cut short has left."""
    for table in _TABLES:
        for folder in layout.hot_folders(table):
            for draft in folder.glob(f"*{_DRAFT}"):
                draft.unlink()


@contextmanager
def _alone(layout: Layout) -> Iterator[None]:
    path = layout.writers / "rewrite.lock"
    try:
        layout.writers.mkdir(exist_ok=True)
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise UserError(
            f"--data is {layout.root}: cannot be written ({error.strerror}); "
            "run this as the user that owns it"
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
