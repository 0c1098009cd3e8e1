"""Rows that no collector brings: appended to a table as hot files, durable on return."""

import threading
from concurrent.futures import Future
from typing import NamedTuple

import pyarrow as pa

from spanlake.storage.closing import Closing
from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout
from spanlake.storage.parquet import encode

# Sealing packs them again; and ids, which are most of them, take twice the time at level 3.
_COMPRESSION_LEVEL = 1


class _Waiting(NamedTuple):
    rows: pa.Table
    done: "Future[None]"


class Appender(Closing):
    """Appends to one table under a writer's name of its own, taken with the first rows.

    For any threads: what they bring while a commit runs is the next one.
    """

    def __init__(self, layout: Layout, table: str) -> None:
        self._layout = layout
        self._table = table
        self._writer: HotWriter | None = None
        self._waiting: list[_Waiting] = []
        self._queue = threading.Lock()
        self._commit = threading.Lock()

    def append(self, rows: pa.Table) -> None:
        """Store rows, in columns of the table's schema; durable and visible on return.

        Raises CommitError when they are not, and UserError when the directory cannot be written to.
        """
        mine = _Waiting(rows, Future())
        with self._queue:
            self._waiting.append(mine)
        with self._commit:
            if not mine.done.done():
                self._commit_waiting()
        mine.done.result()

    def close(self) -> None:
        """Give the writer's name back. Safe to call twice."""
        with self._commit:
            if self._writer is not None:
                self._writer.close()
                self._writer = None

    def _commit_waiting(self) -> None:
        with self._queue:
            group, self._waiting = self._waiting, []
        try:
            rows = pa.concat_tables([each.rows for each in group])
            content = encode(rows, [], compression_level=_COMPRESSION_LEVEL)
            self._open().commit(self._table, content)
        except Exception as error:  # noqa: BLE001  # each of those who wait raises it
            for each in group:
                each.done.set_exception(error)
        else:
            for each in group:
                each.done.set_result(None)

    def _open(self) -> HotWriter:
        if self._writer is None:
            writer = HotWriter(self._layout)
            try:
                writer.open_table(self._table)
            except BaseException:
                writer.close()
                raise
            self._writer = writer
        return self._writer


def append(layout: Layout, table: str, rows: pa.Table) -> None:
    """Store rows of a table once; as `Appender.append` does."""
    with Appender(layout, table) as appender:
        appender.append(rows)
