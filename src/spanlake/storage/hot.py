"""Commits: a file is written, made durable, and only then given the name that readers see."""

import errno
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from spanlake.errors import SpanlakeError, UserError
from spanlake.storage.closing import Closing
from spanlake.storage.durable import NEW
from spanlake.storage.files.directory import DRAFT
from spanlake.storage.files.port import Claim, MaybePublishedError
from spanlake.storage.layout import Layout
from spanlake.storage.schema import TABLES
from spanlake.storage.sealed.delta_table import SealedTable

LAST = ".last"
"""How the name of a note ends that a writer stopped after the commit of this number."""
_MAX_WRITERS = 9999
# Numbers in a row that are taken already.
_TRIES = 20


class CommitError(SpanlakeError):
    """A commit did not become durable; nothing of it is visible, or will stay so."""


class _Doubtful(NamedTuple):
    """A commit that readers may see although it is not known to be durable."""

    path: Path
    content: memoryview


class HotWriter(Closing):
    """Writes commits under one writer's name, which no other living process has.

    Not for concurrent use of one table: commits to a table are made one after another.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._store = layout.store
        self._next: dict[str, int] = {}
        self._durable: dict[str, int] = {}
        self._opened_at: dict[str, int] = {}
        self._unsure: dict[str, _Doubtful] = {}
        try:
            self._store.make_folder(layout.writers)
            self.name, self._claim = self._take_slot()
        except OSError as error:
            raise self._layout.unwritable(error, "name a directory you own") from None

    def close(self) -> None:
        """Note the last commits, and give the name back. Safe to call twice."""
        if self._claim.is_held:
            for table in self._durable:
                with suppress(OSError):
                    self._note_last(table)
        self._claim.close()

    @property
    def blocked_by(self) -> list[Path]:
        """Files of failed commits that cannot be taken back yet; their tables take no others."""
        return [each.path for each in self._unsure.values()]

    @property
    def has_name(self) -> bool:
        """Whether nobody else can be this writer; a bucket that is out of reach can cost that."""
        return self._claim.is_held

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
            self._store.make_folder(folder)
            for each in self._layout.hot_folders(table):
                # Who gave a file its name in there may have died before the name was durable.
                self._store.settle(each)
            for draft in (*folder.glob(f"*{DRAFT}"), *folder.glob(f"*{NEW}")):
                if draft.is_file():
                    draft.unlink()
            there = [*self._layout.hot_files(table), *self._layout.hot_notes(table)]
            mine = [file for file in there if file.parent == folder]
        except OSError as error:
            raise self._layout.unwritable(error, "name a directory you own") from None
        newest = max((int(file.stem) for file in mine), default=0)
        sealed = SealedTable(self._layout.sealed(table), TABLES[table])
        sealed.refresh()
        # The files of what is sealed are gone, and others may be lost: their numbers are not given
        # again.
        self._durable[table] = max(newest, sealed.sealed_up_to(self.name))
        self._opened_at[table] = self._durable[table]
        self._next[table] = 1 + self._durable[table]

    def commit(self, table: str, content: pa.Buffer) -> Path:
        """Publish `content` as the table's next file; it is durable and visible on return.

        Raises CommitError when it is not. A file that could be neither made durable nor taken
        back refuses every further commit until it can be: nobody may be told to come again with
        what readers see already.
        """
        try:
            self._take_back(table)
            self._keep_name()
            final = self._published(table, memoryview(content))
        except OSError as error:
            with suppress(OSError):
                self._take_back(table)
            raise CommitError(f"{table}: {error.strerror or error}") from (error.__cause__ or error)
        self._durable[table] = int(final.stem)
        return final

    def _published(self, table: str, content: memoryview, tries: int = _TRIES) -> Path:
        # A number that a reader may have seen is spent: a name never means two contents. One that
        # nobody can have seen is not: whoever finds a number missing knows that a file is lost.
        final = self._layout.hot_file(table, self.name, self._next[table])
        try:
            self._store.publish(final, content)
        except FileExistsError:
            self._next[table] += 1
            if tries:  # it was given up by whoever had this name before
                return self._published(table, content, tries - 1)
            raise
        except MaybePublishedError:
            self._next[table] += 1
            self._unsure[table] = _Doubtful(final, content)
            raise
        self._next[table] += 1
        if not self._claim.is_held:
            # Another may have sealed past this number before the file was there.
            self._unsure[table] = _Doubtful(final, content)
            raise OSError(errno.ESTALE, f"the name {self.name} was held too long")
        return final

    def _note_last(self, table: str) -> None:
        """Let a later look find out if the last commit is lost."""
        if self._durable[table] > self._opened_at[table]:
            last = self._layout.hot_file(table, self.name, self._durable[table])
            self._store.create(last.with_suffix(LAST), b"the writer stopped after this one\n")
            self._opened_at[table] = self._durable[table]

    def _take_back(self, table: str) -> None:
        if table in self._unsure:
            self._store.take_back(*self._unsure[table])
            del self._unsure[table]

    def _keep_name(self) -> None:
        """Have a name that is this process's alone, another one if that was lost."""
        if self._claim.is_held:
            return
        if not self._claim.is_lost:
            raise OSError(errno.ESTALE, f"the name {self.name} could not be renewed")
        self.name, self._claim = self._take_slot()
        for table in list(self._next):
            self.open_table(table)

    def _take_slot(self) -> tuple[str, Claim]:
        """The first writer name that no living process has, and the claim to it."""
        folder = self._layout.writers
        for number in range(1, _MAX_WRITERS + 1):
            claim = self._store.claim(folder / f"{number:04d}.lock")
            if claim is not None:
                return f"{number:04d}", claim
        raise UserError(f"{folder} has {_MAX_WRITERS} writers already; stop some of them")
