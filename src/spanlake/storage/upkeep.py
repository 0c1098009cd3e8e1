"""Upkeep of a data directory, by one process at a time: seal, compact, clean up."""

import threading
from collections.abc import Mapping
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from spanlake.config import TailSampling
from spanlake.storage.exclusive import exclusive
from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout
from spanlake.storage.missing import without_gaps
from spanlake.storage.rewrite import Progress
from spanlake.storage.sampling.tail import Sampled, finish, sample
from spanlake.storage.schema import TABLES
from spanlake.storage.sealed.compact import FANOUT, Compacted, compact
from spanlake.storage.sealed.delta_table import SealedTable
from spanlake.storage.sealed.repair import repair_log
from spanlake.storage.sealed.seal import Sealed, seal
from spanlake.storage.sealed.settled import settled_files
from spanlake.storage.sealed.sweep import (
    HOT_GRACE_SECONDS,
    SEALED_GRACE_HOURS,
    clean_log,
    drop_sealed_hot_files,
    vacuum,
)
from spanlake.storage.sealed.write import SealedWriter
from spanlake.storage.summaries.build import SummaryBuilder
from spanlake.storage.summaries.manifest import read_manifest


class TableUpkeep(NamedTuple):
    """What was done to one table."""

    sealed: Sealed
    compacted: Compacted


class Tidied(NamedTuple):
    """How many files were removed, hot and sealed ones."""

    hot: int
    sealed: int


class Upkeep:
    """For one thread. writers: those of this process, by name."""

    def __init__(
        self,
        layout: Layout,
        writers: Mapping[str, HotWriter] | None = None,
        *,
        threads: int = 1,
    ) -> None:
        self._layout = layout
        self._writers = writers or {}
        self._threads = threads
        self._given_up = threading.Event()
        self._builder: SummaryBuilder | None = None
        self._tables: dict[str, tuple[SealedTable, SealedWriter]] = {}
        # By table, the version in which there was nothing to merge, and by which fanout.
        self._compacted: dict[str, tuple[int, int]] = {}

    def prepare(self) -> None:
        """Have at once what it takes later: libraries that begin when memory is short may crash."""
        import_module("deltalake")
        for table in TABLES:
            self._table(table)
        self._summaries()

    def run(self, table: str, *, fanout: int = FANOUT) -> TableUpkeep:
        """Seal what is settled of one table, and merge what is small.

        Waits for others who change stored files. fanout: of compaction. Raises OSError,
        SealedTableError and CompactionError; what was done before stays.
        """
        if self._is_idle(table, fanout):
            return TableUpkeep(Sealed(), Compacted())
        with exclusive(self._layout, self._given_up):
            sealed, writer = self._table(table)
            with settled_files(self._layout, table, self._writers.values()) as hot:
                sealed.refresh()
                new = without_gaps(self._layout, sealed, sealed.unsealed(hot))
                done = seal(sealed, writer, new) if new else Sealed()
            merged = compact(sealed, writer, fanout=fanout)
            if not merged.before:
                self._compacted[table] = (sealed.version, fanout)
            return TableUpkeep(done, merged)

    def sum_up(self) -> int:
        """Sum up the traces of what has been sealed, so that queries need not; how many."""
        with exclusive(self._layout, self._given_up):
            builder = self._summaries()
            # Until it has ended, what was begun by another process is not as it was.
            finish(self._layout, builder)
            return builder.build()

    def sample(
        self, policy: TailSampling, *, now: datetime, progress: Progress = lambda *_: None
    ) -> Sampled:
        """Let stored traces go but for what the policy keeps; see `sampling.tail`.

        What is hot is left until it is sealed.
        """
        with exclusive(self._layout, self._given_up):
            return sample(self._layout, policy, self._summaries(), now=now, progress=progress)

    def interrupt(self) -> None:
        """Stop what another thread is doing, for good; what was done before stays."""
        self._given_up.set()
        for _, writer in list(self._tables.values()):
            writer.interrupt()
        if self._builder is not None:
            self._builder.interrupt()

    def unsealed(self, table: str) -> list[Path]:
        """The hot files that no sealed file has the rows of."""
        sealed, _ = self._table(table)
        sealed.refresh()
        return sealed.unsealed(self._layout.hot_files(table))

    def tidy(
        self,
        table: str,
        *,
        hot_grace: float = HOT_GRACE_SECONDS,
        sealed_grace_hours: int = SEALED_GRACE_HOURS,
    ) -> Tidied:
        """Remove what has been replaced so long ago that nobody reads it any more."""
        with exclusive(self._layout, self._given_up):
            sealed, _ = self._table(table)
            sealed.refresh()
            clean_log(sealed)
            manifest = read_manifest(self._layout.root)
            return Tidied(
                drop_sealed_hot_files(self._layout, table, sealed, manifest, grace=hot_grace),
                vacuum(sealed, grace_hours=sealed_grace_hours),
            )

    def _summaries(self) -> SummaryBuilder:
        if self._builder is None:
            self._builder = SummaryBuilder(self._layout)
        return self._builder

    def _is_idle(self, name: str, fanout: int) -> bool:
        """Whether there is nothing to do, as far as can be told without keeping others out."""
        if name not in self._compacted:
            return False
        return not self.unsealed(name) and self._compacted[name] == (
            self._tables[name][0].version,
            fanout,
        )

    def _table(self, name: str) -> tuple[SealedTable, SealedWriter]:
        """A table whose log is whole, and who writes its files."""
        if name not in self._tables:
            folder = self._layout.sealed(name)
            repair_log(self._layout.root, folder)
            table = SealedTable(folder, TABLES[name])
            writer = SealedWriter(folder, table.sealing, threads=self._threads)
            self._tables[name] = (table, writer)
        return self._tables[name]
