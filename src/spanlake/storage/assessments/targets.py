"""Which of the things that assessments are about the lake has, and in which experiment."""

from collections.abc import Sequence
from dataclasses import dataclass

from spanlake.storage.assessments.row import AssessmentRow
from spanlake.storage.lake import Lake

_TRACES = """
SELECT
    trace_id,
    any_value(experiment ORDER BY start_time_ns) AS experiment,
    list_distinct(list(span_id) FILTER (span_id IN $span_ids)) AS span_ids
FROM lake.spans
WHERE trace_id IN $trace_ids
GROUP BY trace_id
"""
_SESSIONS = """
SELECT session_id, any_value(experiment ORDER BY start_time_ns)
FROM lake.spans
WHERE session_id IN $session_ids
GROUP BY session_id
"""


@dataclass(frozen=True, slots=True)
class StoredTargets:
    """The stored ones among some targets: traces and sessions with their experiments, and spans."""

    traces: dict[str, str | None]
    spans: frozenset[tuple[str, str]]
    sessions: dict[str, str | None]

    def has(self, row: AssessmentRow) -> bool | None:
        """Whether the target of a row is stored; None if that cannot be said here."""
        match row.target_type:
            case "trace":
                return row.trace_id in self.traces
            case "span":
                return (row.trace_id, row.span_id) in self.spans
            case "session":
                return row.session_id in self.sessions
            case "record":
                return None

    def experiment(self, row: AssessmentRow) -> str | None:
        """The experiment that the target of a row belongs to, if it is known."""
        if row.trace_id is not None:
            return self.traces.get(row.trace_id)
        return self.sessions.get(row.session_id or "")


def stored_targets(lake: Lake, rows: Sequence[AssessmentRow]) -> StoredTargets:
    """Look for the targets of these rows."""
    trace_ids = {row.trace_id for row in rows if row.trace_id is not None}
    span_ids = {row.span_id for row in rows if row.span_id is not None}
    session_ids = {row.session_id for row in rows if row.session_id is not None}
    traces: list[tuple[str, str | None, list[str] | None]] = []
    sessions: list[tuple[str, str | None]] = []
    if trace_ids:
        wanted = {"trace_ids": sorted(trace_ids), "span_ids": sorted(span_ids)}
        traces = lake.rows(_TRACES, wanted)
    if session_ids:
        sessions = lake.rows(_SESSIONS, {"session_ids": sorted(session_ids)})
    return StoredTargets(
        traces={trace_id: experiment for trace_id, experiment, _ in traces},
        spans=frozenset((trace_id, span) for trace_id, _, held in traces for span in held or ()),
        sessions=dict(sessions),
    )
