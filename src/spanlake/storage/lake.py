"""The lake as SQL sees it: one DuckDB connection over the files of a data directory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import duckdb
from duckdb.sqltypes import DuckDBPyType

from spanlake.storage.asked_rows import Asked
from spanlake.storage.asked_traces import AskedTraces, asked_traces
from spanlake.storage.assessments.methods import AssessmentMethods
from spanlake.storage.call_texts import leave_texts_out, reads_no_texts
from spanlake.storage.catalog.location import Location, check_directory, find_location
from spanlake.storage.catalog.sql_views import define_catalog
from spanlake.storage.closing import Closing
from spanlake.storage.layout import Layout
from spanlake.storage.lazy_views import LazyViews
from spanlake.storage.metadata_cache import trim_metadata
from spanlake.storage.parquet_scan import is_gone
from spanlake.storage.pruning import Planner
from spanlake.storage.schema import TABLES
from spanlake.storage.settings import connect
from spanlake.storage.snapshot import Bounds, Snapshot, TableReader
from spanlake.storage.stored_views import StoredViews
from spanlake.storage.summaries.manifest import SOURCES, read_manifest
from spanlake.storage.trace_reader.methods import TraceMethods
from spanlake.storage.views import define_macros

# Fewer are opened sooner than a query is planned twice.
_MANY_FILES = 64
# Fewer are opened sooner than it is looked up when a trace came.
_SOME_FILES = 8

Parameters = Sequence[object] | Mapping[str, object]
_T = TypeVar("_T")
_Ask = Callable[[str, Parameters | None], _T]


class Answer(NamedTuple):
    """All of an answer. columns: their names and types."""

    columns: Sequence[tuple[str, DuckDBPyType]]
    rows: list[tuple[Any, ...]]


class Lake(Closing, AssessmentMethods, TraceMethods):
    """SQL over a data directory, while servers write to it or none runs. For one thread.

    catalog: where it is, if the directory's server has not noted it. as_of: only what had been
    received by then is there. threads: cores that a query takes at most; None is all. NotFoundError
    when there is no such directory.
    """

    def __init__(
        self,
        root: Path,
        catalog: Location | None = None,
        *,
        as_of: datetime | None = None,
        threads: int | None = None,
    ) -> None:
        check_directory(root)
        found = find_location(root, catalog)
        self.layout = Layout(root.absolute())
        self._connection = connect(threads=threads)
        self._as_of = as_of
        self._planner: Planner | None = None
        self._readers = {table: TableReader(self.layout, table) for table in TABLES}
        self._snapshots: dict[str, Snapshot] = {}
        self.layout.store.attach(self._connection)
        define_macros(self._connection)
        self._stored = StoredViews(self._connection, as_of=as_of)
        self._views = LazyViews(self._connection, self.layout.root, self._stored)
        self._asked = AskedTraces(self._connection)
        define_catalog(self._connection, found, as_of=as_of)

    def close(self) -> None:
        """Give the connection free. Safe to call twice."""
        self._connection.close()

    def interrupt(self) -> None:
        """Stop the query that another thread is waiting for."""
        self._connection.interrupt()

    def trim(self) -> None:
        """Give back memory that grows with the files it has read; no answer may be half read."""
        trim_metadata(self._connection)

    def sql(self, query: str, params: Parameters | None = None) -> duckdb.DuckDBPyRelation:
        """Ask a question of everything that is stored now.

        Returns a DuckDB relation: .pl(), .df(), .arrow(), .fetchall(). params: for `?` or `$name`
        in the query. Raises duckdb.Error as DuckDB does.
        """
        return self._answer(query, params, self._relation, self._table)

    def rows(self, query: str, params: Parameters | None = None) -> list[tuple[Any, ...]]:
        """The same question, and all rows of its answer.

        Sooner than `sql(...).fetchall()`, for which DuckDB plans the query twice.
        """
        return self.answer(query, params).rows

    def answer(self, query: str, params: Parameters | None = None) -> Answer:
        """The same with the names and types of the columns."""
        return self._answer(query, params, self._whole, self._whole)

    def make_views(self, text: str) -> None:
        """Make the views that a part of a query names, before it becomes a part of one."""
        self._refresh(text)

    def _answer(
        self, query: str, params: Parameters | None, ask: _Ask[_T], ask_at_once: _Ask[_T]
    ) -> _T:
        """Ask with the files and texts in sight that the query needs, as far as that can be told.

        ask_at_once: for when others will be in sight afterwards.
        """
        self._refresh(query)
        try:
            return self._ask_narrowed(query, params, ask, ask_at_once)
        except duckdb.CatalogException:
            if self._views.are_all_made:
                raise
            self._views.make_all()
        except duckdb.Error as error:
            if not is_gone(error):
                raise
            # A file has gone since it was listed: what replaced it is there.
        self._refresh(query)
        return self._ask_narrowed(query, params, ask, ask_at_once)

    def _ask_narrowed(
        self, query: str, params: Parameters | None, ask: _Ask[_T], ask_at_once: _Ask[_T]
    ) -> _T:
        narrowed = leave_texts_out if reads_no_texts(query) else nullcontext
        asked = None if narrowed is leave_texts_out else self._asked_traces(query, params)
        if asked is not None:
            with self._asked.chosen(asked) as came:
                bounds = {table: {"received_at": came} for table in SOURCES if came}
                with self._only_files_within(bounds):
                    return ask_at_once(query, params)
        found: Mapping[str, Bounds] = {}
        # No file of a table has to be found for sums that are kept.
        is_kept = self._views.reads_kept_alone(query)
        planner = None if is_kept else self._planner_of_many()
        if planner is not None:
            with narrowed(planner.connection):
                found = planner.bounds(query, params)
        if not found and narrowed is nullcontext:
            return ask(query, params)
        with narrowed(self._connection), self._only_files_within(found):
            return ask_at_once(query, params)

    def _relation(self, query: str, params: Parameters | None) -> duckdb.DuckDBPyRelation:
        return self._connection.sql(query, params=params)

    def _table(self, query: str, params: Parameters | None) -> duckdb.DuckDBPyRelation:
        relation = self._relation(query, params)
        # A statement that answers nothing has no relation; to ask whether one is true runs it.
        return relation if relation is None else relation.materialize()

    def _whole(self, query: str, params: Parameters | None) -> Answer:
        found = self._connection.execute(query, params)
        return Answer([(name, kind) for name, kind, *_ in found.description], found.fetchall())

    def _asked_traces(self, query: str, params: Parameters | None) -> Asked | None:
        """What a query asks of traces, if it is worth looking up when they came."""
        if self._as_of is not None or len(self._snapshots["spans"].sealed.paths) < _SOME_FILES:
            return None
        asked = asked_traces(query, params)
        if asked and self._views.sums_up("traces"):
            self._views.live.refresh(read_manifest(self.layout.root), self._snapshots)
        return asked if self._views.live.has_kept else None

    def _planner_of_many(self) -> Planner | None:
        """What tells which times a query is about, if there are files enough to look for some."""
        most = max(len(each.sealed.paths) for each in self._snapshots.values())
        if most >= _MANY_FILES and self._planner is None:
            self._planner = Planner()
        return self._planner if most >= _MANY_FILES else None

    @contextmanager
    def _only_files_within(self, bounds: Mapping[str, Bounds]) -> Iterator[None]:
        with ExitStack() as narrowed:
            for table, some in bounds.items():
                # One file at least, as `read_parquet` has it.
                whole = self._snapshots[table]
                if files := whole.within(some) or whole.paths[:1]:
                    narrowed.enter_context(self._stored.only_files(table, files))
            yield

    def _refresh(self, query: str) -> None:
        """From here on a query sees what is there now, and the views it names."""
        # In this order: to be made, a view has to find its files.
        self._take_snapshot()
        # What is kept is of now, and says nothing of an earlier moment.
        if self._views.sums_up(query) and self._as_of is None:
            self._views.live.refresh(read_manifest(self.layout.root), self._snapshots)
        self._views.make_for(query)

    def _take_snapshot(self) -> None:
        """Let the stored views read the files that are there now."""
        snapshots = self.layout.store.each(TableReader.snapshot, self._readers.values())
        for table, snapshot in zip(self._readers, snapshots, strict=True):
            known = self._snapshots.get(table)
            if known is not None and snapshot.is_like(known):
                continue
            self._snapshots[table] = snapshot
            self._stored.set_files(table, snapshot.paths)
