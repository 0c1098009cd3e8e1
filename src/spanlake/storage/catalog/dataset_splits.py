"""Splits: the parts of a dataset that are kept apart, such as one to tune on and one to test on."""

import hashlib
from collections.abc import Mapping

from sqlalchemy import select

from spanlake.errors import UserError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.dataset_merge import Merged, merge_records
from spanlake.storage.catalog.dataset_record import NewRecord, RecordSource
from spanlake.storage.catalog.dataset_tables import DATASET_RECORDS
from spanlake.storage.catalog.datasets import get_dataset

_RANGE = 1 << 64


def assign_splits(
    catalog: Catalog, name: str, weights: Mapping[str, float], *, note: str | None = None
) -> Merged:
    """Give every record one of these splits, in about these proportions, as the next version.

    A record's split depends on its inputs alone, so that it keeps it as others come.
    Raises NotFoundError, and UserError for weights that are none.
    """
    total = sum(weights.values())
    if not weights or min(weights.values()) < 0 or not 0 < total < float("inf"):
        raise UserError(
            f"the splits are {dict(weights)}: must be names with weights of 0 or more that are "
            "not all 0, such as train=0.8 test=0.2"
        )
    dataset = get_dataset(catalog, name)
    with catalog.reading() as connection:
        rows = connection.execute(
            select(DATASET_RECORDS.c.record_id, DATASET_RECORDS.c.inputs).where(
                DATASET_RECORDS.c.dataset_id == dataset.dataset_id,
                DATASET_RECORDS.c.to_version.is_(None),
            )
        ).all()
    records = (
        NewRecord(
            record_id=record_id,
            inputs=inputs,
            split=_split_of(record_id, weights, total),
            source=RecordSource("CODE"),
        )
        for record_id, inputs in rows
    )
    return merge_records(catalog, name, records, note=note)


def _split_of(record_id: str, weights: Mapping[str, float], total: float) -> str:
    hashed = int.from_bytes(hashlib.sha256(f"split {record_id}".encode()).digest()[:8])
    left = hashed / _RANGE * total
    for split, weight in weights.items():
        left -= weight
        if left < 0:
            return split
    return next(reversed(list(weights)))
