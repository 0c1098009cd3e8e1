"""Records of a dataset as a list shows them: some of a version, a page at a time."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select

from spanlake.errors import NotFoundError
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.dataset_record import DatasetRecord
from spanlake.storage.catalog.dataset_tables import DATASET_RECORDS
from spanlake.storage.catalog.dataset_versions import DatasetAt, record_of_row, records_of

_C = DATASET_RECORDS.c


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Records from a place on, in the order they came. total: of all that were searched for."""

    records: tuple[DatasetRecord, ...]
    total: int


def search_records(  # noqa: PLR0913  # each narrows the list, by name
    catalog: Catalog,
    dataset: DatasetAt,
    *,
    text: str = "",
    split: str | None = None,
    offset: int = 0,
    limit: int = 50,
) -> RecordPage:
    """A page of the records of a version. text: a part of what they say, or of the id."""
    chosen = records_of(dataset, split)
    if wanted := text.strip():
        said = (_C.inputs, _C.outputs, _C.expectations, _C.tags, _C.record_id)
        chosen = chosen.where(or_(*(each.icontains(wanted, autoescape=True) for each in said)))
    page = chosen.order_by(_C.position).offset(offset).limit(limit)
    with catalog.reading() as connection:
        rows = connection.execute(page).all()
        total = connection.execute(_count(chosen)).scalar_one()
    return RecordPage(tuple(map(record_of_row, rows)), total)


def get_record(catalog: Catalog, dataset: DatasetAt, record_id: str) -> DatasetRecord:
    """One record of a version. NotFoundError."""
    chosen = records_of(dataset).where(_C.record_id == record_id)
    with catalog.reading() as connection:
        row = connection.execute(chosen).one_or_none()
    if row is None:
        raise NotFoundError(
            f"the record is {record_id}: {dataset} has none of that id; "
            f"`spanlake datasets show {dataset}` shows them"
        )
    return record_of_row(row)


def count_splits(catalog: Catalog, dataset: DatasetAt) -> dict[str, int]:
    """How many records of a version each split has, by its name; those of none are left out."""
    rows = records_of(dataset).where(_C.split.isnot(None)).subquery()
    counted = select(rows.c.split, func.count()).group_by(rows.c.split).order_by(rows.c.split)
    with catalog.reading() as connection:
        return dict(connection.execute(counted).all())


def _count(chosen: Select[Any]) -> Select[int]:
    return select(func.count()).select_from(chosen.subquery())
