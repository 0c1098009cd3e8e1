"""Feedback as rows of a run's results."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from spanlake.entities import Feedback
from spanlake.evaluation.scorers.scorer import Scorer
from spanlake.storage.runs.results import RunResult, verdict_id

_COUNTS = ("judge_input_tokens", "judge_output_tokens")
_OWN_COLUMNS = ("judge_model", *_COUNTS, "judge_cost_usd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a verdict is about."""

    run_id: str
    record_id: str
    position: int = 0
    repetition: int = 0
    trace_id: str | None = None
    session_id: str | None = None
    split: str | None = None
    experiment: str | None = None
    content_digest: str | None = None
    is_session: bool = False


def verdict_results(
    judged: Judged, scorer: Scorer, feedbacks: Iterable[Feedback]
) -> list[RunResult]:
    """A row for each of the feedbacks that a scorer gave at once."""
    now = datetime.now(UTC)
    return [
        _result(judged, scorer, feedback, number, now) for number, feedback in enumerate(feedbacks)
    ]


def _result(
    judged: Judged, scorer: Scorer, feedback: Feedback, number: int, now: datetime
) -> RunResult:
    value, source, error = feedback.value, feedback.source or scorer.source, feedback.error
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    metadata = feedback.metadata
    trace_id = None if judged.is_session else judged.trace_id
    if judged.is_session:
        target_type = "session"
    elif trace_id is None:
        target_type = "record"
    else:
        target_type = "trace" if feedback.span_id is None else "span"
    return RunResult(
        run_id=judged.run_id,
        kind="verdict",
        record_id=judged.record_id,
        position=judged.position,
        repetition=judged.repetition,
        target_type=target_type,
        trace_id=trace_id,
        span_id=feedback.span_id,
        session_id=judged.session_id,
        split=judged.split,
        assessment_id=verdict_id(
            judged.run_id, judged.record_id, judged.repetition, scorer.digest, number
        ),
        name=feedback.name,
        scorer_name=scorer.name,
        scorer_digest=scorer.digest,
        value=None if value is None else orjson.dumps(value).decode(),
        value_double=float(value) if is_number else None,  # type: ignore[arg-type]  # it is a number
        value_string=value if isinstance(value, str) else None,
        value_bool=value if isinstance(value, bool) else None,
        passed=_passed(scorer, feedback),
        rationale=feedback.rationale,
        source_type=str(source.source_type),
        source_id=source.source_id,
        metadata={key: each for key, each in metadata.items() if key not in _OWN_COLUMNS},
        judge_model=metadata.get("judge_model"),
        judge_input_tokens=_count(metadata.get("judge_input_tokens")),
        judge_output_tokens=_count(metadata.get("judge_output_tokens")),
        judge_cost_usd=_amount(metadata.get("judge_cost_usd")),
        content_digest=judged.content_digest,
        error_code=None if error is None else error.error_code,
        error_message=None if error is None else error.error_message,
        experiment=judged.experiment,
        created_at=now,
    )


def _passed(scorer: Scorer, feedback: Feedback) -> bool | None:
    if feedback.error is not None:
        return None
    try:
        return scorer.passes(feedback.value)
    except Exception:  # noqa: BLE001  # the user's pass_if must not cost the verdict
        return None


def _count(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None


def _amount(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
