"""Stored files written again: by one process at a time, and each replaced at once and durably."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from spanlake.storage.conform import conformed
from spanlake.storage.exclusive import exclusive
from spanlake.storage.files.directory import REWRITTEN
from spanlake.storage.files.stores import store_of
from spanlake.storage.layout import Layout
from spanlake.storage.parquet import DamagedFileError, encode, read_requests
from spanlake.storage.schema import TABLES
from spanlake.storage.sealed.delta_table import SealedTable
from spanlake.storage.sealed.replace import drop_sealed, replace_sealed

_COMPRESSION_LEVEL = 3

Progress = Callable[[int, int], None]
"""Told how many files are done, and of how many."""


class StoredFile(NamedTuple):
    """A stored file, and the table that its rows are of.

    place: a left file is a hot one whose rows are sealed by now, and that will go by itself.
    """

    table: str
    path: Path
    place: Literal["hot", "sealed", "left"]


class Rewriting:
    """The files that may be rewritten, while nobody else rewrites any. tables: in their order."""

    def __init__(self, layout: Layout, tables: Sequence[str]) -> None:
        self._layout = layout
        self._sealed = {name: SealedTable(layout.sealed(name), TABLES[name]) for name in tables}
        self.files: list[StoredFile] = []
        self._replaced: list[Path] = []
        self.refresh()

    def refresh(self) -> None:
        """Look which files there are now."""
        self.files.clear()
        for name, table in self._sealed.items():
            hot = self._layout.hot_files(name)
            sealed = [table.folder / path for path in table.refresh().paths]
            unsealed = set(table.unsealed(hot))
            self.files += [StoredFile(name, path, "sealed") for path in sealed]
            self.files += [
                StoredFile(name, path, "hot" if path in unsealed else "left") for path in hot
            ]

    def rows(self, file: StoredFile) -> Iterator[pa.Table]:
        """The rows of a file in the columns of its table, in pieces that memory has room for.

        Raises FileNotFoundError, or DamagedFileError, which says why the file cannot be read.
        """
        schema = TABLES[file.table]
        with opened(file.path) as parquet:
            if file.place != "sealed":
                yield conformed(parquet.read(), schema)
                return
            for group in range(parquet.num_row_groups):
                yield conformed(parquet.read_row_group(group), schema)

    def replace(self, file: StoredFile, rows: Iterable[pa.Table]) -> None:
        """Give a file other rows; they go on answering for its requests.

        Readers see the file as it was or as it is, and so does whoever comes after a crash. Raises
        OSError when it could not be replaced (FileNotFoundError: it is no longer there), and
        DamagedFileError as `read_requests` does.
        """
        if file.place != "sealed":
            replace_rows(file.path, pa.concat_tables(rows))
            return
        replace_sealed(self._sealed[file.table], file.path, rows)
        self._replaced.append(file.path)

    def drop(self, file: StoredFile) -> None:
        """Leave a sealed file out of its table, with the requests it answered for."""
        drop_sealed(self._sealed[file.table], file.path)
        self._replaced.append(file.path)

    def erase_replaced(self) -> None:
        """Remove sealed files that were replaced now, before their time."""
        for path in self._replaced:
            path.unlink(missing_ok=True)
        for folder in {path.parent for path in self._replaced}:
            with suppress(FileNotFoundError):
                store_of(folder).settle(folder)
        self._replaced.clear()


@contextmanager
def rewriting(layout: Layout, tables: Sequence[str]) -> Iterator[Rewriting]:
    """Rewrite files of some tables, while nobody else rewrites any.

    Waits until whoever does so has finished: two would each bring back what the other changed.
    UserError for a data directory that cannot be written to.
    """
    with exclusive(layout):
        _drop_drafts(layout, tables)
        yield Rewriting(layout, tables)


@contextmanager
def opened(path: Path) -> Iterator[pq.ParquetFile]:
    """A stored file to read from, and nothing else while it is open.

    Raises FileNotFoundError, or DamagedFileError, which says why the file cannot be read.
    """
    try:
        with pq.ParquetFile(store_of(path).arrow_source(path)) as file:
            yield file
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException) as error:
        raise DamagedFileError(str(error).partition("\n")[0]) from None


def replace_rows(path: Path, rows: pa.Table) -> None:
    """Give a hot file other rows, as `Rewriting.replace` does."""
    # What was read from a file carries that file's own metadata.
    bare = rows.replace_schema_metadata(None)
    content = encode(bare, read_requests(path), compression_level=_COMPRESSION_LEVEL)
    store_of(path).rewrite(path, memoryview(content))


def _drop_drafts(layout: Layout, tables: Iterable[str]) -> None:
    """Remove what an earlier attempt that was cut short has left."""
    for table in tables:
        for folder in layout.hot_folders(table):
            for draft in folder.glob(f"*{REWRITTEN}"):
                draft.unlink()
