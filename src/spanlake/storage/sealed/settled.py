"""Which hot files are settled: durable, and not to be taken back by the writer that made them."""

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import groupby
from pathlib import Path

from spanlake.storage.durable import sync_folder
from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout


@contextmanager
def settled_files(
    layout: Layout, table: str, writers: Mapping[str, HotWriter]
) -> Iterator[Sequence[Path]]:
    """The settled hot files of a table, by writer and sequence, while they stay so.

    writers: those of this process, by name, which know it themselves. A writer that nobody is any
    more cannot take anything back, and nobody becomes it meanwhile. Of any other writer the last
    file is in doubt.
    """
    with ExitStack() as held:
        settled: list[Path] = []
        for folder, files in groupby(layout.hot_files(table), lambda file: file.parent):
            mine = list(files)
            if folder.name in writers:
                last = writers[folder.name].durable_up_to(table)
                mine = [file for file in mine if int(file.stem) <= last]
            elif held.enter_context(_as_writer(layout.writers / f"{folder.name}.lock")):
                sync_folder(folder)
            else:
                del mine[-1]
            settled += mine
        yield settled


@contextmanager
def _as_writer(lock_file: Path) -> Iterator[bool]:
    """Be a writer that no living process is; False for one that is."""
    lock = os.open(lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(lock)
