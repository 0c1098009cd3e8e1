"""What lists of items show of each trace."""

from collections.abc import Sequence
from dataclasses import dataclass

from spanlake.storage.lake import Lake

_QUERY = """
SELECT trace_id, name, left(input, 300) AS input
FROM traces
WHERE trace_id IN (SELECT unnest($ids::VARCHAR[]))
"""


@dataclass(frozen=True, slots=True)
class TracePreview:
    """The name of a trace, and how its question begins."""

    trace_id: str
    name: str | None
    input: str | None


def trace_previews(lake: Lake, trace_ids: Sequence[str]) -> dict[str, TracePreview]:
    """By trace id; those that are not stored are not in it."""
    if not trace_ids:
        return {}
    rows = lake.sql(_QUERY, {"ids": list(trace_ids)}).fetchall()
    return {trace_id: TracePreview(trace_id, name, given) for trace_id, name, given in rows}
