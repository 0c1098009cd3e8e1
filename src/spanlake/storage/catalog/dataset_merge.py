"""New versions of a dataset: records merged into it, and records taken out.

Records of equal inputs are one. Merged into one that is stored, expectations and tags are added by
key, outputs and split replaced where they are given; what is not said stays.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from sqlalchemy import update

from spanlake.errors import NotFoundError, UserError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.dataset_change import BATCH, Change, Content
from spanlake.storage.catalog.dataset_record import Granularity, NewRecord
from spanlake.storage.catalog.dataset_schema import RecordSchemas
from spanlake.storage.catalog.dataset_tables import DATASETS
from spanlake.storage.catalog.datasets import locked_dataset
from spanlake.storage.catalog.json_text import json_text, json_value

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
        change = Change(connection, dataset)
        for batch in _batches(records):
            for record in batch:
                granularity = _check_granularity(name, granularity, record)
                schemas.check_inputs(record.inputs, record.record_id)
            _merge_batch(change, batch, schemas)
            if progress is not None:
                progress(len(batch))
        if granularity != dataset.granularity:
            connection.execute(
                update(DATASETS)
                .where(DATASETS.c.dataset_id == dataset.dataset_id)
                .values(granularity=granularity)
            )
        if change.added or change.changed:
            change.conclude(removed=0, note=note)
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
        change = Change(connection, dataset)
        stored = change.standing([record_id, record.record_id])
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
        new = _replaced(known, record, change)
        schemas.check_expectations(new.expectations, record.record_id)
        if not is_moved and new.digest == known.digest:
            return Merged(version=dataset.version, added=0, changed=0, unchanged=1)
        change.end([record_id])
        (change.added if is_moved else change.changed).add(new.record_id)
        change.begin([new])
        change.conclude(removed=int(is_moved), note=note)
    return Merged(version=change.version, added=int(is_moved), changed=1 - is_moved, unchanged=0)


def _replaced(known: Content, record: NewRecord, change: Change) -> Content:
    """What the record says, in the place of another, and from where that was."""
    return Content(
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
        change = Change(connection, dataset)
        for batch in _batches(dict.fromkeys(record_ids)):
            removed += change.end(batch)
        if removed:
            change.conclude(removed=removed, note=note)
    return removed


def _merge_batch(change: Change, batch: Sequence[NewRecord], schemas: RecordSchemas) -> None:
    stored = change.standing([each.record_id for each in batch])
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
    change.end([each for each in new if each in stored and each not in again])
    change.forget(again)
    change.added.update(new.keys() - stored.keys())
    change.changed.update((new.keys() & stored.keys()) - change.added)
    change.begin(new.values())


def _merged(known: Content | None, record: NewRecord, change: Change) -> Content:
    expectations = json_value(known.expectations) if known else {}
    tags = json_value(known.tags) if known else {}
    outputs, split = (known.outputs, known.split) if known else (None, None)
    return Content(
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
    while batch := list(islice(iterator, BATCH)):
        yield batch
