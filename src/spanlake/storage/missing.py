"""Commits that are lost: their files are gone, and nobody sealed them or took them back.

The numbers of a writer's commits count up, and whoever takes one back leaves a note, in a bucket an
object without content. So a number that is missing below another one is a file that is lost. It is
looked for beyond what is sealed: numbers up to there are in the log of the sealed table.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from spanlake.storage.layout import Layout
from spanlake.storage.quarantine import note_loss, quarantined
from spanlake.storage.sealed.delta_table import SealedTable

MISSING = "it is missing"


def missing_files(layout: Layout, table: str, sealed: SealedTable) -> list[Path]:
    """The unsealed hot files that are lost, but for those that were noted before.

    Nobody else may seal meanwhile; writers may write.
    """
    # A list that is read while files are added may lack one and have the next: so it is read again.
    suspects = _gaps(_numbered(layout, table), sealed)
    again = set(_gaps(_numbered(layout, table), sealed)) if suspects else ()
    return _lost(layout, [path for path in suspects if path in again])


def without_gaps(layout: Layout, sealed: SealedTable, files: Sequence[Path]) -> list[Path]:
    """Those of some settled hot files that may be sealed; what is lost before them is noted.

    To seal a commit is to say that all before it are sealed. So none is that comes after one which
    is there, and was not listed.
    """
    gaps = _lost(layout, _gaps(files, sealed))
    unlisted = [path for path in gaps if path.exists()]
    for path in gaps:
        if path not in unlisted:
            note_loss(layout.root, path, MISSING, is_told=False)
    return [
        file
        for file in files
        if not any(path.parent == file.parent and path < file for path in unlisted)
    ]


def _numbered(layout: Layout, table: str) -> list[Path]:
    return [*layout.hot_files(table), *layout.hot_notes(table)]


def _gaps(there: Iterable[Path], sealed: SealedTable) -> list[Path]:
    """The files that are not among these, beyond what is sealed and up to the last number."""
    last: defaultdict[Path, int] = defaultdict(int)
    known = set(there)
    for file in known:
        last[file.parent] = max(last[file.parent], int(file.stem))
    wanted = (
        folder / f"{number:012d}.parquet"
        for folder in sorted(last)
        for number in range(sealed.sealed_up_to(folder.name) + 1, last[folder] + 1)
    )
    return [path for path in wanted if path not in known]


def _lost(layout: Layout, gaps: Sequence[Path]) -> list[Path]:
    known = set(quarantined(layout.root)) if gaps else set()
    return [
        path
        for path in gaps
        if path.relative_to(layout.root).as_posix() not in known
        and not layout.store.was_given_up(path)
    ]
