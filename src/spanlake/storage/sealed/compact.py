"""Compaction: many small sealed files of a day become few large ones, row for row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from spanlake.errors import SpanlakeError
from spanlake.storage.digest import check_digest
from spanlake.storage.parquet import read_requests
from spanlake.storage.sealed.delta_log import AddedFile, addition, removal
from spanlake.storage.sealed.delta_table import SealedFiles, SealedTable
from spanlake.storage.sealed.sealing import PARTITION
from spanlake.storage.sealed.write import SealedWriter

_TARGET_BYTES = 192 << 20
# Files of one class are merged when there are so many; a row is so written log8 of its days' size
# times. The classes: under 4 MB, 32 MB, and the target, which are left alone.
FANOUT = 8
_CLASSES = (4 << 20, 32 << 20, _TARGET_BYTES // 2)


class CompactionError(SpanlakeError):
    """The rows that came out are not those that went in; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """How many files became how many."""

    before: int = 0
    after: int = 0

    def __add__(self, other: "Compacted") -> "Compacted":
        return Compacted(self.before + other.before, self.after + other.after)


def compact(table: SealedTable, writer: SealedWriter, *, fanout: int = FANOUT) -> Compacted:
    """Merge what is worth it. Only one process may do this at a time; readers notice nothing.

    fanout: how many files of one size and day there must be. The old files stay on disk until they
    are vacuumed.
    """
    files = table.refresh()
    done = Compacted()
    for group in _groups(files, fanout):
        merged = _merged(table, writer, [files.added(at) for at in group])
        if merged is None:
            break  # the table has changed under us; the next round sees how
        done += Compacted(len(group), 1)
    return done


def _groups(files: SealedFiles, fanout: int) -> Iterator[list[int]]:
    """Positions of files that become one, the oldest rows first."""
    by_class: dict[tuple[str, int], list[int]] = {}
    times = list(files.earliest.values())
    oldest_first = np.argsort(times[0], kind="stable").tolist() if times else []
    for at in oldest_first:
        size = int(np.searchsorted(_CLASSES, files.sizes[at], side="right"))
        if size < len(_CLASSES):
            by_class.setdefault((files.days[at], size), []).append(at)
    for members in by_class.values():
        group: list[int] = []
        for at in members:
            group.append(at)
            if sum(files.sizes[each] for each in group) >= _TARGET_BYTES:
                yield group
                group = []
        if len(group) >= max(2, fanout):
            yield group


def _merged(table: SealedTable, writer: SealedWriter, old: Sequence[AddedFile]) -> AddedFile | None:
    """Write files as one and commit that; None when another commit came in between.

    Raises DigestError for a damaged file: its rows shall not pass for sound ones.
    """
    sources = [table.folder / file.path for file in old]
    for source in sources:
        check_digest(source)
    new = writer.merge(old, [request for source in sources for request in read_requests(source)])
    if new.rows != sum(file.rows for file in old):
        (table.folder / new.path).unlink()
        raise CompactionError(
            f"{table.folder}: {[file.path for file in old]} became {new.rows} rows"
        )
    actions = [
        *(removal(file, PARTITION, is_new_data=False) for file in old),
        addition(new, PARTITION, is_new_data=False),
    ]
    while not table.commit("OPTIMIZE", actions):
        there = set(table.refresh().paths)
        if not there.issuperset(file.path for file in old):
            (table.folder / new.path).unlink()
            return None
    return new
