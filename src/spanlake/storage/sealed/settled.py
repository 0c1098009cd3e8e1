"""Which hot files are settled: durable, and not to be taken back by the writer that made them."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import groupby
from pathlib import Path

from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout


@contextmanager
def settled_files(
    layout: Layout, table: str, writers: Iterable[HotWriter]
) -> Iterator[Sequence[Path]]:
    """The settled hot files of a table, by writer and sequence, while they stay so.

    writers: those of this process, which know it themselves. A writer that nobody is any
    more cannot take anything back, and nobody becomes it meanwhile. Of any other writer the last
    file is in doubt.
    """
    with ExitStack() as held:
        settled: list[Path] = []
        # A writer may have had to take another name.
        mine_by_name = {writer.name: writer for writer in writers}
        for folder, files in groupby(layout.hot_files(table), lambda file: file.parent):
            mine = list(files)
            if folder.name in mine_by_name:
                last = mine_by_name[folder.name].durable_up_to(table)
                mine = [file for file in mine if int(file.stem) <= last]
            elif held.enter_context(_as_writer(layout, folder.name)):
                layout.store.settle(folder)
            else:
                del mine[-1]
            settled += mine
        yield settled


@contextmanager
def _as_writer(layout: Layout, name: str) -> Iterator[bool]:
    """Be a writer that no living process is; False for one that is."""
    claim = layout.store.claim(layout.writers / f"{name}.lock")
    if claim is None:
        yield False
        return
    try:
        yield True
    finally:
        claim.close()
