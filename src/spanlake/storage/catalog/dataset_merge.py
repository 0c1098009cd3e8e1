"""New versions of a dataset: records merged into it, and records taken out.

Records of equal inputs are one. Merged into one that is stored, expectations and tags are added by
key, outputs and split replaced where they are given; what is not said stays.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.dataset_record import (
    Granularity,
    NewRecord,
    RecordSource,
    record_digest,
)
from spanlake.storage.catalog.dataset_schema import RecordSchemas
from spanlake.storage.catalog.dataset_tables import DATASET_RECORDS, DATASET_VERSIONS, DATASETS
from spanlake.storage.catalog.datasets import Dataset, locked_dataset
from spanlake.storage.catalog.json_text import json_text, json_value

# SQLite takes 32,766 parameters in a statement.
_BATCH = 5000
_RECORDS = DATASET_RECORDS.c
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of the records. version: the one they are in; no new one if nothing changed.

    unchanged: those that said nothing new.
    """

    version: int
    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
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
        return record_digest(self.inputs, self.outputs, self.expectations, self.tags, self.split)


@dataclass(slots=True)
class _Change:
    """A version in the making."""

    dataset_id: str
    version: int
    now: datetime
    next_position: int
    added: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)


def merge_records(
    catalog: Catalog,
    name: str,
    records: Iterable[NewRecord],
    *,
    note: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Merged:
    """Add records to a dataset, all or none of them, as its next version.

    progress: told how many have been read. Raises NotFoundError, and UserError for a record that
    is none, is against the schema of the dataset, or is a conversation among single turns.
    """
    with catalog.writing() as connection:
        dataset = locked_dataset(connection, name)
        schemas = RecordSchemas(dataset.inputs_schema, dataset.expectations_schema)
        granularity = dataset.granularity
        change = _begun(connection, dataset)
        for batch in _batches(records):
            for record in batch:
                granularity = _check_granularity(name, granularity, record)
                schemas.check_inputs(record.inputs, record.record_id)
            _merge_batch(connection, change, batch, schemas)
            if progress is not None:
                progress(len(batch))
        if granularity != dataset.granularity:
            connection.execute(
                update(DATASETS)
                .where(DATASETS.c.dataset_id == dataset.dataset_id)
                .values(granularity=granularity)
            )
        if change.added or change.changed:
            _record_version(connection, change, removed=0, note=note)
    return Merged(
        version=change.version if change.added or change.changed else dataset.version,
        added=len(change.added),
        changed=len(change.changed),
        unchanged=len(change.seen - change.added - change.changed),
    )


def replace_record(  # noqa: PLR0913  # which one, by what, and under which condition
    catalog: Catalog,
    name: str,
    record_id: str,
    record: NewRecord,
    *,
    digest: str | None = None,
    note: str | None = None,
) -> Merged:
    """Let a record say exactly this from the next version on; other inputs give it another id.

    digest: of the record as the caller has seen it. Raises NotFoundError, and UserError for a
    record that is against the schema, that others changed meanwhile, or that is there already.
    """
    with catalog.writing() as connection:
        dataset = locked_dataset(connection, name)
        stored = _standing(connection, dataset.dataset_id, [record_id, record.record_id])
        if record_id not in stored:
            raise NotFoundError(
                f"the record is {record_id}: {dataset.name}@{dataset.version} has none of that id; "
                f"`spanlake datasets show {dataset.name}` shows them"
            )
        known = stored[record_id].content
        if digest is not None and digest != known.digest:
            raise UserError(
                f"the record {record_id} was changed meanwhile, in version {dataset.version}: "
                "look at what it says now, and change that"
            )
        is_moved = record.record_id != record_id
        if is_moved and record.record_id in stored:
            raise UserError(
                f"the record {record.record_id} has these inputs already, and equal inputs are one "
                "record: change that one, or delete one of the two"
            )
        schemas = RecordSchemas(dataset.inputs_schema, dataset.expectations_schema)
        _check_granularity(name, dataset.granularity, record)
        schemas.check_inputs(record.inputs, record.record_id)
        change = _begun(connection, dataset)
        new = _replaced(known, record, change)
        schemas.check_expectations(new.expectations, record.record_id)
        if not is_moved and new.digest == known.digest:
            return Merged(version=dataset.version, added=0, changed=0, unchanged=1)
        _end(connection, change, [record_id])
        (change.added if is_moved else change.changed).add(new.record_id)
        connection.execute(insert(DATASET_RECORDS), [_row(change, new)])
        _record_version(connection, change, removed=int(is_moved), note=note)
    return Merged(version=change.version, added=int(is_moved), changed=1 - is_moved, unchanged=0)


def _replaced(known: _Content, record: NewRecord, change: _Change) -> _Content:
    """What the record says, in the place of another, and from where that was."""
    return _Content(
        record_id=record.record_id,
        position=known.position,
        inputs=record.inputs,
        outputs=record.outputs,
        expectations=json_text(dict(record.expectations), typed="expectations"),
        tags=json_text(dict(record.tags), typed="tags"),
        split=record.split,
        source=known.source,
        created_at=known.created_at if record.record_id == known.record_id else change.now,
    )


def delete_records(
    catalog: Catalog, name: str, record_ids: Collection[str], *, note: str | None = None
) -> int:
    """Take records out, as the next version; how many there were. Earlier versions keep them.

    Raises NotFoundError if there is no such dataset.
    """
    removed = 0
    with catalog.writing() as connection:
        dataset = locked_dataset(connection, name)
        change = _begun(connection, dataset)
        for batch in _batches(dict.fromkeys(record_ids)):
            removed += _end(connection, change, batch)
        if removed:
            _record_version(connection, change, removed=removed, note=note)
    return removed


def _begun(connection: Connection, dataset: Dataset) -> _Change:
    last = connection.execute(
        select(func.max(_RECORDS.position)).where(_RECORDS.dataset_id == dataset.dataset_id)
    ).scalar()
    return _Change(
        dataset.dataset_id, dataset.version + 1, datetime.now(UTC), 0 if last is None else last + 1
    )


def _merge_batch(
    connection: Connection, change: _Change, batch: Sequence[NewRecord], schemas: RecordSchemas
) -> None:
    stored = _standing(connection, change.dataset_id, [each.record_id for each in batch])
    before = {record_id: row.content for record_id, row in stored.items()}
    after = dict(before)
    for record in batch:
        known = after.get(record.record_id)
        merged = _merged(known, record, change)
        change.next_position += known is None
        if known is None or merged.expectations != known.expectations:
            schemas.check_expectations(merged.expectations, record.record_id)
        after[record.record_id] = merged
    change.seen.update(after)
    new = {
        record_id: content
        for record_id, content in after.items()
        if record_id not in before or content.digest != before[record_id].digest
    }
    # A record may come twice in one merge: its row of this version is then written anew.
    again = [each for each in new if each in stored and stored[each].version == change.version]
    _end(connection, change, [each for each in new if each in stored and each not in again])
    _forget(connection, change, again)
    change.added.update(new.keys() - stored.keys())
    change.changed.update((new.keys() & stored.keys()) - change.added)
    if new:
        connection.execute(insert(DATASET_RECORDS), [_row(change, each) for each in new.values()])


def _merged(known: _Content | None, record: NewRecord, change: _Change) -> _Content:
    expectations = json_value(known.expectations) if known else {}
    tags = json_value(known.tags) if known else {}
    outputs, split = (known.outputs, known.split) if known else (None, None)
    return _Content(
        record_id=record.record_id,
        position=known.position if known else change.next_position,
        inputs=known.inputs if known else record.inputs,
        outputs=record.outputs if record.has_outputs else outputs,
        expectations=json_text({**expectations, **record.expectations}, typed="expectations"),
        tags=json_text({**tags, **record.tags}, typed="tags"),
        split=split if record.split is None else record.split,
        source=known.source if known else record.source,
        created_at=known.created_at if known else change.now,
    )


@dataclass(frozen=True, slots=True)
class _Standing:
    version: int
    content: _Content


def _standing(
    connection: Connection, dataset_id: str, record_ids: Sequence[str]
) -> dict[str, _Standing]:
    """Those of these records that are in the newest version, by id."""
    rows = connection.execute(
        select(DATASET_RECORDS).where(
            _RECORDS.dataset_id == dataset_id,
            _RECORDS.to_version.is_(None),
            _RECORDS.record_id.in_(set(record_ids)),
        )
    )
    return {row.record_id: _Standing(row.from_version, _content(row)) for row in rows}


def _content(row: Row[Any]) -> _Content:
    return _Content(
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


def _row(change: _Change, content: _Content) -> dict[str, Any]:
    return {
        "dataset_id": change.dataset_id,
        "record_id": content.record_id,
        "from_version": change.version,
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
        "updated_at": change.now,
    }


def _end(connection: Connection, change: _Change, record_ids: Sequence[str]) -> int:
    """Let the rows of these records end with this version; how many did."""
    if not record_ids:
        return 0
    return connection.execute(
        update(DATASET_RECORDS)
        .where(
            _RECORDS.dataset_id == change.dataset_id,
            _RECORDS.to_version.is_(None),
            _RECORDS.record_id.in_(record_ids),
        )
        .values(to_version=change.version)
    ).rowcount


def _forget(connection: Connection, change: _Change, record_ids: Sequence[str]) -> None:
    if record_ids:
        connection.execute(
            delete(DATASET_RECORDS).where(
                _RECORDS.dataset_id == change.dataset_id,
                _RECORDS.from_version == change.version,
                _RECORDS.record_id.in_(record_ids),
            )
        )


def _record_version(
    connection: Connection, change: _Change, *, removed: int, note: str | None
) -> None:
    """Write down what the version is, over all records that stand now."""
    rows = connection.execute(
        select(_RECORDS.record_id, _RECORDS.digest)
        .where(_RECORDS.dataset_id == change.dataset_id, _RECORDS.to_version.is_(None))
        .execution_options(yield_per=_BATCH)
    )
    lines = sorted(f"{record_id} {digest}\n" for record_id, digest in rows)
    connection.execute(
        insert(DATASET_VERSIONS).values(
            dataset_id=change.dataset_id,
            version=change.version,
            digest=hashlib.sha256("".join(lines).encode()).hexdigest(),
            record_count=len(lines),
            added=len(change.added),
            changed=len(change.changed),
            removed=removed,
            note=note,
            created_at=change.now,
        )
    )


def _check_granularity(
    name: str, granularity: Granularity | None, record: NewRecord
) -> Granularity | None:
    """What the records of the dataset stand for. Raises UserError for one that differs."""
    if granularity is None or record.granularity in (None, granularity):
        return granularity or record.granularity
    raise UserError(
        f"the record {record.record_id} is of a {record.granularity}: the records of {name!r} are "
        f"each of a {granularity}, and the two cannot be mixed; make a dataset of its own for it"
    )


def _batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
