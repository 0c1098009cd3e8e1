"""Which traces a query sums up itself: those that have changed since they were summed up last."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from spanlake.storage.live_views import (
    SUMMED,
    Chosen,
    KeptCount,
    Shown,
    add_chosen,
    bill_chosen,
    define_kept,
    define_kept_rows,
    define_shown,
    define_sources,
    set_live_files,
    sum_up_chosen,
)
from spanlake.storage.parquet_scan import file_names, quoted
from spanlake.storage.snapshot import Snapshot, TimeRange
from spanlake.storage.sql_text import sql_text
from spanlake.storage.stored_views import EmptyTables, StoredViews
from spanlake.storage.summaries.manifest import FOLDER, KINDS, SOURCES, Manifest

Snapshots = Mapping[str, Snapshot]
_Version = tuple[int, ...]

# Stands for the file of what no file says has changed.
_CHANGED = Path("changed")
_NOTHING_KEPT = Manifest()
# Which traces are summed up once for all queries.
_ONCE = frozenset({"some", "new"})
_FRESH = "SELECT DISTINCT trace_id FROM live.fresh"
# With nothing kept, more spans are left to each query: it needs less than all of their sums.
_FEW_SPANS = 50_000


class LiveScope:
    """Keeps the views of a connection in step with what is kept. For one thread.

    The tables of `live_views.define_live` must be there.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        root: Path,
        stored: StoredViews | EmptyTables,
    ) -> None:
        self._connection = connection
        self._root = root
        self._stored = stored
        self._manifest: Manifest | None = None
        self._fresh: dict[Path, _Version] = {}
        self._versions: tuple[int, ...] = ()
        self._chosen: Chosen = "all"
        self._read: set[str] | None = None
        self._snapshots: Snapshots = {}
        self._has_grown = False
        self._is_billed = False
        self._shown: set[Shown] = set()
        self._kept_count: KeptCount | None = None
        self._counted: tuple[tuple[Path, ...], int] = ((), 0)

    def show(self, *views: Shown) -> None:
        """Have these views from here on, and what they show summed up; that takes a while."""
        new = set(views) - self._shown
        if not new:
            return
        if self._has_grown:
            # The traces that were chosen last are not all that are summed up.
            self.choose(_FRESH, self._snapshots)
        if self._chosen in _ONCE:
            self._sum_up_chosen(new)
        self._define_shown(self._chosen, new)
        self._shown |= new

    def refresh(self, manifest: Manifest | None, snapshots: Snapshots) -> None:
        """Choose the traces with rows in commits that no summary has.

        Where nothing is kept, these are all; if they are many, each query sums up what it needs.
        """
        if manifest is None and self._are_few(snapshots):
            manifest = _NOTHING_KEPT
        if manifest is None:
            if self._manifest is not None:
                self.forget()
            return
        fresh = {
            table: [f for f in snapshots[table].listed if not manifest.is_covered(table, f)]
            for table in SOURCES
        }
        files = _versions_of(fresh)
        versions = tuple(snapshots[table].sealed.version for table in SOURCES)
        is_known = manifest == self._manifest and versions == self._versions
        if is_known and files == self._fresh:
            return
        new = [file for file in files if file not in self._fresh]
        has_grown = is_known and self._fresh.items() <= files.items() and self._chosen in _ONCE
        if manifest != self._manifest:
            self.use(manifest)
        # Known once all is done: who is interrupted begins again.
        self._versions = ()
        self._snapshots = snapshots
        self.read(fresh)
        if has_grown:
            self._add(new, snapshots)
        else:
            self.choose(_FRESH, snapshots)
        self._versions = versions

    @property
    def has_kept(self) -> bool:
        """Whether `kept.extents` and `live.fresh` tell of every trace when its rows came."""
        return self._manifest is not None and bool(self._manifest.files)

    def use(self, manifest: Manifest) -> None:
        """Let what is kept be what a manifest names."""
        for kind in KINDS if manifest.files else ():
            paths = [self._root / FOLDER / path for path in manifest.files[kind]]
            define_kept(self._connection, kind, paths)
        self._kept_count = None
        self._manifest = manifest

    def read(self, fresh: Mapping[str, Sequence[Path]]) -> None:
        """Note of which traces these files have rows; of others no more."""
        now = _versions_of(fresh)
        gone = [file for file, version in self._fresh.items() if now.get(file) != version]
        for table in ("fresh", "fresh_responses"):
            self._connection.execute(
                f"DELETE FROM live.{table} WHERE file IN (SELECT unnest($gone))",  # noqa: S608  # one of two
                {"gone": [str(file) for file in gone]},
            )
        known = self._fresh.keys() - set(gone)
        for table, files in fresh.items():
            new = [file for file in files if file not in known]
            for statement in sql_text(f"sums/fresh_{table}").split(";") if new else ():
                self._connection.execute(statement, {"files": file_names(new)})
        self._fresh = now

    def note_changed(self, trace_ids: pa.ChunkedArray) -> None:
        """Take traces that are kept for ones that have just changed, until files are read again."""
        self._connection.register("changed", pa.table({"trace_id": trace_ids}))
        self._connection.execute(sql_text("sums/fresh_changed"))
        self._connection.unregister("changed")
        self._fresh[_CHANGED] = ()

    def choose(self, traces: str, snapshots: Snapshots) -> int:
        """Let queries sum up the traces that a query finds, and their partners: how many these are.

        Partners tell of the same responses of models, of which one trace is billed.
        """
        stored = self._choose(traces, snapshots)
        self._has_grown = False
        if stored is None:
            self._connection.execute("TRUNCATE live.summed")
            self._count_kept("all")
            self._sum_up("none")
            return 0
        self._connection.execute("CREATE OR REPLACE TABLE live.summed AS FROM live.chosen")
        self._read_chosen(stored)
        self._sum_up("new" if self._manifest == _NOTHING_KEPT else "some")
        return self._count()

    def _add(self, files: Iterable[Path], snapshots: Snapshots) -> None:
        """Sum up those traces anew of which these files have rows."""
        names = ", ".join(quoted(str(file)) for file in files)
        traces = f"SELECT DISTINCT trace_id FROM live.fresh WHERE file IN ({names})"  # noqa: S608  # files of ours
        stored = self._choose(traces, snapshots)
        if stored is not None:
            self._has_grown = True
            self._read_chosen(stored)
            self._bill_chosen()
            add_chosen(self._connection, self._shown)

    def _choose(self, traces: str, snapshots: Snapshots) -> set[str] | None:
        """Note the traces and their partners, and which tables have rows of them; None for none."""
        self._is_billed = False
        self._connection.execute(f"CREATE OR REPLACE TABLE live.chosen AS {traces}")
        count, before = self._count(), 0
        while count > before:
            self._connection.execute(sql_text("sums/chosen"))
            count, before = self._count(), count
        if not count:
            return None
        ((first, last, is_kept),) = self._connection.execute(
            sql_text("sums/chosen_extent")
        ).fetchall()
        self._count_kept("unless superseded" if is_kept else self._kept_count or "all")
        within = {"received_at": TimeRange(_micros(first), _micros(last))}
        stored = set()
        for table in SOURCES:
            files = snapshots[table].within(within)
            if files:
                set_live_files(self._connection, table, files)
                stored.add(table)
        return stored

    def _count_kept(self, count: KeptCount) -> None:
        """Show what is kept: all of it, if no trace was summed up again; comes after `use`."""
        if self._manifest is None or not self._manifest.files or count == self._kept_count:
            return
        if count == "all" and self._connection.execute("FROM kept.last_summed LIMIT 1").fetchall():
            count = "unless superseded"
        if count != self._kept_count:
            define_kept_rows(self._connection, count)
            self._kept_count = count

    def _are_few(self, snapshots: Snapshots) -> bool:
        """Whether nothing is sealed, and what there is is soon summed up."""
        if any(snapshots[table].sealed.paths for table in SOURCES):
            return False
        hot = snapshots["spans"].hot
        if not hot:
            return False
        if hot != self._counted[0]:
            ((count,),) = self._connection.execute(
                "SELECT count(*) FROM read_parquet($files)", {"files": file_names(hot)}
            ).fetchall()
            self._counted = (hot, count)
        return 0 < self._counted[1] <= _FEW_SPANS

    def _count(self) -> int:
        found = self._connection.execute("SELECT count(*) FROM live.chosen").fetchall()
        return int(found[0][0])

    def forget(self) -> None:
        """Let each query sum up all traces itself."""
        self._has_grown = False
        self.read({})
        self._sum_up("all")
        self._manifest = None

    def _sum_up(self, chosen: Chosen) -> None:
        if chosen in _ONCE and self._shown:
            self._sum_up_chosen(self._shown)
        if chosen != self._chosen:
            self._define_shown(chosen, self._shown)
            self._chosen = chosen

    def _sum_up_chosen(self, views: Collection[Shown]) -> None:
        self._bill_chosen()
        sum_up_chosen(self._connection, views)

    def _bill_chosen(self) -> None:
        if not self._is_billed:
            bill_chosen(self._connection)
            self._is_billed = True

    def _define_shown(self, chosen: Chosen, views: Collection[Shown]) -> None:
        if views and chosen == "all":
            self._stored.make(SUMMED)
        define_shown(self._connection, chosen, views)

    def _read_chosen(self, stored: set[str]) -> None:
        """Let the rows of the chosen traces come from the files of these tables."""
        if stored != self._read:
            define_sources(self._connection, stored)
            self._read = stored


def _versions_of(files: Mapping[str, Sequence[Path]]) -> dict[Path, _Version]:
    """Each file as it is now: who deletes rows gives a file other content under its name."""
    return {file: _version(file) for some in files.values() for file in some}


def _version(file: Path) -> _Version:
    try:
        found = file.stat()
    except FileNotFoundError:  # it has gone since it was listed
        return ()
    return (found.st_mtime_ns, found.st_size)


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1_000_000)
