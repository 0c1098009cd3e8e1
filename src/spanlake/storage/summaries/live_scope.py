"""Which traces a query sums up itself: those that have changed since they were summed up last."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from spanlake.storage.live_views import (
    Chosen,
    KeptCount,
    Shown,
    add_chosen,
    bill_all,
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
from spanlake.storage.summaries.manifest import FOLDER, KINDS, SOURCES, Manifest

Snapshots = Mapping[str, Snapshot]
_Version = tuple[int, ...]

# Stands for the file of what no file says has changed.
_CHANGED = Path("changed")
_NOTHING_KEPT = Manifest()
# With nothing kept, more spans are left to each query: it needs less than all of their sums.
_FEW_SPANS = 50_000


class LiveScope:
    """Keeps the views of a connection in step with what is kept. For one thread.

    The views of `live_views.define_sums` must be there.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, root: Path) -> None:
        self._connection = connection
        self._root = root
        self._manifest: Manifest | None = None
        self._fresh: dict[Path, _Version] = {}
        self._versions: tuple[int, ...] = ()
        self._scope: tuple[Chosen, frozenset[str]] = ("all", frozenset())
        self._shown: set[Shown] = set()
        self._kept_count: KeptCount | None = None
        self._counted: tuple[tuple[Path, ...], int] = ((), 0)

    def show(self, *views: Shown) -> None:
        """Have these views from here on; making one takes a while."""
        new = set(views) - self._shown
        define_shown(self._connection, self._scope[0], new)
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
        has_grown = (
            is_known and self._fresh.items() <= files.items() and self._scope[0] in ("some", "new")
        )
        if manifest != self._manifest:
            self.use(manifest)
        self._versions = versions
        self.read(fresh)
        if has_grown:
            self._add(new, snapshots)
        else:
            self.choose("SELECT DISTINCT trace_id FROM live.fresh", snapshots)

    def received(
        self, condition: str, params: Mapping[str, object] | None = None
    ) -> TimeRange | None:
        """From when to when rows came of the traces that meet a condition on their id.

        None where that is not known. Comes after `refresh`.
        """
        if not self.has_kept:
            return None
        query = sql_text("sums/asked_extent").replace("$condition", condition)
        first, last = self._connection.execute(query, params or None).fetchall()[0]
        # A range that nothing is within, where there are no such traces.
        return TimeRange(1, 0) if first is None else TimeRange(_micros(first), _micros(last))

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
        if stored is None:
            self._connection.execute("TRUNCATE live.summed")
            self._count_kept("all")
            self._sum_up("none", set())
            return 0
        self._connection.execute("CREATE OR REPLACE TABLE live.summed AS FROM live.chosen")
        self._sum_up("new" if self._manifest == _NOTHING_KEPT else "some", stored)
        return self._count()

    def _add(self, files: Iterable[Path], snapshots: Snapshots) -> None:
        """Sum up those traces anew of which these files have rows."""
        names = ", ".join(quoted(str(file)) for file in files)
        traces = f"SELECT DISTINCT trace_id FROM live.fresh WHERE file IN ({names})"  # noqa: S608  # files of ours
        stored = self._choose(traces, snapshots)
        if stored is not None:
            self._define_sources(self._scope[0], stored)
            add_chosen(self._connection)

    def _choose(self, traces: str, snapshots: Snapshots) -> set[str] | None:
        """Note the traces and their partners, and which tables have rows of them; None for none."""
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
        if hot != self._counted[0]:
            counted = self._connection.execute("SELECT count(*) FROM lake.spans").fetchall()
            self._counted = (hot, int(counted[0][0]))
        return 0 < self._counted[1] <= _FEW_SPANS

    def _count(self) -> int:
        found = self._connection.execute("SELECT count(*) FROM live.chosen").fetchall()
        return int(found[0][0])

    def forget(self) -> None:
        """Let each query sum up all traces itself."""
        self._manifest = None
        self.read({})
        self._sum_up("all", set())

    def _sum_up(self, chosen: Chosen, stored: set[str]) -> None:
        before = self._scope[0]
        if chosen == "none":
            self._scope = (chosen, frozenset())
        else:
            self._define_sources(chosen, stored)
        match chosen:
            case "some" | "new":
                sum_up_chosen(self._connection)
            case "all":
                bill_all(self._connection)
        if chosen != before:
            define_shown(self._connection, chosen, self._shown)

    def _define_sources(self, chosen: Chosen, stored: set[str]) -> None:
        scope = (chosen, frozenset(stored))
        if scope != self._scope:
            define_sources(self._connection, chosen, stored)
            self._scope = scope


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
