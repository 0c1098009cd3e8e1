"""What a lake asks of the place that its files are in; a directory and a bucket both have it.

Files have the paths of `pathlib`: those in a bucket are `ObjectPath`s, which read, list and remove
like others. Here is what pathlib has no word for: what is durable, what happens once, and what may
be done by one process alone.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    import duckdb

_In = TypeVar("_In")
_Out = TypeVar("_Out")


class MaybePublishedError(OSError):
    """Publishing failed, and readers may see the file nevertheless, now or later."""


class Claim(Protocol):
    """A name that no other process has, until it is closed or its process dies."""

    @property
    def is_held(self) -> bool:
        """Whether nobody else can have it now."""

    @property
    def is_lost(self) -> bool:
        """Whether another process has it; this one will not have it again."""

    def close(self) -> None:
        """Give it free. Safe to call twice."""


class Store(Protocol):
    """A place of files. All of it raises OSError; thread-safe."""

    look_seconds: float
    """How often it costs next to nothing to look for what is new."""

    def walk(self, folder: Path) -> Iterator[tuple[Path, list[str]]]:
        """Folders below this one, and this one, with the names of their files, in no order.

        Nothing where there is no such folder.
        """

    def make_folder(self, folder: Path) -> None:
        """Make a folder and those it stands in, unless they are there; their names are durable."""

    def publish(self, path: Path, content: memoryview) -> None:
        """Make a new file: readers see all of it or nothing, and it is durable on return.

        Raises MaybePublishedError where that is not known, FileExistsError when another has the
        name, and OSError when nobody sees anything of it.
        """

    def take_back(self, path: Path, content: memoryview) -> None:
        """Let nobody see what `publish` may have published, now or later; nobody has the name."""

    def was_given_up(self, path: Path) -> bool:
        """Whether there is no such file because it was taken back."""

    def create(self, path: Path, content: bytes) -> bool:
        """Make a file that is there whole and durable on return, or not at all.

        False when somebody else made one of that name first; theirs stays.
        """

    def replace(self, path: Path, content: bytes) -> None:
        """Give a file this content at once and durably, whether or not it was there."""

    def rewrite(self, path: Path, content: memoryview) -> None:
        """Give a published file another content, at once and durably; its age stays as it can.

        FileNotFoundError when it is no longer there.
        """

    def new_file(self, path: Path, *, is_durable: bool = True) -> AbstractContextManager[Path]:
        """A file of this machine to write; at the end it is the file at `path`, and durable.

        When the block raises, nothing is left of it. Its name must be one that nobody else takes.
        is_durable: False for what can be made anew, that nobody waits for the disk.
        """

    def move(self, path: Path, to: Path) -> None:
        """Give a file another name, durably."""

    def settle(self, path: Path) -> None:
        """Make durable what others wrote to a file, or named and removed in a folder."""

    def claim(self, path: Path, *, wait_unless: threading.Event | None = None) -> Claim | None:
        """Have a name for this process alone; None when another has it.

        wait_unless: wait until it is free, or until this is set, as far as can be. UserError where
        the store cannot keep anybody out.
        """

    def under(self, claim: Claim) -> AbstractContextManager[None]:
        """Within, this thread writes only while the claim is held, and else raises OSError."""

    def arrow_source(self, path: Path) -> Path | IO[bytes]:
        """A file as pyarrow takes it for its `source`."""

    def attach(self, connection: "duckdb.DuckDBPyConnection") -> None:
        """Let a connection of DuckDB read the files."""

    def delta_options(self) -> Mapping[str, str] | None:
        """What delta-rs has to be told to read them."""

    def scratch(self, folder: Path) -> Path:
        """A folder of this machine for what memory has no room for, by one process at a time."""

    def now(self) -> float:
        """Seconds since the epoch, by the clock that files have their times of change from."""

    def each(self, work: Callable[[_In], _Out], items: Iterable[_In]) -> list[_Out]:
        """Do something with each; at the same time where that is mostly waiting."""
