"""Queues and labels as Arrow tables, which SQL has as views."""

from dataclasses import asdict

import orjson
import pyarrow as pa

from spanlake.entities.review import Label, ReviewQueue
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.dataset_columns import as_table
from spanlake.storage.catalog.labels.labels import list_labels
from spanlake.storage.catalog.labels.queues import list_queues
from spanlake.storage.catalog.labels.views import LABELS_SCHEMA, QUEUES_SCHEMA


def queues_table(catalog: Catalog) -> pa.Table:
    """One row a queue, the newest first."""
    return as_table([_queue(each) for each in list_queues(catalog)], QUEUES_SCHEMA)


def labels_table(catalog: Catalog) -> pa.Table:
    """One row a label, by queue, item, question and time."""
    return as_table([_label(each) for each in list_labels(catalog)], LABELS_SCHEMA)


def _queue(queue: ReviewQueue) -> dict[str, object]:
    values = {name: getattr(queue, name) for name in QUEUES_SCHEMA.names if hasattr(queue, name)}
    return values | {
        "schemas": [each.name for each in queue.schemas],
        "assigned_users": list(queue.assigned_users),
        "rule": queue.rule and queue.rule.filter,
        "item_count": queue.counts.items,
        **{
            f"{status}_count": getattr(queue.counts, status)
            for status in ("pending", "complete", "skipped", "declined")
        },
    }


def _label(label: Label) -> dict[str, object]:
    value = label.value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return asdict(label) | {
        "value": None if value is None else orjson.dumps(value).decode(),
        "value_double": float(value) if is_number else None,  # type: ignore[arg-type]  # a number
        "value_string": value if isinstance(value, str) else None,
        "value_bool": value if isinstance(value, bool) else None,
    }
