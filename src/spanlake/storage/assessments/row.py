"""Assessments as the table stores them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any, Literal

import orjson
import pyarrow as pa

from spanlake.entities import Assessment, AssessmentError, AssessmentSource, Feedback, SourceType
from spanlake.errors import UserError
from spanlake.storage.assessments.checks import (
    check_line,
    check_metadata,
    check_source,
    check_span_id,
    check_text,
    check_trace_id,
    check_verdict,
    json_of,
)
from spanlake.storage.assessments.entry import Entry, TargetType
from spanlake.storage.schema import ASSESSMENTS

Kind = Literal["feedback", "expectation"]
_EXPECTATION: dict[str, Any] = {"kind": "expectation"}
# What may differ between a request and its retry.
_NOT_CONTENT = ("assessment_id", "experiment", "received_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentRow:
    """A row of the table; the fields are its columns."""

    assessment_id: str = ""
    kind: Kind
    name: str
    value: str | None = None
    value_double: float | None = None
    value_string: str | None = None
    value_bool: bool | None = None
    rationale: str | None = None
    source_type: str
    source_id: str
    target_type: TargetType
    trace_id: str | None = None
    span_id: str | None = None
    session_id: str | None = None
    run_id: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    scorer_name: str | None = None
    scorer_digest: str | None = None
    judge_model: str | None = None
    judge_input_tokens: int | None = None
    judge_output_tokens: int | None = None
    judge_cost_usd: float | None = None
    content_digest: str | None = None
    created_at: datetime | None = None
    overrides: str | None = None
    is_deletion: bool = False
    record_id: str | None = None
    experiment: str | None = None
    received_at: datetime | None = None

    @classmethod
    def of(cls, entry: Entry) -> "AssessmentRow":
        """What an entry says, checked; without an id or a time unless it has its own. UserError."""
        said, target = entry.said, entry.target
        check_line("name", said.name)
        for typed in ("session_id", "record_id"):
            check_line(typed, getattr(target, typed))
        for typed in ("run_id", "scorer_name", "scorer_digest", "judge_model", "content_digest"):
            check_line(typed, getattr(entry.provenance, typed))
        check_line("assessment_id", entry.assessment_id)
        created_at = entry.created_at
        if created_at is not None and created_at.tzinfo is None:
            raise UserError(
                f"created_at is {created_at}: must have a time zone, such as "
                f"{created_at.replace(tzinfo=UTC).isoformat()}; add it"
            )
        if isinstance(said, Feedback):
            verdict = _verdict(said)
            source = check_source(said.source)
        else:
            verdict = _EXPECTATION
            source = check_source(said.source, SourceType.HUMAN)
            if said.value is None:
                raise UserError(f"expectation {said.name!r} has no value: must have one; add it")
        if said.span_id not in (None, target.span_id):
            target = replace(target, span_id=said.span_id)
        return cls(
            assessment_id=entry.assessment_id or "",
            name=said.name,
            **verdict,
            **_value_columns(said.value),
            source_type=source.source_type,
            source_id=source.source_id,
            metadata=check_metadata(said.metadata),
            target_type=target.target_type,
            trace_id=check_trace_id(target.trace_id),
            span_id=check_span_id(target.span_id),
            session_id=target.session_id,
            record_id=target.record_id,
            **asdict(entry.provenance),
            created_at=created_at,
            overrides=entry.overrides,
        )

    def id_of_content(self, round_: int) -> str:
        """An id that only the same content has. round_: how often it was said and taken back."""
        content = [
            None if column in _NOT_CONTENT else value for column, value in asdict(self).items()
        ]
        text = orjson.dumps([*content, round_], option=orjson.OPT_SORT_KEYS)
        return hashlib.blake2b(text, digest_size=16).hexdigest()

    def assessment(self, *, is_valid: bool = True) -> Assessment:
        """The row as Python code sees it."""
        error = AssessmentError(self.error_code, self.error_message) if self.error_code else None
        return Assessment(
            assessment_id=self.assessment_id,
            kind=self.kind,
            name=self.name,
            value=None if self.value is None else orjson.loads(self.value),
            rationale=self.rationale,
            source=AssessmentSource(self.source_type, self.source_id),
            error=error,
            target_type=self.target_type,
            trace_id=self.trace_id,
            span_id=self.span_id,
            session_id=self.session_id,
            record_id=self.record_id,
            run_id=self.run_id,
            scorer_name=self.scorer_name,
            scorer_digest=self.scorer_digest,
            created_at=self.created_at,
            metadata=dict(self.metadata),
            overrides=self.overrides,
            is_valid=is_valid,
        )


COLUMNS = tuple(each.name for each in fields(AssessmentRow))


def table_of(rows: Sequence[AssessmentRow]) -> pa.Table:
    """Rows with the schema of the table."""
    columns = {
        name: [getattr(row, name) for row in rows] for name in COLUMNS if name != "metadata"
    } | {"metadata": [list(row.metadata.items()) for row in rows]}
    return pa.table(
        {name: pa.array(columns[name], kind) for name, kind in _TYPES.items()}, ASSESSMENTS
    )


_TYPES = {each.name: each.type for each in ASSESSMENTS}


def _verdict(said: Feedback) -> dict[str, Any]:
    check_verdict(said)
    check_text("rationale", said.rationale)
    error = said.error
    return {
        "kind": "feedback",
        "rationale": said.rationale,
        "error_code": error and error.error_code,
        "error_message": error and error.error_message,
    }


def _value_columns(value: object) -> dict[str, Any]:
    """The columns that hold a value, as JSON and in its own type."""
    if value is None:
        return {}
    text = json_of(value)
    plain = orjson.loads(text)
    return {
        "value": text,
        "value_double": float(plain)
        if isinstance(plain, int | float) and not isinstance(plain, bool)
        else None,
        "value_string": plain if isinstance(plain, str) else None,
        "value_bool": plain if isinstance(plain, bool) else None,
    }
