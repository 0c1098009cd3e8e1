"""Which traces a query sums up itself: those that have changed since they were summed up last."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from spanlake.storage.live_views import (
    Chosen,
    Shown,
    bill_all,
    define_kept,
    define_shown,
    define_sources,
    set_live_files,
    sum_up_chosen,
)
from spanlake.storage.parquet_scan import file_names
from spanlake.storage.snapshot import Snapshot, TimeRange
from spanlake.storage.summaries.manifest import FOLDER, KINDS, SOURCES, Manifest
from spanlake.storage.views import sql_text

Snapshots = Mapping[str, Snapshot]

# Stands for the file of what no file says has changed.
_CHANGED = Path("changed")


class LiveScope:
    """Keeps the views of a connection in step with what is kept. For one thread.

    The views of `live_views.define_sums` must be there.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, root: Path) -> None:
        self._connection = connection
        self._root = root
        self._manifest: Manifest | None = None
        self._fresh: set[Path] = set()
        self._versions: tuple[int, ...] = ()
        self._scope: tuple[Chosen, frozenset[str]] = ("all", frozenset())
        self._shown: set[Shown] = set()

    def show(self, *views: Shown) -> None:
        """Have these views from here on; making one takes a while."""
        new = set(views) - self._shown
        define_shown(self._connection, self._scope[0], new)
        self._shown |= new

    def refresh(self, manifest: Manifest | None, snapshots: Snapshots) -> None:
        """Choose the traces with rows in commits that no summary has; all if there is none."""
        if manifest is None:
            if self._manifest is not None:
                self._forget()
            return
        fresh = {
            table: [f for f in snapshots[table].listed if not manifest.is_covered(table, f)]
            for table in SOURCES
        }
        files = {file for some in fresh.values() for file in some}
        versions = tuple(snapshots[table].sealed.version for table in SOURCES)
        if manifest == self._manifest and (files, versions) == (self._fresh, self._versions):
            return
        if manifest != self._manifest:
            self.use(manifest)
        self._versions = versions
        self.read(fresh)
        self.choose("SELECT DISTINCT trace_id FROM live.fresh", snapshots)

    def use(self, manifest: Manifest) -> None:
        """Let what is kept be what a manifest names."""
        for kind in KINDS:
            paths = [self._root / FOLDER / path for path in manifest.files[kind]]
            define_kept(self._connection, kind, paths)
        self._manifest = manifest

    def read(self, fresh: Mapping[str, Sequence[Path]]) -> None:
        """Note of which traces these files have rows; of others no more."""
        now = {file for files in fresh.values() for file in files}
        gone = {"gone": [str(file) for file in sorted(self._fresh - now)]}
        for table in ("fresh", "fresh_responses"):
            self._connection.execute(
                f"DELETE FROM live.{table} WHERE file IN (SELECT unnest($gone))",  # noqa: S608  # one of two
                gone,
            )
        for table, files in fresh.items():
            new = [file for file in files if file not in self._fresh]
            for statement in sql_text(f"fresh_{table}").split(";") if new else ():
                self._connection.execute(statement, {"files": file_names(new)})
        self._fresh = now

    def note_changed(self, trace_ids: pa.ChunkedArray) -> None:
        """Take traces that are kept for ones that have just changed, until files are read again."""
        self._connection.register("changed", pa.table({"trace_id": trace_ids}))
        self._connection.execute(sql_text("fresh_changed"))
        self._connection.unregister("changed")
        self._fresh.add(_CHANGED)

    def choose(self, traces: str, snapshots: Snapshots) -> int:
        """Let queries sum up the traces that a query finds, and their partners: how many these are.

        Partners tell of the same responses of models, of which one trace is billed.
        """
        self._connection.execute(f"CREATE OR REPLACE TABLE live.chosen AS {traces}")
        count, before = self._count(), 0
        while count > before:
            self._connection.execute(sql_text("chosen"))
            count, before = self._count(), count
        if not count:
            self._sum_up("none", set())
            return 0
        first, last = self._connection.execute(sql_text("chosen_extent")).fetchall()[0]
        within = {"received_at": TimeRange(_micros(first), _micros(last))}
        stored = set()
        for table in SOURCES:
            files = snapshots[table].within(within)
            if files:
                set_live_files(self._connection, table, files)
                stored.add(table)
        self._sum_up("some", stored)
        return count

    def _count(self) -> int:
        found = self._connection.execute("SELECT count(*) FROM live.chosen").fetchall()
        return int(found[0][0])

    def _forget(self) -> None:
        self._manifest = None
        self.read({})
        self._sum_up("all", set())

    def _sum_up(self, chosen: Chosen, stored: set[str]) -> None:
        scope = (chosen, frozenset(stored))
        if scope != self._scope and chosen != "none":
            define_sources(self._connection, chosen, stored)
        match chosen:
            case "some":
                sum_up_chosen(self._connection)
            case "all":
                bill_all(self._connection)
        if chosen != self._scope[0]:
            define_shown(self._connection, chosen, self._shown)
        self._scope = scope


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1_000_000)
