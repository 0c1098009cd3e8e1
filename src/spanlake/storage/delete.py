"""Deleting: stored files are written again without the rows that have to go."""

import fcntl
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from spanlake.errors import UserError
from spanlake.storage.durable import sync_folder, write_file
from spanlake.storage.layout import Layout
from spanlake.storage.parquet import DamagedFileError, encode, read_requests

# Logs first: should this be cut short, the spans still say which traces are left to be deleted.
_TABLES = ("logs", "spans")
_COMPRESSION_LEVEL = 3
_DRAFT = ".rewrite"

Progress = Callable[[int, int], None]
"""Told how many files are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """How many rows are gone."""

    logs: int
    spans: int


def delete_traces(layout: Layout, trace_ids: Collection[str], *, progress: Progress) -> Deleted:
    """Remove the spans and the log records of these traces from every stored file.

    A server may be running. Each file is replaced at once and durably; its name and the requests
    it answers for stay, so that a client's retry brings nothing back. After a crash or an error,
    do it again. UserError for a file that cannot be read or replaced.
    """
    ids = pa.array(sorted(trace_ids), pa.string())
    gone = dict.fromkeys(_TABLES, 0)
    with _alone(layout):
        _drop_drafts(layout)
        files = [(table, path) for table in _TABLES for path in layout.hot_files(table)]
        for done, (table, path) in enumerate(files):
            progress(done, len(files))
            try:
                gone[table] += _delete_from(path, ids)
            except (OSError, pa.ArrowException, DamagedFileError) as error:
                raise UserError(
                    f"{path} cannot be rewritten ({error}); files before it are done: "
                    "mend it (`spanlake doctor`), and delete again"
                ) from None
        progress(len(files), len(files))
    return Deleted(**gone)


def _drop_drafts(layout: Layout) -> None:
    """Remove what an earlier attempt that was cut short has left."""
    for table in _TABLES:
        for folder in layout.hot_folders(table):
            for draft in folder.glob(f"*{_DRAFT}"):
                draft.unlink()


def _delete_from(path: Path, trace_ids: pa.StringArray) -> int:
    """Rewrite one file without the traces; how many rows that took out of it."""
    with pq.ParquetFile(path) as file:
        found = pc.is_in(file.read(columns=["trace_id"])["trace_id"], trace_ids)
        count = pc.sum(found).as_py() or 0
        if count:
            rest = file.read().filter(pc.invert(found))
    if count:
        content = encode(rest, read_requests(path), compression_level=_COMPRESSION_LEVEL)
        _replace(path, content)
    return count


def _replace(path: Path, content: pa.Buffer) -> None:
    """Give a file another content; readers see the one or the other, and the owner stays."""
    draft = path.with_suffix(_DRAFT)
    try:
        write_file(draft, content)
        owner = path.stat()
        if (owner.st_uid, owner.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(draft, owner.st_uid, owner.st_gid)
        draft.rename(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


@contextmanager
def _alone(layout: Layout) -> Iterator[None]:
    """Wait until nobody else deletes: two would each bring back what the other took out."""
    try:
        lock = os.open(layout.writers / "delete.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise UserError(
            f"--data is {layout.root}: cannot be written ({error.strerror}); "
            "delete as the user that owns it"
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
