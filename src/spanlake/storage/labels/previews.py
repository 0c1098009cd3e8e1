"""What lists of items show of each trace or session."""

from collections.abc import Iterable
from dataclasses import dataclass

from spanlake.entities.review import ItemTarget
from spanlake.storage.lake import Lake

_TRACES = """
SELECT trace_id, name, left(input, 300) AS input, 1 AS turns
FROM traces
WHERE trace_id IN (SELECT unnest($ids::VARCHAR[]))
"""
_SESSIONS = """
SELECT session_id, any_value(user_id), left(arg_min(input, start_time), 300) AS input, count(*)
FROM (
    SELECT unnest(list_distinct(session_ids)) AS session_id, user_id, input, start_time
    FROM traces
    WHERE list_has_any(session_ids, $ids::VARCHAR[])
)
WHERE session_id IN (SELECT unnest($ids::VARCHAR[]))
GROUP BY session_id
"""


@dataclass(frozen=True, slots=True)
class ItemPreview:
    """How the question of a trace begins, or the first one of a session.

    name: of the trace, or of the session's user. turns: of the session.
    """

    name: str | None
    input: str | None
    turns: int


def item_previews(lake: Lake, targets: Iterable[ItemTarget]) -> dict[ItemTarget, ItemPreview]:
    """By what the items are of; what is not stored is not in it."""
    wanted = list(targets)
    traces = _previews(lake, _TRACES, {each.trace_id for each in wanted})
    sessions = _previews(lake, _SESSIONS, {each.session_id for each in wanted})
    found = {
        each: sessions.get(each.session_id) if each.session_id else traces.get(each.trace_id)
        for each in wanted
    }
    return {target: preview for target, preview in found.items() if preview is not None}


def _previews(lake: Lake, query: str, ids: set[str | None]) -> dict[str | None, ItemPreview]:
    known = [each for each in ids if each is not None]
    if not known:
        return {}
    rows = lake.rows(query, {"ids": known})
    return {key: ItemPreview(name, given, turns) for key, name, given, turns in rows}
