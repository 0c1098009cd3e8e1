"""Summing traces up, so that queries need not."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template

import pyarrow as pa

from spanlake.storage.layout import Layout
from spanlake.storage.live_views import (
    SHOWN,
    bill_chosen,
    define_live,
    define_sources,
    sum_up_chosen,
)
from spanlake.storage.metadata_cache import trim_metadata
from spanlake.storage.parquet_scan import file_names, quoted
from spanlake.storage.schema import TABLES
from spanlake.storage.settings import connect
from spanlake.storage.snapshot import Snapshot, TableReader
from spanlake.storage.sql_text import sql_text
from spanlake.storage.stored_views import StoredViews
from spanlake.storage.summaries.files import copy_rows, remove_unused
from spanlake.storage.summaries.live_scope import LiveScope
from spanlake.storage.summaries.manifest import (
    FOLDER,
    KINDS,
    SOURCES,
    Manifest,
    read_manifest,
    write_manifest,
)
from spanlake.storage.views import define_macros

# Traces that are summed up at once: some hundred megabytes of memory.
_TRACES = 10_000
_THREADS = 2
_MEMORY = "2GB"
# Bytes that are known of files from one time to the next, when most of them are others.
_MOST_METADATA = 64 << 20
# More small files of a kind than this are put together.
_MOST_FILES = 12
_LARGE_BYTES = 16 << 20


class SummaryBuilder:
    """Sums up the traces of sealed commits. By one process at a time; for one thread."""

    def __init__(self, layout: Layout) -> None:
        self._root = layout.root
        self._readers = {table: TableReader(layout, table) for table in TABLES}
        self._connection = connect(threads=_THREADS, reads_ahead=False)
        self._connection.execute(f"SET memory_limit = '{_MEMORY}'")
        spill = quoted(str(layout.store.scratch(self._root / FOLDER)))
        self._connection.execute(f"SET temp_directory = {spill}")
        layout.store.attach(self._connection)
        define_macros(self._connection)
        define_live(self._connection)
        define_sources(self._connection, ())
        self._sum_up_chosen()
        self._scope = LiveScope(self._connection, self._root, StoredViews(self._connection))

    def interrupt(self) -> None:
        """Stop what another thread is building; it raises duckdb.InterruptException."""
        self._connection.interrupt()

    def build(self, *, changed: pa.ChunkedArray | None = None) -> int:
        """Sum up what has been sealed since the last time; how many traces that were.

        changed: ids of traces whose sealed rows have been rewritten since, or removed. Without
        summaries that this version can use, all is summed up. Raises OSError and duckdb.Error;
        what was there before stays.
        """
        snapshots = {table: reader.snapshot() for table, reader in self._readers.items()}
        old = read_manifest(self._root)
        covered = {
            table: {**(old.covered.get(table, {}) if old else {}), **snapshots[table].sealed_up_to}
            for table in SOURCES
        }
        if old is not None and old.covered == covered and changed is None:
            return 0
        manifest = old or self._first()
        scope = self._scope
        scope.use(manifest)
        scope.read(_to_read(snapshots, old))
        if old is not None and changed is not None:
            scope.note_changed(changed)
        ((waiting,),) = self._connection.execute(sql_text("sums/waiting")).fetchall()
        files = {kind: list(manifest.files[kind]) for kind in KINDS}
        generation, total = manifest.generation, 0
        for first in range(0, waiting, _TRACES):
            some = Template(sql_text("sums/not_done")).substitute(first=first, end=first + _TRACES)
            count = scope.choose(some, snapshots)
            if not count:
                continue
            self._sum_up_chosen()
            generation += 1
            for kind in KINDS:
                files[kind].append(self._write(kind, generation))
            self._connection.execute("INSERT INTO done FROM live.chosen")
            total += count
        self._scope.use(Manifest(generation, covered, files))
        for kind in KINDS:
            files[kind] = self._merged(kind, files[kind], generation)
        write_manifest(self._root, Manifest(generation, covered, files))
        remove_unused(self._root, [path for paths in files.values() for path in paths])
        trim_metadata(self._connection, most=_MOST_METADATA, limit=_MEMORY)
        return total

    def _first(self) -> Manifest:
        """A manifest of files without rows."""
        self._scope.forget()
        return Manifest(0, {}, {kind: [self._write(kind, 0, "WHERE false")] for kind in KINDS})

    def _sum_up_chosen(self) -> None:
        bill_chosen(self._connection)
        sum_up_chosen(self._connection, SHOWN)

    def _write(self, kind: str, generation: int, where: str = "") -> str:
        """Write the rows of one kind of the chosen traces."""
        rows = sql_text(f"sums/summed_{kind}").replace("$generation", str(generation))
        return copy_rows(self._connection, self._root, f"{kind}-{generation}", f"{rows} {where}")

    def _merged(self, kind: str, paths: Sequence[str], generation: int) -> list[str]:
        """The files of one kind, the small ones put together if there are many."""
        folder = self._root / FOLDER
        small = [path for path in paths if (folder / path).stat().st_size < _LARGE_BYTES]
        if len(small) <= _MOST_FILES:
            return list(paths)
        names = ", ".join(quoted(name) for name in file_names([folder / path for path in small]))
        rows = sql_text(f"sums/merged_{kind}").replace("$files", f"[{names}]")
        merged = copy_rows(self._connection, self._root, f"{kind}-{generation}", rows)
        return [*(path for path in paths if path not in small), merged]


def _to_read(snapshots: Mapping[str, Snapshot], old: Manifest | None) -> dict[str, Sequence[Path]]:
    """The files whose traces have to be summed up."""
    if old is None:
        return {table: snapshots[table].sealed_paths for table in SOURCES}
    return {
        table: [
            file
            for file in snapshots[table].listed
            if not old.is_covered(table, file) and snapshots[table].is_sealed(file)
        ]
        for table in SOURCES
    }
