"""The catalog's views as they were at an earlier moment: those whose rows keep their history.

Of the others it is not known what they said then, and nobody shall take today's word for it.
"""

from collections.abc import Mapping
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.dataset_columns import history_table
from spanlake.storage.catalog.dataset_versions import list_versions
from spanlake.storage.catalog.dataset_views import RECORDS_SCHEMA
from spanlake.storage.catalog.failure import CatalogError

# When the rows came of views that are only ever added to.
_ADDED_AT: Mapping[str, str] = {
    "audit": "occurred_at",
    "dataset_versions": "created_at",
    "prices": "created_at",
    "version_alias_moves": "moved_at",
}
_INSTEAD: Mapping[str, str] = {
    "datasets": "dataset_versions and dataset_records are known",
    "experiments": "the column experiment of spans and traces is known",
    "runs": "run_results are known",
    "versions": "version_alias_moves and the column app_version of traces are known",
}


def was_kept(view: str) -> bool:
    """Whether it is known what a view said before, from its rows of today."""
    return view in _ADDED_AT


def rows_added_by(view: str, rows: pa.Table, moment: datetime) -> pa.Table:
    """Those rows of a view that is only added to which were there at a moment."""
    then = pa.scalar(moment, pa.timestamp("us", "UTC"))
    return rows.filter(pc.less_equal(rows[_ADDED_AT[view]], then))


def records_history_then(catalog: Catalog, moment: datetime) -> pa.Table:
    """`dataset_records_history` at a moment: what was the case then has no end yet."""
    newest: dict[str, int] = {}
    for each in list_versions(catalog):
        if each.created_at <= moment:
            newest[each.dataset_id] = max(each.version, newest.get(each.dataset_id, 0))
    rows = history_table(catalog)
    then = pa.array([newest.get(each, 0) for each in rows["dataset_id"].to_pylist()], pa.int64())
    ended = rows["to_version"]
    known_end = pc.if_else(pc.less_equal(ended, then), ended, pa.scalar(None, pa.int64()))
    at = rows.schema.get_field_index("to_version")
    return rows.set_column(at, rows.schema.field(at), known_end).filter(
        pc.less_equal(rows["from_version"], then)
    )


def records_then(catalog: Catalog, moment: datetime) -> pa.Table:
    """`dataset_records` at a moment: those of the versions that were the newest."""
    rows = records_history_then(catalog, moment)
    return rows.filter(pc.is_null(rows["to_version"])).select(RECORDS_SCHEMA.names)


def unknown(view: str, moment: datetime) -> CatalogError:
    """What a user is told who asks for the past of a view that has none."""
    instead = _INSTEAD.get(view, "ask for it without --as-of")
    return CatalogError(
        f"{view} at {moment:%Y-%m-%d %H:%M:%S} is not known, as it keeps no history; {instead}"
    )
