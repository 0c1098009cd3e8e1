"""Assessments: what is said of traces, spans, sessions and records, appended and never changed.

An id is made of the content, so that what is said again is recognised, unless it was deleted. A
target is not required to be stored: feedback often comes before the trace, which exporters send in
batches.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pyarrow as pa

from spanlake.entities import Assessment, AssessmentSource, Expectation, Feedback
from spanlake.errors import NotFoundError, UserError
from spanlake.storage.append import append
from spanlake.storage.assessments.checks import check_source, check_text
from spanlake.storage.assessments.entry import Entry, Provenance, Target
from spanlake.storage.assessments.row import COLUMNS, AssessmentRow, table_of
from spanlake.storage.assessments.targets import stored_targets
from spanlake.storage.lake import Lake

TABLE = "assessments"
Append = Callable[[pa.Table], None]
"""Stores rows of the table; durable on return."""


@dataclass(frozen=True, slots=True)
class Logged:
    """What became of an entry.

    is_new: it was stored; else the same is there already. target_is_stored: whether its target is
    in the lake yet, None for a dataset record, which is not looked for.
    """

    assessment: Assessment
    is_new: bool
    target_is_stored: bool | None


def log_assessments(
    lake: Lake, entries: Sequence[Entry], *, append_rows: Append | None = None
) -> list[Logged]:
    """Store entries in one commit, all of them or none; what became of each, in their order.

    append_rows: a server's appender; without it a file is written here. UserError for an entry
    against a rule, CommitError when it could not be stored.
    """
    rows = [AssessmentRow.of(entry) for entry in entries]
    known = stored_targets(lake, rows)
    settled = _settled(lake, rows)
    now = datetime.now(UTC)
    logged = []
    new: dict[str, AssessmentRow] = {}
    for row, there in settled:
        is_new = there is None and row.assessment_id not in new
        if there is None and not is_new:
            _check_same(row, new[row.assessment_id].assessment())
        if is_new:
            new[row.assessment_id] = replace(
                row,
                created_at=row.created_at or now,
                received_at=now,
                experiment=known.experiment(row),
            )
        stored = there or new[row.assessment_id].assessment()
        logged.append(Logged(stored, is_new, known.has(row)))
    if new:
        _append(lake, list(new.values()), append_rows)
    return logged


def override_assessment(
    lake: Lake,
    assessment_id: str,
    said: Feedback | Expectation,
    *,
    append_rows: Append | None = None,
) -> Logged:
    """Replace an assessment, which stays in the history; name, target and run are its own.

    When several override the same, the last one stands. NotFoundError, UserError, CommitError.
    """
    old = get_assessment(lake, assessment_id)
    kind = "feedback" if isinstance(said, Feedback) else "expectation"
    if old.kind != kind:
        raise UserError(
            f"assessment_id is {assessment_id!r}: is {old.kind}, not {kind}; override it as such"
        )
    if not old.is_valid and _deleted(lake, [assessment_id]):
        raise UserError(
            f"assessment_id is {assessment_id!r}: must stand, and it was deleted; log a new one"
        )
    entry = Entry(
        target=_target_of(old),
        said=replace(said, name=old.name, span_id=old.span_id),
        provenance=Provenance(run_id=old.run_id),
        overrides=assessment_id,
    )
    return log_assessments(lake, [entry], append_rows=append_rows)[0]


def delete_assessment(
    lake: Lake,
    assessment_id: str,
    *,
    source: AssessmentSource | None = None,
    reason: str | None = None,
    append_rows: Append | None = None,
) -> bool:
    """Take an assessment back; what it overrode stands again, and the history keeps both.

    False if it was deleted before. NotFoundError, CommitError, and UserError for one that another
    overrides.
    """
    old = get_assessment(lake, assessment_id)
    if not old.is_valid:
        if _deleted(lake, [assessment_id]):
            return False
        raise UserError(
            f"assessment_id is {assessment_id!r}: must stand, and another overrides it; "
            "delete that one"
        )
    check_text("reason", reason)
    who = check_source(source)
    row = AssessmentRow(
        kind=old.kind,
        name=old.name,
        rationale=reason,
        source_type=who.source_type,
        source_id=who.source_id,
        target_type=old.target_type,
        trace_id=old.trace_id,
        span_id=old.span_id,
        session_id=old.session_id,
        record_id=old.record_id,
        run_id=old.run_id,
        overrides=assessment_id,
        is_deletion=True,
    )
    now = datetime.now(UTC)
    stored = replace(
        row,
        assessment_id=row.id_of_content(0),
        created_at=now,
        received_at=now,
        experiment=stored_targets(lake, [row]).experiment(row),
    )
    _append(lake, [stored], append_rows)
    return True


def get_assessment(lake: Lake, assessment_id: str) -> Assessment:
    """One assessment, whether it stands or not. NotFoundError if there is none."""
    found = _found(lake, [assessment_id])
    if assessment_id not in found:
        raise unknown_assessment(assessment_id)
    return found[assessment_id]


def unknown_assessment(assessment_id: str) -> NotFoundError:
    """What is said of an id that no assessment has."""
    return NotFoundError(
        f"assessment_id is {assessment_id[:80]!r}: no assessment has it; "
        "`spanlake assessments list` shows the newest"
    )


def _append(lake: Lake, rows: Sequence[AssessmentRow], append_rows: Append | None) -> None:
    table = table_of(rows)
    if append_rows is None:
        append(lake.layout, TABLE, table)
    else:
        append_rows(table)


def _settled(
    lake: Lake, rows: Sequence[AssessmentRow]
) -> list[tuple[AssessmentRow, Assessment | None]]:
    """Each row with its id, and the assessment that is there already and says the same."""
    settled: dict[int, tuple[AssessmentRow, Assessment | None]] = {}
    open_rows = dict(enumerate(rows))
    round_ = 0
    while open_rows:
        named = {
            at: row if row.assessment_id else replace(row, assessment_id=row.id_of_content(round_))
            for at, row in open_rows.items()
        }
        found = _stored(lake, [row.assessment_id for row in named.values()])
        deleted = _deleted(lake, [each for each in found if not found[each].is_valid])
        for at, row in named.items():
            stored = found.get(row.assessment_id)
            if stored is not None and open_rows[at].assessment_id:
                _check_same(row, stored)
            elif row.assessment_id in deleted:
                continue  # said, taken back, and said again
            settled[at] = row, stored
            del open_rows[at]
        round_ += 1
    return [settled[at] for at in range(len(rows))]


def _stored(lake: Lake, ids: Sequence[str]) -> dict[str, Assessment]:
    """Those that this table has; the views, which take longer, are asked of them alone."""
    query = "SELECT DISTINCT assessment_id FROM lake.assessments WHERE assessment_id IN $ids"
    here = [each for (each,) in lake.rows(query, {"ids": list(set(ids))})]
    return _found(lake, here) if here else {}


def _found(lake: Lake, ids: Sequence[str]) -> dict[str, Assessment]:
    query = "FROM assessments WHERE assessment_id IN $ids"
    rows = lake.sql(query, {"ids": list(ids)})
    columns = [name for name in COLUMNS if name != "is_deletion"]
    found = rows.project(", ".join([*columns, "is_valid"])).fetchall()
    made = (
        AssessmentRow(**dict(zip(columns, row[:-1], strict=True))).assessment(is_valid=row[-1])
        for row in found
    )
    return {each.assessment_id: each for each in made}


def _deleted(lake: Lake, ids: Sequence[str]) -> frozenset[str]:
    """Those of these that were deleted."""
    if not ids:
        return frozenset()
    query = "SELECT overrides FROM assessments_history WHERE is_deletion AND overrides IN $ids"
    return frozenset(each for (each,) in lake.rows(query, {"ids": list(ids)}))


def _check_same(row: AssessmentRow, stored: Assessment) -> None:
    """UserError if an id of the caller's own is that of something else."""
    said = row.assessment()
    for name in ("kind", "name", "value", "source", "trace_id", "span_id", "session_id"):
        if getattr(said, name) != getattr(stored, name):
            raise UserError(
                f"assessment_id is {row.assessment_id!r}: another assessment has it, with {name} "
                f"{getattr(stored, name)!r}; give a new one, or override that one"
            )


def _target_of(assessment: Assessment) -> Target:
    match assessment.target_type:
        case "session":
            return Target(session_id=assessment.session_id)
        case "record":
            return Target(record_id=assessment.record_id)
        case "trace":
            return Target(trace_id=assessment.trace_id)
        case "span":
            return Target(trace_id=assessment.trace_id, span_id=assessment.span_id)
