"""A version of a dataset in the making: rows of records begin with it, and others end."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from spanlake.storage.catalog.dataset_record import RecordSource, record_digest
from spanlake.storage.catalog.dataset_tables import DATASET_RECORDS, DATASET_VERSIONS
from spanlake.storage.catalog.datasets import Dataset

# SQLite takes 32,766 parameters in a statement.
BATCH = 5000
"""How many records are read or written at a time."""

_RECORDS = DATASET_RECORDS.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A record's row, but for what tells its versions apart. JSON is text."""

    record_id: str
    position: int
    inputs: str
    outputs: str | None
    expectations: str
    tags: str
    split: str | None
    source: RecordSource
    created_at: datetime

    @property
    def digest(self) -> str:
        """What it says, and not from where or when."""
        return record_digest(self.inputs, self.outputs, self.expectations, self.tags, self.split)


class Standing(NamedTuple):
    """A record in the newest version. version: the one it has been so since."""

    version: int
    content: Content


class Change:
    """The next version of a dataset, within a transaction.

    added, changed, seen: the ids of its records. next_position: of the next one that is new.
    Each method takes BATCH records at most.
    """

    def __init__(self, connection: Connection, dataset: Dataset) -> None:
        self._connection = connection
        self._dataset_id = dataset.dataset_id
        last = connection.execute(
            select(func.max(_RECORDS.position)).where(_RECORDS.dataset_id == dataset.dataset_id)
        ).scalar()
        self.next_position: int = 0 if last is None else last + 1
        self.version = dataset.version + 1
        self.now = datetime.now(UTC)
        self.added: set[str] = set()
        self.changed: set[str] = set()
        self.seen: set[str] = set()

    def standing(self, record_ids: Collection[str]) -> dict[str, Standing]:
        """Those of these records that are in the newest version, by id."""
        rows = self._connection.execute(
            select(DATASET_RECORDS).where(
                _RECORDS.dataset_id == self._dataset_id,
                _RECORDS.to_version.is_(None),
                _RECORDS.record_id.in_(set(record_ids)),
            )
        )
        return {row.record_id: Standing(row.from_version, _content(row)) for row in rows}

    def begin(self, contents: Collection[Content]) -> None:
        """Let these be records from this version on."""
        if contents:
            rows = [self._row(each) for each in contents]
            self._connection.execute(insert(DATASET_RECORDS), rows)

    def end(self, record_ids: Collection[str]) -> int:
        """Let the rows of these records end with this version; how many did."""
        if not record_ids:
            return 0
        return self._connection.execute(
            update(DATASET_RECORDS)
            .where(
                _RECORDS.dataset_id == self._dataset_id,
                _RECORDS.to_version.is_(None),
                _RECORDS.record_id.in_(record_ids),
            )
            .values(to_version=self.version)
        ).rowcount

    def forget(self, record_ids: Collection[str]) -> None:
        """Undo the beginning of these."""
        if record_ids:
            self._connection.execute(
                delete(DATASET_RECORDS).where(
                    _RECORDS.dataset_id == self._dataset_id,
                    _RECORDS.from_version == self.version,
                    _RECORDS.record_id.in_(record_ids),
                )
            )

    def conclude(self, *, removed: int, note: str | None) -> None:
        """Write down what the version is, over all records that stand now."""
        rows = self._connection.execute(
            select(_RECORDS.record_id, _RECORDS.digest)
            .where(_RECORDS.dataset_id == self._dataset_id, _RECORDS.to_version.is_(None))
            .execution_options(yield_per=BATCH)
        )
        lines = sorted(f"{record_id} {digest}\n" for record_id, digest in rows)
        self._connection.execute(
            insert(DATASET_VERSIONS).values(
                dataset_id=self._dataset_id,
                version=self.version,
                digest=hashlib.sha256("".join(lines).encode()).hexdigest(),
                record_count=len(lines),
                added=len(self.added),
                changed=len(self.changed),
                removed=removed,
                note=note,
                created_at=self.now,
            )
        )

    def _row(self, content: Content) -> dict[str, Any]:
        return {
            "dataset_id": self._dataset_id,
            "record_id": content.record_id,
            "from_version": self.version,
            "position": content.position,
            "inputs": content.inputs,
            "outputs": content.outputs,
            "expectations": content.expectations,
            "tags": content.tags,
            "split": content.split,
            "source_type": content.source.source_type,
            "source_trace_id": content.source.trace_id,
            "source_span_id": content.source.span_id,
            "source_session_id": content.source.session_id,
            "digest": content.digest,
            "created_at": content.created_at,
            "updated_at": self.now,
        }


def _content(row: Row[Any]) -> Content:
    return Content(
        record_id=row.record_id,
        position=row.position,
        inputs=row.inputs,
        outputs=row.outputs,
        expectations=row.expectations,
        tags=row.tags,
        split=row.split,
        source=RecordSource(
            row.source_type, row.source_trace_id, row.source_span_id, row.source_session_id
        ),
        created_at=row.created_at,
    )
