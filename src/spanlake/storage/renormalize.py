"""Renormalising: what is derived from stored spans and log records is derived anew."""

from collections import Counter
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from spanlake.errors import UserError
from spanlake.semconv.arrays import whole
from spanlake.semconv.columns import CANONICAL, SEMCONV_VERSION
from spanlake.semconv.cost import UsageColumns
from spanlake.semconv.normalise import Normaliser
from spanlake.storage.canonical_spans import derived_columns
from spanlake.storage.layout import Layout
from spanlake.storage.log_content import log_content
from spanlake.storage.parquet import DamagedFileError
from spanlake.storage.rewrite import Progress, Rewriting, StoredFile, opened, rewriting
from spanlake.storage.schema import LOG_CONTENT, LOGS, SPANS
from spanlake.storage.summaries.files import forget_summaries
from spanlake.storage.texts import restored

_DEFAULT_EXPERIMENT = "default"
_STARTED = {"spans": "start_time", "logs": "time"}
_USAGE = [field.name for field in fields(UsageColumns)]
_RAW_SPAN = [name for name in SPANS.names if name not in CANONICAL.names]
_RAW_LOG = [name for name in LOGS.names if name not in LOG_CONTENT.names]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which files are renormalised.

    since: only those with a span or log record that started then or later. force: also those that
    are current.
    """

    since: datetime | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class DamagedFile:
    """A stored file that cannot be read, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Renormalized:
    """What was done.

    files: how many were rewritten, with so many spans and logs. skipped: how many could be left
    as they are.
    """

    files: int
    spans: int
    logs: int
    skipped: int
    damaged: tuple[DamagedFile, ...]


def renormalize(
    layout: Layout, normaliser: Normaliser, selection: Selection, *, progress: Progress
) -> Renormalized:
    """Give stored spans and log records the derived columns that they would get if they came now.

    What was sent stays as it is. A server may be running. Each file is replaced at once and
    durably; its name and the requests it answers for stay. A file that is current is left alone,
    so that after a crash or an error it is enough to do it again. UserError when a file cannot be
    replaced.
    """
    rewritten: list[str] = []
    rows = Counter[str]()
    damaged = []
    with rewriting(layout, ("logs", "spans")) as rewrite:
        # What is left over of sealed rows nobody reads any more.
        files = [file for file in rewrite.files if file.place != "left"]
        for done, file in enumerate(files):
            progress(done, len(files))
            try:
                count = _renormalize(rewrite, file, normaliser, selection)
            except DamagedFileError as error:
                damaged.append(DamagedFile(file.path, str(error)))
                continue
            except OSError as error:
                raise UserError(
                    f"{file.path} cannot be replaced ({error.strerror or error}); files before it "
                    "are done: make room or mend the disk, and renormalize again"
                ) from None
            if count:
                rewritten.append(file.table)
                rows[file.table] += count
        if rewritten:
            forget_summaries(layout.root)
        progress(len(files), len(files))
    return Renormalized(
        files=len(rewritten),
        spans=rows["spans"],
        logs=rows["logs"],
        skipped=len(files) - len(rewritten) - len(damaged),
        damaged=tuple(damaged),
    )


def _renormalize(
    rewrite: Rewriting, file: StoredFile, normaliser: Normaliser, selection: Selection
) -> int:
    """Rewrite one file unless it is current; how many rows were written."""
    try:
        with opened(file.path) as parquet:
            count: int = parquet.metadata.num_rows
            if not _is_chosen(parquet, file.table, selection):
                return 0
            if file.table == "spans" and not (selection.force or _is_outdated(parquet, normaliser)):
                return 0
            is_whole = file.table == "spans" or _has_every_column(parquet, LOGS)
        if file.table == "spans":
            rewrite.replace(file, (_renewed_spans(r, normaliser) for r in rewrite.rows(file)))
            return count
        if is_whole and not selection.force and all(map(_is_current, rewrite.rows(file))):
            return 0
        rewrite.replace(file, map(_renewed_logs, rewrite.rows(file)))
    except FileNotFoundError:  # its commit was taken back
        return 0
    return count


def _renewed_spans(rows: pa.Table, normaliser: Normaliser) -> pa.Table:
    """Spans as they would be stored today."""
    raw = restored(rows).select(_RAW_SPAN)
    return _with_columns(rows, derived_columns(raw, _named_experiments(rows), normaliser))


def _renewed_logs(rows: pa.Table) -> pa.Table:
    """Log records as they would be stored today."""
    content = log_content(rows.select(_RAW_LOG))
    return _with_columns(rows, {name: content[name] for name in LOG_CONTENT.names})


def _is_current(rows: pa.Table) -> bool:
    """Whether log records are as they would be stored today: none says by which mapping it was."""
    return bool(log_content(rows.select(_RAW_LOG)).equals(rows.select(LOG_CONTENT.names)))


def _is_chosen(file: pq.ParquetFile, table: str, selection: Selection) -> bool:
    """Whether a file has rows, and any that started late enough."""
    if not file.metadata.num_rows or selection.since is None:
        return bool(file.metadata.num_rows)
    column = _STARTED[table]
    last = pc.max(file.read(columns=[column])[column]).as_py()
    return last is not None and last >= selection.since


def _has_every_column(file: pq.ParquetFile, schema: pa.Schema) -> bool:
    return set(schema.names) <= set(file.schema_arrow.names)


def _is_outdated(file: pq.ParquetFile, normaliser: Normaliser) -> bool:
    """Whether any span was mapped by another version than today's, or has another price."""
    if not _has_every_column(file, SPANS):
        return True
    stored = file.read(columns=["semconv_version", "cost_source", "price_version", *_USAGE])
    mapped = pc.fill_null(pc.equal(stored["semconv_version"], SEMCONV_VERSION), False)
    if not pc.all(mapped).as_py():
        return True
    usage = UsageColumns.of({name: whole(stored[name]) for name in _USAGE})
    priced = pc.coalesce(normaliser.costs(usage).price_version, "")
    same = pc.equal(priced, pc.coalesce(whole(stored["price_version"]), ""))
    reported = pc.fill_null(pc.equal(whole(stored["cost_source"]), "reported"), False)
    return not pc.all(pc.or_(same, reported), min_count=0).as_py()


def _named_experiments(spans: pa.Table) -> pa.StringArray:
    """For each span the experiment that its request named, as far as that can be told, or null.

    A header's experiment is stored nowhere else. One that follows from the stored service is taken
    to be derived, so that it changes with the service; a span's own still goes before any.
    """
    derived = pc.coalesce(spans["service_name"], _DEFAULT_EXPERIMENT)
    experiment = spans["experiment"]
    return whole(pc.if_else(pc.equal(experiment, derived), None, experiment))


def _with_columns(rows: pa.Table, columns: dict[str, pa.Array]) -> pa.Table:
    """Rows with some columns replaced, in the same schema."""
    all_columns = {name: rows[name] for name in rows.column_names} | columns
    return pa.table(all_columns).cast(rows.schema)
