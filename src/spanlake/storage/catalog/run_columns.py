"""Runs as an Arrow table, which SQL has as a view."""

import orjson
import pyarrow as pa

from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.dataset_columns import as_table
from spanlake.storage.catalog.run_views import RUNS_SCHEMA
from spanlake.storage.catalog.runs import Run, list_runs


def runs_table(catalog: Catalog) -> pa.Table:
    """One row a run, the newest first."""
    return as_table([_row(each) for each in list_runs(catalog)], RUNS_SCHEMA)


def _row(run: Run) -> dict[str, object]:
    values = {name: getattr(run, name) for name in RUNS_SCHEMA.names}
    return {
        **values,
        "params": orjson.dumps(run.params).decode(),
        "scorers": orjson.dumps(run.scorers).decode(),
        "metrics": list(run.metrics.items()),
        "tags": list(run.tags.items()),
    }
