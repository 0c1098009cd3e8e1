"""Deleting: stored files are written again without the rows that have to go."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from spanlake.errors import UserError
from spanlake.storage.layout import Layout
from spanlake.storage.outgoing import waiting_commits
from spanlake.storage.parquet import DamagedFileError
from spanlake.storage.rewrite import (
    Progress,
    Rewriting,
    StoredFile,
    opened,
    replace_rows,
    rewriting,
)
from spanlake.storage.summaries.files import erase_summaries

# Spans last: should it be cut short, they still say which traces are left to delete.
_TABLES = ("run_results", "assessments", "logs", "spans")
# What is said of a session has no trace.
_OF_SESSIONS = ("run_results", "assessments")


@dataclass(frozen=True, slots=True)
class Deleted:
    """How many rows are gone."""

    logs: int
    spans: int
    assessments: int = 0
    run_results: int = 0


def delete_traces(
    layout: Layout,
    trace_ids: Collection[str],
    session_ids: Collection[str] = (),
    *,
    progress: Progress,
) -> Deleted:
    """Remove these traces, and what is said of these sessions, from every stored file.

    What goes of a trace are its spans, log records, assessments, and what runs say of it.

    A server may be running. Each file is replaced at once and durably; its name and the requests
    it answers for stay, so that a client's retry brings nothing back. After a crash or an error,
    do it again. UserError for a file that cannot be read or replaced.
    """
    chosen = Chosen(
        pa.array(sorted(trace_ids), pa.string()), pa.array(sorted(session_ids), pa.string())
    )
    gone = dict.fromkeys(_TABLES, 0)
    with rewriting(layout, _TABLES) as rewrite:
        for done, file in enumerate(rewrite.files):
            progress(done, len(rewrite.files))
            try:
                count = _delete_from(rewrite, file, chosen)
            except FileNotFoundError:
                continue  # its commit was taken back
            except (OSError, pa.ArrowException, DamagedFileError) as error:
                raise UserError(
                    f"{file.path} cannot be rewritten ({error}); files before it are done: "
                    "mend it (`spanlake verify`), and delete again"
                ) from None
            gone[file.table] += count if file.place != "left" else 0
        _delete_from_waiting(layout, chosen)
        rewrite.erase_replaced()
        erase_summaries(layout.root, chosen.trace_ids)
        progress(len(rewrite.files), len(rewrite.files))
    return Deleted(**gone)


class Chosen(NamedTuple):
    """What is deleted: all rows of these traces, and what is said of these sessions."""

    trace_ids: pa.StringArray
    session_ids: pa.StringArray

    def among(self, rows: pa.Table) -> pa.ChunkedArray:
        """Which of some rows it is."""
        found = pc.is_in(rows["trace_id"], self.trace_ids)
        if "session_id" in rows.column_names:
            found = pc.or_(found, pc.is_in(rows["session_id"], self.session_ids))
        return found


def _delete_from_waiting(layout: Layout, chosen: Chosen) -> None:
    """Rewrite what waits to be forwarded without what is chosen."""
    for outgoing in waiting_commits(layout):
        with suppress(FileNotFoundError):  # it has been sent meanwhile
            with opened(outgoing.path) as parquet:
                rows = parquet.read()
            if "trace_id" in rows.column_names:
                among = pc.is_in(rows["trace_id"], chosen.trace_ids)
                if pc.any(among).as_py():
                    replace_rows(outgoing.path, rows.filter(pc.invert(among)))


def _delete_from(rewrite: Rewriting, file: StoredFile, chosen: Chosen) -> int:
    """Rewrite one file without what is chosen; how many rows that took out of it."""
    columns = ["trace_id"]
    if file.table in _OF_SESSIONS:
        columns.append("session_id")
    with opened(file.path) as parquet:
        count: int = pc.sum(chosen.among(parquet.read(columns=columns))).as_py() or 0
    if count:
        rest = (
            rows.filter(pc.invert(chosen.among(rows.select(columns))))
            for rows in rewrite.rows(file)
        )
        rewrite.replace(file, rest)
    return count
