"""Runs as a list shows them: some of them, a page at a time."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select

from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.run_tables import RUNS
from spanlake.storage.catalog.runs import Run, RunKind, run_of_row

_C = RUNS.c


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSearch:
    """Which runs: those that are all of this.

    text: a part of the name, the dataset or the app version, or the beginning of the id.
    dataset_id: of what they are on.
    """

    text: str = ""
    experiment: str | None = None
    kind: RunKind | None = None
    dataset_id: str | None = None


@dataclass(frozen=True, slots=True)
class RunList:
    """Some runs, the newest first. total: of all that were searched for."""

    runs: tuple[Run, ...]
    total: int


def search_runs(
    catalog: Catalog, wanted: RunSearch, *, offset: int = 0, limit: int = 50
) -> RunList:
    """A page of the runs, the newest first."""
    conditions = list(_conditions(wanted))
    chosen = select(RUNS).where(*conditions).order_by(_C.started_at.desc(), _C.run_id)
    counted = select(func.count()).select_from(RUNS).where(*conditions)
    with catalog.reading() as connection:
        rows = connection.execute(chosen.offset(offset).limit(limit)).all()
        total = connection.execute(counted).scalar_one()
    return RunList(tuple(map(run_of_row, rows)), total)


def _conditions(wanted: RunSearch) -> list[ColumnElement[bool]]:
    equal = {
        _C.experiment: wanted.experiment,
        _C.kind: wanted.kind,
        _C.dataset_id: wanted.dataset_id,
    }
    conditions = [column == value for column, value in equal.items() if value is not None]
    text = wanted.text.strip()
    if text:
        conditions.append(
            or_(
                *(
                    column.icontains(text, autoescape=True)
                    for column in (_C.name, _C.dataset_name, _C.app_version)
                ),
                _C.run_id.startswith(text.lower(), autoescape=True),
            )
        )
    return conditions


def count_runs_by_dataset(catalog: Catalog) -> dict[str, int]:
    """How many runs were on each dataset, by its id."""
    counted = (
        select(_C.dataset_id, func.count()).where(_C.dataset_id.isnot(None)).group_by(_C.dataset_id)
    )
    with catalog.reading() as connection:
        return dict(connection.execute(counted).all())
