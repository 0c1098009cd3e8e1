"""The audit log in SQL."""

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from spanlake.storage.catalog.catalog import Catalog

_TEXT = pa.string()

AUDIT_SCHEMA = pa.schema(
    [
        ("event_id", pa.int64()),
        ("occurred_at", pa.timestamp("us", "UTC")),
        ("actor_type", _TEXT),
        ("actor", _TEXT),
        ("actor_id", _TEXT),
        ("action", _TEXT),
        ("target", _TEXT),
        ("outcome", _TEXT),
        ("reason", _TEXT),
        ("source", _TEXT),
        ("details", pa.json_(_TEXT)),
    ]
)


def audit_table(catalog: "Catalog") -> pa.Table:
    """A row an event, the last one first."""
    from spanlake.storage.catalog.audit_log import read_audit
    from spanlake.storage.catalog.dataset_columns import as_table

    return as_table(read_audit(catalog), AUDIT_SCHEMA)
