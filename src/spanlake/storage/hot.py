"""Commits: a file is written, made durable, and only then given the name that readers see."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from spanlake.errors import SpanlakeError, UserError
from spanlake.storage.durable import make_folder, sync_folder, write_file
from spanlake.storage.layout import Layout
from spanlake.storage.schema import TABLES
from spanlake.storage.sealed.delta_table import SealedTable

_MAX_WRITERS = 9999


class CommitError(SpanlakeError):
    """A commit did not become durable; nothing of it is visible, or will stay so."""


class HotWriter:
    """Writes commits under one writer's name, which no other living process has.

    Not for concurrent use of one table: commits to a table are made one after another.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._next: dict[str, int] = {}
        self._durable: dict[str, int] = {}
        # By table, a file that readers see although its commit is not known to be durable.
        self._unsure: dict[str, Path] = {}
        try:
            make_folder(layout.writers)
            self.name, self._lock = _take_slot(layout.writers)
        except OSError as error:
            raise self._unwritable(error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the name back. Safe to call twice."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    @property
    def blocked_by(self) -> list[Path]:
        """Files of failed commits that cannot be taken back yet; their tables take no others."""
        return list(self._unsure.values())

    def durable_up_to(self, table: str) -> int:
        """The number of the last commit that is known to be durable; no earlier one is in doubt."""
        return self._durable.get(table, 0)

    def open_table(self, table: str) -> None:
        """Make the table's folder, drop what unfinished commits left, and find the next number.

        All files there are of the table, by any writer, are durable on return. Raises UserError
        when the folder cannot be written to.
        """
        folder = self._layout.hot(table, self.name)
        try:
            make_folder(folder)
            for each in self._layout.hot_folders(table):
                # Who gave a file its name in there may have died before the name was durable.
                sync_folder(each)
            for draft in folder.glob("*.tmp"):
                if draft.is_file():
                    draft.unlink()
            mine = [file for file in self._layout.hot_files(table) if file.parent == folder]
        except OSError as error:
            raise self._unwritable(error) from None
        newest = max((int(file.stem) for file in mine), default=0)
        sealed = SealedTable(self._layout.sealed(table), TABLES[table])
        sealed.refresh()
        # The files of what is sealed are gone, their numbers are not given again.
        self._durable[table] = max(newest, sealed.sealed_up_to(self.name))
        self._next[table] = 1 + self._durable[table]

    def commit(self, table: str, content: pa.Buffer) -> Path:
        """Publish `content` as the table's next file; it is durable and visible on return.

        Raises CommitError when it is not. A file that could be neither made durable nor taken
        back refuses every further commit until it can be: nobody may be told to come again with
        what readers see already.
        """
        final = self._layout.hot_file(table, self.name, self._next[table])
        draft = final.with_suffix(".tmp")
        # The number is spent whatever happens: a name never means two contents.
        self._next[table] += 1
        try:
            self._take_back(table)
            write_file(draft, content)
            draft.rename(final)
            self._unsure[table] = final
            sync_folder(final.parent)
        except OSError as error:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            with suppress(OSError):
                self._take_back(table)
            raise CommitError(f"{table}: {error.strerror or error}") from error
        del self._unsure[table]
        self._durable[table] = int(final.stem)
        return final

    def _take_back(self, table: str) -> None:
        if table in self._unsure:
            self._unsure[table].unlink(missing_ok=True)
            del self._unsure[table]

    def _unwritable(self, error: OSError) -> UserError:
        return UserError(
            f"--data is {self._layout.root}: cannot be written ({error.strerror}); "
            "name a directory you own"
        )


def _take_slot(folder: Path) -> tuple[str, int]:
    """The first writer name that no living process holds, and the lock that holds it."""
    for number in range(1, _MAX_WRITERS + 1):
        lock = os.open(folder / f"{number:04d}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        return f"{number:04d}", lock
    raise UserError(f"{folder} has {_MAX_WRITERS} writers already; stop some of them")
