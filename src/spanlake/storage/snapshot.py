"""The files that hold a table's rows at one moment: each row in one of them, and in no other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from spanlake.storage.layout import Layout
from spanlake.storage.schema import TABLES
from spanlake.storage.sealed.delta_table import SealedFiles, SealedTable


class TimeRange(NamedTuple):
    """Microseconds since the epoch, both ends included; None is open."""

    first: int | None
    last: int | None


Bounds = Mapping[str, TimeRange]
"""By column of times: the only rows that are asked for are within it."""


@dataclass(frozen=True)
class Snapshot:
    """One table. hot: commits that are not sealed yet, by writer and sequence.

    listed: these, and those whose files are still there. sealed_up_to: the last commit that is
    sealed, by writer.
    """

    folder: Path
    hot: tuple[Path, ...] = ()
    sealed: SealedFiles = field(default_factory=SealedFiles)
    listed: tuple[Path, ...] = ()
    sealed_up_to: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def paths(self) -> list[Path]:
        """All files, the newest rows first as far as is known."""
        return self.within({})

    def within(self, bounds: Bounds) -> list[Path]:
        """The files that may have rows within all of these bounds."""
        wanted = np.ones(len(self.sealed.paths), bool)
        latest = np.zeros(len(wanted), np.int64)
        for column, ends in self.sealed.latest.items():
            latest = np.maximum(latest, ends)
            bound = bounds.get(column)
            if bound is None:
                continue
            if bound.first is not None:
                wanted &= ends >= bound.first
            if bound.last is not None:
                wanted &= self.sealed.earliest[column] <= bound.last
        newest_first = np.flatnonzero(wanted)[np.argsort(-latest[wanted], kind="stable")]
        sealed = [self.folder / self.sealed.paths[at] for at in newest_first.tolist()]
        return [*reversed(self.hot), *sealed]

    def is_like(self, other: "Snapshot") -> bool:
        """Whether both are of the same files."""
        return self.listed == other.listed and self.sealed.version == other.sealed.version

    def is_sealed(self, hot_file: Path) -> bool:
        """Whether the rows of a commit are in a sealed file."""
        return int(hot_file.stem) <= self.sealed_up_to.get(hot_file.parent.name, 0)

    @property
    def sealed_paths(self) -> list[Path]:
        """The sealed files."""
        return [self.folder / path for path in self.sealed.paths]


class TableReader:
    """Takes snapshots of one table, each a little work for what has changed. For one thread."""

    def __init__(self, layout: Layout, table: str) -> None:
        self._layout = layout
        self._table = table
        self.sealed = SealedTable(layout.sealed(table), TABLES[table])

    def snapshot(self) -> Snapshot:
        """The files as they are now. SealedTableError when the log of the table is damaged."""
        # In this order: what is sealed in between is then in both, and is dropped from the first.
        hot = self._layout.hot_files(self._table)
        sealed = self.sealed.refresh()
        writers = sorted({file.parent.name for file in hot})
        return Snapshot(
            self.sealed.folder,
            tuple(self.sealed.unsealed(hot)),
            sealed,
            tuple(hot),
            {writer: self.sealed.sealed_up_to(writer) for writer in writers},
        )


def stored_files(layout: Layout, table: str) -> list[Path]:
    """The files that hold a table's rows now."""
    return TableReader(layout, table).snapshot().paths
