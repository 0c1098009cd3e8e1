"""The versions of a dataset: which there are, what is in one, and what one changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.dataset_record import DatasetRecord, RecordSource
from spanlake.storage.catalog.dataset_tables import DATASET_RECORDS, DATASET_VERSIONS, DATASETS
from spanlake.storage.catalog.datasets import EMPTY_DIGEST, Dataset, get_dataset
from spanlake.storage.catalog.json_text import json_value

_RECORDS = DATASET_RECORDS.c
_BATCH = 5000
_PARTS = ("outputs", "expectations", "tags", "split")


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetVersion:
    """A version. added, changed, removed: how many records it did that to."""

    dataset_id: str
    dataset: str
    version: int
    digest: str
    record_count: int
    added: int
    changed: int
    removed: int
    note: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChange:
    """How a record differs between two versions.

    parts: which of outputs, expectations, tags and split do. before, after: the record, None where
    it is not there.
    """

    change: Literal["added", "changed", "removed"]
    record_id: str
    parts: tuple[str, ...]
    before: DatasetRecord | None
    after: DatasetRecord | None


@dataclass(frozen=True, slots=True)
class DatasetAt:
    """A dataset at one of its versions."""

    dataset: Dataset
    version: int
    digest: str
    record_count: int

    def __str__(self) -> str:
        return f"{self.dataset.name}@{self.version}"


def list_versions(catalog: Catalog, name: str | None = None) -> list[DatasetVersion]:
    """The versions of a dataset, or of all of them, oldest first. NotFoundError."""
    dataset_id = None if name is None else get_dataset(catalog, name).dataset_id
    chosen = (
        select(DATASET_VERSIONS, DATASETS.c.name.label("dataset"))
        .join(DATASETS)
        .order_by(DATASETS.c.name, DATASET_VERSIONS.c.version)
    )
    if dataset_id is not None:
        chosen = chosen.where(DATASET_VERSIONS.c.dataset_id == dataset_id)
    with catalog.reading() as connection:
        return [DatasetVersion(**row._asdict()) for row in connection.execute(chosen)]


def find_dataset(catalog: Catalog, reference: str) -> DatasetAt:
    """What NAME or NAME@VERSION names; without a version the newest. Raises NotFoundError."""
    name, at, version = reference.rpartition("@")
    if not at:
        return at_version(catalog, get_dataset(catalog, reference), None)
    if not version.isdecimal():
        raise UserError(
            f"the dataset is {reference}: a version after @ must be a number; "
            f"`spanlake datasets versions {name}` shows them"
        )
    return at_version(catalog, get_dataset(catalog, name), int(version))


def at_version(catalog: Catalog, dataset: Dataset, version: int | None) -> DatasetAt:
    """A dataset at a version, by default at its newest. Raises NotFoundError."""
    if version is None or version == dataset.version:
        return DatasetAt(dataset, dataset.version, dataset.digest, dataset.record_count)
    if version == 0:
        return DatasetAt(dataset, 0, EMPTY_DIGEST, 0)
    with catalog.reading() as connection:
        row = connection.execute(
            select(DATASET_VERSIONS).where(
                DATASET_VERSIONS.c.dataset_id == dataset.dataset_id,
                DATASET_VERSIONS.c.version == version,
            )
        ).one_or_none()
    if row is None:
        raise NotFoundError(
            f"the dataset is {dataset.name}@{version}: its newest version is {dataset.version}; "
            f"`spanlake datasets versions {dataset.name}` shows them"
        )
    return DatasetAt(dataset, row.version, row.digest, row.record_count)


def iter_records(
    catalog: Catalog, dataset: DatasetAt, *, split: str | None = None
) -> Iterator[DatasetRecord]:
    """The records of a version, in the order they came, some thousand in memory at a time."""
    last = -1
    while True:
        # A query a batch, rather than one that stays open for as long as the records are used.
        query = (
            records_of(dataset, split)
            .where(_RECORDS.position > last)
            .order_by(_RECORDS.position)
            .limit(_BATCH)
        )
        with catalog.reading() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            yield record_of_row(row)
        if len(rows) < _BATCH:
            return
        last = rows[-1].position


def count_records(catalog: Catalog, dataset: DatasetAt, *, split: str | None = None) -> int:
    """How many records a version has, or a split of it."""
    if split is None:
        return dataset.record_count
    counted = select(func.count()).select_from(records_of(dataset, split).subquery())
    with catalog.reading() as connection:
        return int(connection.execute(counted).scalar_one())


def diff_versions(
    catalog: Catalog, dataset: Dataset, before: int, after: int
) -> list[RecordChange]:
    """What is different in the records of `after`. Raises NotFoundError."""
    old, new = (at_version(catalog, dataset, version) for version in (before, after))
    with catalog.reading() as connection:
        removed = _differing(connection, old, new)
        added = _differing(connection, new, old)
    changes = (
        _change(record_id, removed.get(record_id), added.get(record_id))
        for record_id in {**removed, **added}
    )
    # A record that was changed, and changed back, is the same.
    return [each for each in changes if each.change != "changed" or each.parts]


def _differing(
    connection: Connection, here: DatasetAt, there: DatasetAt
) -> dict[str, DatasetRecord]:
    """The rows of one version that the other has not."""
    chosen = records_of(here, None).where(~_is_at(there.version)).order_by(_RECORDS.position)
    rows = connection.execute(chosen)
    return {row.record_id: record_of_row(row) for row in rows}


def _change(
    record_id: str, before: DatasetRecord | None, after: DatasetRecord | None
) -> RecordChange:
    if before is None or after is None:
        kind: Literal["added", "removed"] = "added" if before is None else "removed"
        return RecordChange(change=kind, record_id=record_id, parts=(), before=before, after=after)
    parts = tuple(part for part in _PARTS if getattr(before, part) != getattr(after, part))
    return RecordChange(
        change="changed", record_id=record_id, parts=parts, before=before, after=after
    )


def records_of(dataset: DatasetAt, split: str | None = None) -> Select[Any]:
    """The rows of the table that are the records of a version, or of a split of it."""
    chosen = select(DATASET_RECORDS).where(
        _RECORDS.dataset_id == dataset.dataset.dataset_id, _is_at(dataset.version)
    )
    return chosen if split is None else chosen.where(_RECORDS.split == split)


def _is_at(version: int) -> ColumnElement[bool]:
    ended = _RECORDS.to_version
    return (_RECORDS.from_version <= version) & (ended.is_(None) | (ended > version))


def record_of_row(row: Row[Any]) -> DatasetRecord:
    """The record that a row of the table is."""
    return DatasetRecord(
        record_id=row.record_id,
        inputs=json_value(row.inputs),
        outputs=json_value(row.outputs),
        expectations=json_value(row.expectations),
        tags=json_value(row.tags),
        split=row.split,
        source=RecordSource(
            row.source_type, row.source_trace_id, row.source_span_id, row.source_session_id
        ),
        digest=row.digest,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
