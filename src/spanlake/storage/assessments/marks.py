"""The assessments that a page shows beside traces and sessions, as people read them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from spanlake.storage.lake import Lake


@dataclass(frozen=True, slots=True)
class AssessmentMark:
    """A row of the view `assessments`. value: as people read it."""

    assessment_id: str | None
    kind: str
    name: str
    value: str
    rationale: str | None
    source_type: str | None
    source_id: str | None
    target_type: str | None
    trace_id: str | None
    span_id: str | None
    session_id: str | None
    error_message: str | None
    created_at: datetime | None


_COLUMNS = ", ".join(
    "coalesce(value_string, value_bool::VARCHAR, value_double::VARCHAR, value::VARCHAR, '')"
    " AS value"
    if field.name == "value"
    else field.name
    for field in fields(AssessmentMark)
)


def assessments_of_traces(lake: Lake, trace_ids: Sequence[str]) -> tuple[AssessmentMark, ...]:
    """What is said, and holds, of these traces and of spans in them, in the order it was said."""
    return _read(lake, "list_contains($ids, trace_id)", {"ids": list(trace_ids)})


def assessments_of_session(lake: Lake, session_id: str) -> tuple[AssessmentMark, ...]:
    """What is said of a session as a whole."""
    return _read(lake, "target_type = 'session' AND session_id = $id", {"id": session_id})


def _read(lake: Lake, condition: str, params: dict[str, object]) -> tuple[AssessmentMark, ...]:
    rows = lake.rows(
        f"SELECT {_COLUMNS} FROM assessments WHERE is_valid AND {condition}"  # noqa: S608  # texts of ours
        " ORDER BY created_at, name",
        params,
    )
    return tuple(AssessmentMark(*row) for row in rows)
