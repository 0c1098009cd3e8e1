"""Deleting: stored files are written again without the rows that have to go."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from spanlake.errors import UserError
from spanlake.storage.layout import Layout
from spanlake.storage.parquet import DamagedFileError
from spanlake.storage.rewrite import Progress, opened, replace_rows, rewriting


@dataclass(frozen=True, slots=True)
class Deleted:
    """How many rows are gone."""

    logs: int
    spans: int


def delete_traces(layout: Layout, trace_ids: Collection[str], *, progress: Progress) -> Deleted:
    """Remove the spans and the log records of these traces from every stored file.

    A server may be running. Each file is replaced at once and durably; its name and the requests
    it answers for stay, so that a client's retry brings nothing back. After a crash or an error,
    do it again. UserError for a file that cannot be read or replaced.
    """
    ids = pa.array(sorted(trace_ids), pa.string())
    gone = {"logs": 0, "spans": 0}
    with rewriting(layout) as files:
        for done, (table, path) in enumerate(files):
            progress(done, len(files))
            try:
                gone[table] += _delete_from(path, ids)
            except FileNotFoundError:
                continue  # its commit was taken back
            except (OSError, pa.ArrowException, DamagedFileError) as error:
                raise UserError(
                    f"{path} cannot be rewritten ({error}); files before it are done: "
                    "mend it (`spanlake doctor`), and delete again"
                ) from None
        progress(len(files), len(files))
    return Deleted(**gone)


def _delete_from(path: Path, trace_ids: pa.StringArray) -> int:
    """Rewrite one file without the traces; how many rows that took out of it."""
    with opened(path) as file:
        found = pc.is_in(file.read(columns=["trace_id"])["trace_id"], trace_ids)
        count: int = pc.sum(found).as_py() or 0
        if not count:
            return 0
        rest = file.read().filter(pc.invert(found))
    replace_rows(path, rest)
    return count
