"""Traces as JSON for other programs: pages of the view `traces`, and one trace with its spans."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from spanlake.errors import NotFoundError
from spanlake.storage.assessments.listing import JsonPage
from spanlake.storage.lake import Lake
from spanlake.storage.page_cursor import Cursor
from spanlake.storage.results.json import json_objects
from spanlake.storage.search.compile import compile_filter
from spanlake.storage.trace_reader.selection import narrowed

_MOMENT = "coalesce(start_time, TIMESTAMPTZ 'epoch')"
_PAGE = """
FROM traces
WHERE ($until::TIMESTAMPTZ IS NULL OR start_time < $until)
    AND ($experiment::VARCHAR IS NULL OR experiment = $experiment)
    AND ($session_id::VARCHAR IS NULL OR list_contains(session_ids, $session_id))
    AND (
        $before::TIMESTAMPTZ IS NULL
        OR {moment} < $before
        OR {moment} = $before AND trace_id < $before_id
    )
    AND ({condition})
ORDER BY {moment} DESC, trace_id DESC
LIMIT $limit
"""
_SPANS = """
FROM spans
WHERE trace_id = $trace_id
ORDER BY start_time_ns, span_id
LIMIT $limit OFFSET $offset
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TracesChosen:
    """Which traces: those that are all of this; None is any. filter: in the filter language.

    since, until: started then or later, and before then.
    """

    filter: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    experiment: str | None = None
    session_id: str | None = None


@dataclass(frozen=True, slots=True)
class TraceJson:
    """A trace, some of its spans in the order they started, and what is said of them, as JSON."""

    trace: bytes
    spans: list[bytes]
    assessments: list[bytes]


def traces_page(
    lake: Lake, chosen: TracesChosen, *, limit: int, before: Cursor | None = None
) -> JsonPage:
    """The newest `limit` of the chosen traces, those that started before `before`. FilterError."""
    condition = narrowed(lake, compile_filter(chosen.filter or "", since=chosen.since))
    if condition is None:
        return JsonPage([], None)
    found = lake.answer(
        _PAGE.format(moment=_MOMENT, condition=condition.sql),
        {
            "until": chosen.until,
            "experiment": chosen.experiment,
            "session_id": chosen.session_id,
            "before": before and before.moment,
            "before_id": before and before.key,
            "limit": limit + 1,
            **condition.params,
        },
    )
    return _page(list(json_objects(*found)), limit)


def trace_json(
    lake: Lake, trace_id: str, *, limit: int, offset: int = 0, only: str | None = None
) -> TraceJson:
    """One trace by its id. limit, offset: of its spans. NotFoundError.

    only: the experiment that all of its spans have to be of; None is any.
    """
    wanted = {"trace_id": trace_id.strip().lower()}
    found = _objects(lake, "FROM traces WHERE trace_id = $trace_id", wanted)
    others = "FROM spans WHERE trace_id = $trace_id AND experiment <> $only LIMIT 1"
    is_foreign = only is not None and bool(lake.rows(others, {**wanted, "only": only}))
    if not found or is_foreign:
        raise NotFoundError(
            f"trace_id is {trace_id[:80]!r}: no stored trace has it (yet); "
            "/api/v1/traces has the newest"
        )
    spans = _objects(lake, _SPANS, {**wanted, "limit": limit, "offset": offset})
    said = _objects(lake, "FROM assessments WHERE trace_id = $trace_id ORDER BY created_at", wanted)
    return TraceJson(found[0], spans, said)


def _objects(lake: Lake, query: str, params: Mapping[str, object]) -> list[bytes]:
    return list(json_objects(*lake.answer(query, params)))


def _page(rows: list[bytes], limit: int) -> JsonPage:
    if len(rows) <= limit:
        return JsonPage(rows, None)
    last = orjson.loads(rows[limit - 1])
    moment = datetime.fromisoformat(last["start_time"] or "1970-01-01T00:00:00Z")
    return JsonPage(rows[:limit], Cursor(moment, last["trace_id"]))
