"""Every stored byte against the digest that it was published with."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from spanlake.storage.digest import DigestError, check_digest
from spanlake.storage.exclusive import exclusive
from spanlake.storage.files.stores import store_of
from spanlake.storage.layout import Layout
from spanlake.storage.missing import MISSING, missing_files
from spanlake.storage.quarantine import aside_of, note_loss, quarantine, untold
from spanlake.storage.rewrite import Progress
from spanlake.storage.schema import TABLES
from spanlake.storage.sealed.checkpoint import is_intact
from spanlake.storage.sealed.delta_log import LOG, has_own_digest, removal
from spanlake.storage.sealed.delta_table import SealedFiles, SealedTable, SealedTableError
from spanlake.storage.sealed.sealing import PARTITION
from spanlake.storage.summaries.files import damaged_summaries, forget_summaries


@dataclass(frozen=True, slots=True)
class Damage:
    """A file that is not as it was published.

    rows: how many it had, None where that cannot be told. first, last: when these began, as far as
    that is known. aside: where the file is now; None if it is where it was, or nowhere.
    """

    table: str
    path: Path
    reason: str
    rows: int | None = None
    first: datetime | None = None
    last: datetime | None = None
    aside: Path | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """How many files and bytes were read, and what is damaged of them."""

    files: int
    size_bytes: int
    damage: tuple[Damage, ...]


def verify(layout: Layout, *, progress: Progress) -> Verified:
    """Read every file, and put those of damaged rows aside, so that no query takes them for sound.

    A server may be running. UserError for a data directory that cannot be written to.
    """
    with exclusive(layout):
        checks = [_TableCheck(layout, name) for name in TABLES]
        total = sum(len(check.files) for check in checks)
        damage = list(_untold(layout))
        size = done = 0
        for check in checks:
            damage += check.log_damage()
            damage += check.missing()
            for path in check.files:
                progress(done, total)
                done += 1
                size += _size(path)
                damage += check.damage(path)
        for path in damaged_summaries(layout.root):
            damage.append(Damage("summaries", path, "it is not as written; it is made anew", 0))
        if damage:
            forget_summaries(layout.root)
        progress(total, total)
    return Verified(total, size, tuple(damage))


def _untold(layout: Layout) -> Iterator[Damage]:
    """What was found when commits were sealed, and put aside or noted as lost."""
    for loss in untold(layout.root):
        note_loss(layout.root, loss.file, loss.reason)
        table = loss.file.relative_to(layout.root).parts[0]
        aside = aside_of(layout.root, loss.file)
        reason = loss.reason.removeprefix(f"{loss.file}: ")
        yield Damage(table, loss.file, reason, aside=aside if aside.exists() else None)


class _TableCheck:
    """One table. files: all that hold rows of it."""

    def __init__(self, layout: Layout, name: str) -> None:
        self._layout = layout
        self._name = name
        self._table = SealedTable(layout.sealed(name), TABLES[name])
        self._sealed = SealedFiles()
        self._unreadable = ""
        try:
            self._sealed = self._table.refresh()
        except SealedTableError as error:
            self._unreadable = str(error)
        self._sealed_at = {
            self._table.folder / path: at for at, path in enumerate(self._sealed.paths)
        }
        self.files = [*self._sealed_at, *layout.hot_files(name)]

    def log_damage(self) -> Iterator[Damage]:
        """What is damaged of the log that says which sealed files there are."""
        log = self._table.folder / LOG
        if self._unreadable:
            yield self._found(log, self._unreadable)
        for commit in sorted(log.glob("[0-9]*.json")):
            try:
                is_sound = has_own_digest(commit.read_bytes()) is not False
            except (ValueError, AttributeError, IndexError):
                is_sound = False
            if not is_sound:
                yield self._found(commit, "the commit is not as it was written")
        for checkpoint in sorted(log.glob("[0-9]*.checkpoint.parquet")):
            try:
                is_sound = is_intact(checkpoint)
            except (FileNotFoundError, UnicodeDecodeError):
                is_sound = False
            if not is_sound:
                yield self._found(checkpoint, "the checkpoint is not as it was written")

    def missing(self) -> Iterator[Damage]:
        """The commits that are lost, which are noted then."""
        # Without the log it is not known which were sealed.
        for path in (
            [] if self._unreadable else missing_files(self._layout, self._name, self._table)
        ):
            note_loss(self._layout.root, path, MISSING)
            yield self._found(path, MISSING)

    def damage(self, path: Path) -> Iterator[Damage]:
        """What is damaged of one file of rows, which is put aside then."""
        at = self._sealed_at.get(path)
        try:
            check_digest(path)
            if at is not None and _rows(path) != self._sealed.rows[at]:
                reason = "it has other rows than the log of the table says"
            else:
                return
        except FileNotFoundError:
            if at is None:
                return  # it has been sealed meanwhile, or its commit was taken back
            reason = MISSING
        except (DigestError, OSError, pa.ArrowException) as error:
            reason = str(error).removeprefix(f"{path}: ")
        yield self._put_aside(path, reason, at)

    def _put_aside(self, path: Path, reason: str, at: int | None) -> Damage:
        lost = self._found(path, reason)
        if at is not None:
            times = self._table.sealing.times[0]
            lost = Damage(
                self._name,
                path,
                reason,
                self._sealed.rows[at],
                _moment(self._sealed.earliest[times][at]),
                _moment(self._sealed.latest[times][at]),
            )
            action = removal(self._sealed.added(at), PARTITION, is_new_data=True)
            while not self._table.commit("QUARANTINE", [action]):
                self._table.refresh()
        aside = None
        if path.exists():
            aside = quarantine(self._layout.root, path, reason)
        else:
            note_loss(self._layout.root, path, reason)
        return Damage(lost.table, path, reason, lost.rows, lost.first, lost.last, aside)

    def _found(self, path: Path, reason: str) -> Damage:
        return Damage(self._name, path, reason)


def _moment(micros: np.int64) -> datetime | None:
    """A time that the log of a table has; None where it has none."""
    try:
        return datetime.fromtimestamp(int(micros) / 1_000_000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _rows(path: Path) -> int:
    rows: int = pq.read_metadata(store_of(path).arrow_source(path)).num_rows
    return rows


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
