"""A bucket as the place of a lake: any server that speaks S3 and keeps conditional writes."""

import contextlib
import errno
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, TypeVar

from spanlake.storage.files.lease import Lease, wait_for
from spanlake.storage.files.object_path import ObjectPath
from spanlake.storage.files.objects import Objects, own
from spanlake.storage.files.port import Claim, MaybePublishedError
from spanlake.storage.files.probe import server_ahead
from spanlake.storage.files.state import state_folder

if TYPE_CHECKING:
    import duckdb

_In = TypeVar("_In")
_Out = TypeVar("_Out")
_AT_ONCE = 8


class Bucket(Objects):
    """See `port.Store`."""

    look_seconds = 15.0

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._pool = ThreadPoolExecutor(_AT_ONCE, f"s3-{name}")
        self._claims = threading.local()
        self._probing = threading.Lock()
        # By how much the server's clock is ahead; None until it has been seen to keep its word.
        self._ahead: float | None = None

    def make_folder(self, folder: Path) -> None:
        """Nothing: folders are but names."""

    def publish(self, path: Path, content: memoryview) -> None:
        """Make an object that is not there yet."""
        try:
            is_ours = self.create(path, bytes(content))
        except (PermissionError, FileNotFoundError):
            raise
        except OSError as error:
            raise MaybePublishedError(error.errno, error.strerror) from error
        if not is_ours:
            raise FileExistsError(errno.EEXIST, "another process has written it", str(path))

    def take_back(self, path: Path, content: memoryview) -> None:
        """Leave an object without content there, so that a request on its way comes too late."""
        place = own(path)
        try:
            found, entry = self.read_with_tag(place)
        except FileNotFoundError:
            if not self.create(place, b""):
                raise OSError(errno.EAGAIN, "it has just appeared", str(path)) from None
            return
        if found and found == bytes(content):
            self.swap(place, b"", entry.e_tag)

    def was_given_up(self, path: Path) -> bool:
        """Whether there is an object without content."""
        try:
            return not self.read_with_tag(own(path))[0]
        except FileNotFoundError:
            return False

    def create(self, path: Path, content: bytes) -> bool:
        """Put an object unless there is one."""
        self._check_claim()
        return super().create(path, content)

    def replace(self, path: Path, content: bytes) -> None:
        """Put an object."""
        self._check_claim()
        super().replace(path, content)

    def remove(self, path: ObjectPath) -> None:
        """Remove an object, if there is one."""
        self._check_claim()
        super().remove(path)

    def rewrite(self, path: Path, content: memoryview) -> None:
        """Replace the object that was read last."""
        self._check_claim()
        self.swap(path, bytes(content), self.entry(own(path)).e_tag)
        self._entries.pop(own(path).key, None)

    @contextlib.contextmanager
    def new_file(self, path: Path, *, is_durable: bool = True) -> Iterator[Path]:  # noqa: ARG002  # it always is
        """A draft on this machine, which is put then."""
        folder = state_folder(path.parent) / ".drafts"
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder) as drafts:
            draft = Path(drafts, path.name)
            yield draft
            self._check_claim()
            self.upload(path, draft)

    def move(self, path: Path, to: Path) -> None:
        """Copy an object and remove it."""
        self.copy(path, to)
        self.remove(own(path))

    def settle(self, path: Path) -> None:
        """Nothing: what has been put is durable."""

    def claim(self, path: Path, *, wait_unless: threading.Event | None = None) -> Lease | None:
        """Take a lease on an object."""
        self.prove(path.parent)
        if wait_unless is None:
            return Lease.take(self, path)
        return wait_for(self, path, wait_unless)

    @contextlib.contextmanager
    def under(self, claim: Claim) -> Iterator[None]:
        """Let no write begin that another process may have begun meanwhile."""
        self._claims.held = claim
        try:
            yield
        finally:
            self._claims.held = None

    def _check_claim(self) -> None:
        claim = getattr(self._claims, "held", None)
        if claim is not None and not claim.is_held:
            raise OSError(errno.ESTALE, "the lease on changing stored files was lost")

    def prove(self, folder: Path) -> None:
        """UserError unless the server keeps conditional writes; asked once a process."""
        with self._probing:
            if self._ahead is None:
                self._ahead = server_ahead(self, folder)

    def now(self) -> float:
        """The server's time, once it has been told; files of the bucket have theirs from it."""
        return time.time() + (self._ahead or 0.0)

    def scratch(self, folder: Path) -> Path:
        """A folder of this user."""
        return state_folder(folder) / ".spill"

    def each(self, work: Callable[[_In], _Out], items: Iterable[_In]) -> list[_Out]:
        """All at the same time."""
        return list(self._pool.map(work, items))

    def arrow_source(self, path: Path) -> IO[bytes]:
        """A file object."""
        return self.reader(own(path))

    def attach(self, connection: "duckdb.DuckDBPyConnection") -> None:
        """Register a file system for s3:// URLs."""
        from spanlake.storage.files.duckdb_files import DuckdbFiles
        from spanlake.storage.settings import read_ahead

        connection.register_filesystem(DuckdbFiles())
        read_ahead(connection)

    def delta_options(self) -> Mapping[str, str]:
        """delta-rs reads the same variables of the environment as obstore."""
        return {"allow_http": "true", "aws_conditional_put": "etag"}
