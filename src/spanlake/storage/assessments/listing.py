"""Lists of assessments, the last one first."""

from dataclasses import asdict, dataclass
from datetime import datetime

import duckdb
import orjson

from spanlake.entities import Assessment
from spanlake.storage.assessments.row import COLUMNS, AssessmentRow
from spanlake.storage.lake import Lake
from spanlake.storage.page_cursor import Cursor
from spanlake.storage.results.json import json_rows

_MOMENT = "coalesce(created_at, received_at)"
_QUERY = f"""
FROM assessments
WHERE ($assessment_id::VARCHAR IS NULL OR assessment_id = $assessment_id)
    AND ($trace_id::VARCHAR IS NULL OR trace_id = $trace_id)
    AND ($span_id::VARCHAR IS NULL OR span_id = $span_id)
    AND ($session_id::VARCHAR IS NULL OR session_id = $session_id)
    AND ($record_id::VARCHAR IS NULL OR record_id = $record_id)
    AND ($run_id::VARCHAR IS NULL OR run_id = $run_id)
    AND ($name::VARCHAR IS NULL OR name = $name)
    AND ($kind::VARCHAR IS NULL OR kind = $kind)
    AND ($source_type::VARCHAR IS NULL OR source_type = $source_type)
    AND ($source_id::VARCHAR IS NULL OR source_id = $source_id)
    AND ($experiment::VARCHAR IS NULL OR experiment = $experiment)
    AND ($since::TIMESTAMPTZ IS NULL OR {_MOMENT} >= $since)
    AND ($with_invalid::BOOLEAN OR is_valid)
    AND (
        $before::TIMESTAMPTZ IS NULL
        OR {_MOMENT} < $before
        OR {_MOMENT} = $before AND assessment_id < $before_id
    )
ORDER BY {_MOMENT} DESC, assessment_id DESC
LIMIT $limit
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentFilter:
    """Which assessments: those that are all of this; None is any.

    since: said then or later. with_invalid: also those that no longer stand.
    """

    assessment_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    session_id: str | None = None
    record_id: str | None = None
    run_id: str | None = None
    name: str | None = None
    kind: str | None = None
    source_type: str | None = None
    source_id: str | None = None
    experiment: str | None = None
    since: datetime | None = None
    with_invalid: bool = False


@dataclass(frozen=True, slots=True)
class JsonPage:
    """Rows as JSON objects. following: where the next page begins, None if there is none."""

    rows: list[bytes]
    following: Cursor | None


def list_assessments(lake: Lake, chosen: AssessmentFilter, *, limit: int) -> list[Assessment]:
    """The last `limit` of the chosen assessments, the last one first."""
    columns = [name for name in COLUMNS if name != "is_deletion"]
    found = _chosen(lake, chosen, limit, None).project(", ".join([*columns, "is_valid"]))
    return [
        AssessmentRow(**dict(zip(columns, row[:-1], strict=True))).assessment(is_valid=row[-1])
        for row in found.fetchall()
    ]


def assessments_page(
    lake: Lake, chosen: AssessmentFilter, *, limit: int, before: Cursor | None = None
) -> JsonPage:
    """The same as rows of the view, those that come before `before` in time."""
    rows = list(json_rows(_chosen(lake, chosen, limit + 1, before)))
    if len(rows) <= limit:
        return JsonPage(rows, None)
    last = orjson.loads(rows[limit - 1])
    moment = datetime.fromisoformat(last["created_at"] or last["received_at"])
    return JsonPage(rows[:limit], Cursor(moment, last["assessment_id"]))


def _chosen(
    lake: Lake, chosen: AssessmentFilter, limit: int, before: Cursor | None
) -> duckdb.DuckDBPyRelation:
    return lake.sql(
        _QUERY,
        asdict(chosen)
        | {
            "limit": limit,
            "before": before and before.moment,
            "before_id": before and before.key,
        },
    )
