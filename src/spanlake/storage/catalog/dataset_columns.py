"""Datasets, their versions and their records as Arrow tables, which SQL has as views."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pyarrow as pa
from sqlalchemy import select

from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.dataset_tables import DATASET_RECORDS
from spanlake.storage.catalog.dataset_versions import list_versions
from spanlake.storage.catalog.dataset_views import (
    DATASETS_SCHEMA,
    HISTORY_SCHEMA,
    JSON,
    RECORDS_SCHEMA,
    TEXT,
    VERSIONS_SCHEMA,
)
from spanlake.storage.catalog.datasets import list_datasets
from spanlake.storage.catalog.json_text import json_value

_BATCH = 10_000
_RENAMED = {
    "trace_id": "source_trace_id",
    "span_id": "source_span_id",
    "session_id": "source_session_id",
}


def datasets_table(catalog: Catalog) -> pa.Table:
    """One row a dataset, as it is now."""
    rows = [{**asdict(each), "tags": list(each.tags.items())} for each in list_datasets(catalog)]
    return as_table(rows, DATASETS_SCHEMA)


def versions_table(catalog: Catalog) -> pa.Table:
    """One row a version of a dataset."""
    return as_table([asdict(each) for each in list_versions(catalog)], VERSIONS_SCHEMA)


def records_table(catalog: Catalog) -> pa.Table:
    """One row a record that is in the newest version of its dataset."""
    return _records(catalog, RECORDS_SCHEMA)


def history_table(catalog: Catalog) -> pa.Table:
    """One row for each time that a record came or changed, with the versions it was so in."""
    return _records(catalog, HISTORY_SCHEMA)


def _records(catalog: Catalog, schema: pa.Schema) -> pa.Table:
    names = {each.dataset_id: each.name for each in list_datasets(catalog)}
    columns = DATASET_RECORDS.c
    read = [name for name in schema.names if name != "dataset"]
    query = select(*(columns[_RENAMED.get(name, name)] for name in read)).order_by(
        columns.dataset_id, columns.position, columns.from_version
    )
    if "to_version" not in read:
        query = query.where(columns.to_version.is_(None))
    batches = []
    with catalog.reading() as connection:
        result = connection.execution_options(yield_per=_BATCH).execute(query)
        for rows in result.partitions():
            values: dict[str, Any] = dict(zip(read, zip(*rows, strict=True), strict=True))
            values["dataset"] = [names.get(each) for each in values["dataset_id"]]
            values["tags"] = [list(json_value(each).items()) for each in values["tags"]]
            batches.append(_batch(values, schema))
    return pa.Table.from_batches(batches, schema)


def as_table(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Rows with all columns of a schema, as an Arrow table; JSON is text in them."""
    values = {name: [row[name] for row in rows] for name in schema.names}
    return pa.Table.from_batches([_batch(values, schema)], schema)


def _batch(values: dict[str, Any], schema: pa.Schema) -> pa.RecordBatch:
    return pa.record_batch([_array(values[each.name], each.type) for each in schema], schema=schema)


def _array(values: Any, kind: pa.DataType) -> pa.Array:  # noqa: ANN401  # a column of anything
    if kind == JSON:
        return pa.ExtensionArray.from_storage(kind, pa.array(values, TEXT))
    return pa.array(values, kind)
