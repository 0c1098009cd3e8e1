"""What has been committed and is still to be sent on: hot files, held by links until it is.

<data>/forwarding/otlp/0001/spans/000000000042.parquet  a commit of writer 0001 that waits
<data>/forwarding/otlp/0001/spans/taken                 the number of the last one taken in

A link costs no bytes while the hot file is there, and keeps its content when that is sealed and
removed. One process at a time uses a writer's queue: the one that writes as it.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from google.protobuf.message import Message

from spanlake.otlp.export import logs_request, metrics_request, traces_request
from spanlake.storage.conform import conformed
from spanlake.storage.durable import make_folder, replace_file, sync_folder
from spanlake.storage.layout import Layout
from spanlake.storage.schema import TABLES
from spanlake.storage.texts import restored

_FOLDER = "forwarding"
_TAKEN = "taken"
_FIRST_ROWS = 1024


class Outgoing(NamedTuple):
    """A commit that waits. size: in bytes, on disk."""

    table: str
    path: Path
    size: int


class OutgoingQueue:
    """The commits of one writer that one exporter has not sent yet, oldest first in each table.

    A queue that is new begins behind what its writer has committed so far.
    """

    def __init__(
        self, layout: Layout, exporter: str, writer: str, committed: Mapping[str, int]
    ) -> None:
        self._layout = layout
        self._writer = writer
        self._root = layout.root / _FOLDER / exporter / writer
        self._taken = {table: self._open(table, number) for table, number in committed.items()}

    def take_in(self) -> None:
        """Hold what has been committed since; durably, on return."""
        for table in self._taken:
            new = [
                file
                for file in self._layout.hot_files(table)
                if file.parent.name == self._writer and int(file.stem) > self._taken[table]
            ]
            for file in new:
                with suppress(FileExistsError):
                    os.link(file, self._root / table / file.name)
            if new:
                sync_folder(self._root / table)
                self._taken[table] = self._note(table, int(new[-1].stem))

    def waiting(self) -> list[Outgoing]:
        """Everything that waits, in the order in which it is to be sent."""
        found = [
            Outgoing(table, file, file.stat().st_size)
            for table in self._taken
            for file in (self._root / table).glob("*.parquet")
        ]
        return sorted(found, key=lambda each: (each.path.name, each.table))

    @staticmethod
    def done(outgoing: Outgoing) -> None:
        """Let go of a commit that has been sent, or never will be."""
        outgoing.path.unlink(missing_ok=True)

    def _open(self, table: str, committed: int) -> int:
        make_folder(self._root / table)
        try:
            return int((self._root / table / _TAKEN).read_text("ascii"))
        except (FileNotFoundError, ValueError):
            return self._note(table, committed)

    def _note(self, table: str, taken: int) -> int:
        replace_file(self._root / table / _TAKEN, str(taken).encode())
        return taken


def waiting_commits(layout: Layout) -> list[Outgoing]:
    """What waits to be sent by any exporter of any writer."""
    return [
        Outgoing(file.parent.name, file, file.stat().st_size)
        for file in (layout.root / _FOLDER).glob("*/*/*/*.parquet")
    ]


def rows_of(outgoing: Outgoing) -> pa.Table:
    """The rows of a commit, with all their texts. OSError or pa.ArrowException if it is damaged."""
    rows = conformed(pq.read_table(outgoing.path), TABLES[outgoing.table])
    return restored(rows) if outgoing.table == "spans" else rows


def count_of(outgoing: Outgoing) -> int:
    """How many rows a commit has. OSError or pa.ArrowException if it is damaged."""
    rows: int = pq.read_metadata(outgoing.path).num_rows
    return rows


def requests_of(outgoing: Outgoing, rows: pa.Table, most_bytes: int) -> Iterator[tuple[bytes, int]]:
    """Rows of a commit as export requests, each with its number of items.

    A request is larger than `most_bytes` only when it is of a single item.
    """
    make = _REQUESTS[outgoing.table]
    at, count = 0, _FIRST_ROWS
    while at < len(rows):
        part = rows.slice(at, count)
        payload = make(part).SerializeToString()
        if len(payload) > most_bytes and len(part) > 1:
            count = max(1, len(part) // 2)
            continue
        yield payload, len(part)
        at += len(part)


_REQUESTS: Mapping[str, Callable[[pa.Table], Message]] = {
    "spans": traces_request,
    "logs": logs_request,
    "metrics": metrics_request,
}
