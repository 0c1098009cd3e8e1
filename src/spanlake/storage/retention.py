"""Retention: days that are too old, or too many for the disk, go, but for what is to be kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from spanlake.storage.lake import Lake
from spanlake.storage.layout import Layout
from spanlake.storage.rewrite import Progress, Rewriting, StoredFile, opened, rewriting
from spanlake.storage.sealed.sealing import PARTITION
from spanlake.storage.summaries.files import forget_summaries

Keep = Literal["errors", "assessed"]
# Spans last: what is kept of the others is told by them. What people and judges have said stays.
_TABLES = ("metrics", "logs", "spans")
_KEPT = {
    "errors": "SELECT DISTINCT trace_id FROM spans WHERE is_error",
    "assessed": "SELECT DISTINCT trace_id FROM assessments WHERE trace_id IS NOT NULL",
}


@dataclass(frozen=True, slots=True)
class Retention:
    """What may stay. None is for ever, or of any size.

    max_bytes: of all files of spans, logs and metrics. keep: traces that stay however old they are:
    those with a span that failed, those that somebody or something has assessed.
    """

    max_age: timedelta | None = None
    max_bytes: int | None = None
    keep: tuple[Keep, ...] = ()


@dataclass(frozen=True, slots=True)
class Retained:
    """What went. rows: by table. freed_bytes: on the disk. days: whose rows went, at least some."""

    rows: dict[str, int]
    freed_bytes: int
    days: tuple[date, ...]


class _Day:
    """The sealed files of one day, of all tables."""

    def __init__(self, day: date) -> None:
        self.day = day
        self.files: list[StoredFile] = []

    @property
    def size_bytes(self) -> int:
        return sum(file.path.stat().st_size for file in self.files)


def retain(layout: Layout, policy: Retention, *, now: datetime, progress: Progress) -> Retained:
    """Remove from the sealed files what the policy does not keep; the disk has it back on return.

    A day goes when all of it is too old. A query that runs meanwhile over a day that goes may end
    with an error, never with a part. Today is never one too many. Raises OSError and
    DamagedFileError; what was done before stays done.
    """
    with rewriting(layout, _TABLES) as rewrite:
        days = _days(rewrite)
        kept: pa.StringArray | None = None
        rows = dict.fromkeys(_TABLES, 0)
        gone: list[date] = []
        before = sum(day.size_bytes for day in days)
        left = before
        for at, day in enumerate(days):
            progress(at, len(days))
            if not _is_due(day.day, policy, now=now, size=left):
                continue
            if kept is None:  # a question of the whole lake
                kept = _kept_traces(layout, policy.keep)
            removed = _expire(rewrite, day, kept)
            rewrite.erase_replaced()
            for table, count in removed.items():
                rows[table] += count
            if any(removed.values()):
                gone.append(day.day)
            rewrite.refresh()
            left = sum(each.size_bytes for each in _days(rewrite))
        if gone:
            forget_summaries(layout.root)
        progress(len(days), len(days))
    return Retained(rows, before - left, tuple(gone))


def _is_due(day: date, policy: Retention, *, now: datetime, size: int) -> bool:
    if policy.max_age is not None and day < (now.astimezone(UTC) - policy.max_age).date():
        return True
    is_today = day >= now.astimezone(UTC).date()
    return policy.max_bytes is not None and size > policy.max_bytes and not is_today


def _days(rewrite: Rewriting) -> list[_Day]:
    """The days that have sealed files, the oldest first."""
    days: dict[date, _Day] = {}
    for file in rewrite.files:
        if file.place == "sealed":
            day = date.fromisoformat(file.path.parent.name.removeprefix(f"{PARTITION}="))
            days.setdefault(day, _Day(day)).files.append(file)
    return [days[day] for day in sorted(days)]


def _kept_traces(layout: Layout, keep: Sequence[Keep]) -> pa.StringArray:
    if not keep:
        return pa.array([], pa.string())
    query = " UNION ".join(_KEPT[rule] for rule in keep)
    with Lake(layout.root) as lake:
        return lake.sql(query).to_arrow_table()["trace_id"].combine_chunks()


def _expire(rewrite: Rewriting, day: _Day, kept: pa.StringArray) -> dict[str, int]:
    """Remove a day's rows but those of kept traces; how many went of each table."""
    gone = dict.fromkeys(_TABLES, 0)
    for file in day.files:
        with opened(file.path) as parquet:
            total: int = parquet.metadata.num_rows
            staying = 0
            if len(kept) and "trace_id" in parquet.schema_arrow.names:
                ids = parquet.read(columns=["trace_id"])["trace_id"]
                staying = pc.sum(pc.is_in(ids, kept)).as_py() or 0
        if staying == total:
            continue
        if staying:
            rewrite.replace(
                file, (rows.filter(pc.is_in(rows["trace_id"], kept)) for rows in rewrite.rows(file))
            )
        else:
            rewrite.drop(file)
        gone[file.table] += total - staying
    return gone
