"""Files of a directory of this machine."""

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa

from spanlake.storage.durable import (
    make_folder,
    replace_file,
    sync_file,
    sync_folder,
    write_file,
    write_new,
)
from spanlake.storage.files.port import Claim, MaybePublishedError

if TYPE_CHECKING:
    import duckdb

_In = TypeVar("_In")
_Out = TypeVar("_Out")
DRAFT = ".tmp"
"""How the name of a file ends that is not published yet."""
REWRITTEN = ".rewrite"
"""How that of one ends that replaces another."""
GIVEN_UP = ".given-up"
"""How that of a note ends that a file of this name was taken back, and there will be none."""
_SECOND_NS = 1_000_000_000


class FileLock:
    """A lock that ends with its process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @property
    def is_held(self) -> bool:
        """Whether it has not been closed."""
        return self._descriptor >= 0

    @property
    def is_lost(self) -> bool:
        """Never: the kernel keeps it."""
        return False

    def close(self) -> None:
        """Let others have it. Safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class Directory:
    """The file system of this machine; see `port.Store`."""

    look_seconds = 1.0

    def walk(self, folder: Path) -> Iterator[tuple[Path, list[str]]]:
        """Folders and the names of their files."""
        try:
            entries = os.scandir(folder)
        except (FileNotFoundError, NotADirectoryError):
            return
        folders, names = [], []
        with entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    names.append(entry.name)
        yield folder, names
        for each in folders:
            yield from self.walk(Path(each))

    def make_folder(self, folder: Path) -> None:
        """Make a folder and those it stands in."""
        make_folder(folder)

    def publish(self, path: Path, content: memoryview) -> None:
        """Write a draft, sync it, name it, sync the name."""
        draft = path.with_suffix(DRAFT)
        try:
            _write_draft(draft, content)
        except OSError:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
            raise
        try:
            draft.rename(path)
            sync_folder(path.parent)
        except OSError as error:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
            raise MaybePublishedError(error.errno, error.strerror) from error

    def take_back(self, path: Path, content: memoryview) -> None:  # noqa: ARG002  # nobody else has the name
        """Note it, and remove the file."""
        write_new(path.with_suffix(GIVEN_UP), b"")
        if not path.is_dir():  # which is why it could not be published
            path.unlink(missing_ok=True)

    def was_given_up(self, path: Path) -> bool:
        """Whether that was noted."""
        return path.with_suffix(GIVEN_UP).exists()

    def create(self, path: Path, content: bytes) -> bool:
        """Make a file by linking it, which happens once."""
        return write_new(path, content)

    def replace(self, path: Path, content: bytes) -> None:
        """Give a file this content by renaming another one to it."""
        replace_file(path, content)

    def rewrite(self, path: Path, content: memoryview) -> None:
        """Rename a draft to the file, which keeps its owner and age."""
        draft = path.with_suffix(REWRITTEN)
        try:
            write_file(draft, pa.py_buffer(content))
            _pass_on(path.stat(), draft)
            draft.rename(path)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)

    def under(self, claim: Claim) -> contextlib.AbstractContextManager[None]:  # noqa: ARG002  # the kernel keeps it
        """Nothing: a lock that is held stays so."""
        return contextlib.nullcontext()

    @contextlib.contextmanager
    def new_file(self, path: Path, *, is_durable: bool = True) -> Iterator[Path]:
        """The file itself: nothing names it yet."""
        make_folder(path.parent)
        try:
            yield path
            if is_durable:
                sync_file(path)
                sync_folder(path.parent)
        except BaseException:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            raise

    def move(self, path: Path, to: Path) -> None:
        """Rename a file."""
        path.rename(to)
        sync_folder(to.parent)
        sync_folder(path.parent)

    def settle(self, path: Path) -> None:
        """Sync a file or a folder."""
        sync_file(path)

    def claim(self, path: Path, *, wait_unless: threading.Event | None = None) -> FileLock | None:
        """Lock a file, which stays. The kernel waits, whatever is set meanwhile."""
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (fcntl.LOCK_NB if wait_unless is None else 0))
        except BlockingIOError:
            os.close(lock)
            return None
        except BaseException:
            os.close(lock)
            raise
        return FileLock(lock)

    def arrow_source(self, path: Path) -> Path:
        """The path."""
        return path

    def attach(self, connection: "duckdb.DuckDBPyConnection") -> None:
        """Nothing: DuckDB reads files."""

    def delta_options(self) -> None:
        """Nothing: delta-rs reads files."""
        return

    def scratch(self, folder: Path) -> Path:
        """A folder in the folder."""
        return folder / ".spill"

    def now(self) -> float:
        """The time."""
        return time.time()

    def each(self, work: Callable[[_In], _Out], items: Iterable[_In]) -> list[_Out]:
        """One after the other: the disk answers at once."""
        return [work(item) for item in items]


def _write_draft(draft: Path, content: memoryview) -> None:
    try:
        write_file(draft, pa.py_buffer(content))
    except FileExistsError:
        draft.unlink()  # it was left by a commit that failed
        write_file(draft, pa.py_buffer(content))


def _pass_on(old: os.stat_result, draft: Path) -> None:
    """Let a draft belong to the owner of the file it replaces, and keep that file's age.

    By age a restarted server finds the requests of the last hour. One second is added, because
    caches know a file that has changed by another time.
    """
    if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
        os.chown(draft, old.st_uid, old.st_gid)
    os.utime(draft, ns=(old.st_atime_ns, old.st_mtime_ns + _SECOND_NS))
