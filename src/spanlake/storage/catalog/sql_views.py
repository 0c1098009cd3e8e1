"""The catalog in SQL: `experiments` and `prices`, read anew whenever a query scans them.

DuckDB needs no extension for it, a query that names neither does not touch the catalog, and one
that does fails alone when the catalog is down.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from spanlake.storage.catalog.audit_view import AUDIT_SCHEMA, audit_table
from spanlake.storage.catalog.dataset_views import (
    DATASETS_SCHEMA,
    HISTORY_SCHEMA,
    RECORDS_SCHEMA,
    VERSIONS_SCHEMA,
)
from spanlake.storage.catalog.labels.views import LABELS_SCHEMA, QUEUES_SCHEMA
from spanlake.storage.catalog.location import Location
from spanlake.storage.catalog.price_row import PriceRow
from spanlake.storage.catalog.run_views import RUNS_SCHEMA
from spanlake.storage.catalog.version_views import (
    ALIAS_MOVES_SCHEMA,
    APP_VERSIONS_SCHEMA,
    alias_moves_table,
    app_versions_table,
)

if TYPE_CHECKING:
    from spanlake.storage.catalog.catalog import Catalog

_TEXT = pa.string()
_TIME = pa.timestamp("us", "UTC")
_USD = pa.float64()

_EXPERIMENTS = pa.schema(
    [
        ("experiment_id", _TEXT),
        ("name", _TEXT),
        ("description", _TEXT),
        ("tags", pa.list_(_TEXT)),
        ("created_at", _TIME),
        ("archived_at", _TIME),
    ]
)
_PRICES = pa.schema(
    [
        ("price_version", _TEXT),
        ("provider", _TEXT),
        ("model", _TEXT),
        ("input_mtok", _USD),
        ("output_mtok", _USD),
        ("cache_read_mtok", _USD),
        ("cache_write_mtok", _USD),
        ("request_usd", _USD),
        ("is_withdrawal", pa.bool_()),
        ("valid_from", _TIME),
        ("valid_to", _TIME),
        ("note", _TEXT),
        ("created_at", _TIME),
    ]
)


def define_catalog(
    connection: duckdb.DuckDBPyConnection, location: Location, *, as_of: datetime | None = None
) -> None:
    """Make the views of a catalog; without rows as long as it is not there.

    as_of: what they were at that moment. A query of one that does not keep that fails.
    """
    for name, schema, rows in (
        ("experiments", _EXPERIMENTS, _experiments),
        ("datasets", DATASETS_SCHEMA, _datasets),
        ("dataset_versions", VERSIONS_SCHEMA, _dataset_versions),
        ("dataset_records", RECORDS_SCHEMA, _dataset_records),
        ("dataset_records_history", HISTORY_SCHEMA, _dataset_records_history),
        ("runs", RUNS_SCHEMA, _runs),
        ("queues", QUEUES_SCHEMA, _queues),
        ("labels", LABELS_SCHEMA, _labels),
        ("versions", APP_VERSIONS_SCHEMA, app_versions_table),
        ("version_alias_moves", ALIAS_MOVES_SCHEMA, alias_moves_table),
        ("audit", AUDIT_SCHEMA, audit_table),
        ("prices", _PRICES, _prices),
    ):
        connection.register(name, _CatalogTable(name, schema, location, rows, as_of))


@dataclass(frozen=True, slots=True)
class _CatalogTable:
    """A table as Arrow's PyCapsule interface has it: DuckDB asks for a stream at every scan."""

    view: str
    schema: pa.Schema
    location: Location
    rows: "Callable[[Catalog], Iterable[dict[str, Any]] | pa.Table]"
    as_of: datetime | None

    def __arrow_c_schema__(self) -> object:
        return self.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        rows = self._stored() if self.location.exists else self._table([])
        return rows.__arrow_c_stream__(requested_schema)

    def _stored(self) -> pa.Table:
        # Most queries are about spans, and are spared the loading.
        from spanlake.storage.catalog.catalog import Catalog

        with Catalog.open(self.location) as catalog:
            if self.as_of is None:
                return self._table(self.rows(catalog))
            return self._then(catalog, self.as_of)

    def _then(self, catalog: "Catalog", moment: datetime) -> pa.Table:
        from spanlake.storage.catalog import past

        match self.view:
            case "dataset_records":
                return past.records_then(catalog, moment)
            case "dataset_records_history":
                return past.records_history_then(catalog, moment)
            case view if past.was_kept(view):
                return past.rows_added_by(view, self._table(self.rows(catalog)), moment)
            case _:
                raise past.unknown(self.view, moment)

    def _table(self, rows: Iterable[dict[str, Any]] | pa.Table) -> pa.Table:
        if isinstance(rows, pa.Table):
            return rows
        return pa.Table.from_pylist(list(rows), self.schema)


def _experiments(catalog: "Catalog") -> Iterable[dict[str, Any]]:
    from spanlake.storage.catalog.experiments import list_experiments

    return [asdict(each) for each in list_experiments(catalog)]


def _prices(catalog: "Catalog") -> Iterable[dict[str, Any]]:
    from spanlake.storage.catalog.prices import list_prices

    return [asdict(PriceRow.of(price)) for price in list_prices(catalog)]


def _datasets(catalog: "Catalog") -> pa.Table:
    from spanlake.storage.catalog.dataset_columns import datasets_table

    return datasets_table(catalog)


def _dataset_versions(catalog: "Catalog") -> pa.Table:
    from spanlake.storage.catalog.dataset_columns import versions_table

    return versions_table(catalog)


def _dataset_records(catalog: "Catalog") -> pa.Table:
    from spanlake.storage.catalog.dataset_columns import records_table

    return records_table(catalog)


def _dataset_records_history(catalog: "Catalog") -> pa.Table:
    from spanlake.storage.catalog.dataset_columns import history_table

    return history_table(catalog)


def _runs(catalog: "Catalog") -> pa.Table:
    from spanlake.storage.catalog.run_columns import runs_table

    return runs_table(catalog)


def _queues(catalog: "Catalog") -> pa.Table:
    from spanlake.storage.catalog.labels.columns import queues_table

    return queues_table(catalog)


def _labels(catalog: "Catalog") -> pa.Table:
    from spanlake.storage.catalog.labels.columns import labels_table

    return labels_table(catalog)
