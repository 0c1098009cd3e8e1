"""What a scorer returned or raised, as feedback."""

import dataclasses
import enum
import math
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from spanlake.entities import AssessmentError, AssessmentSource, Feedback, SourceType

if TYPE_CHECKING:
    from spanlake.evaluation.scorers.scorer import Scorer

SCORER_ERROR = "SCORER_ERROR"
STACK_TRACE = "stack_trace"
"""The metadata of an error that says where in the scorer it happened."""

MAX_NAME_LENGTH = 250
"""Of a scorer and of what it says, in characters."""

_UNNAMED = Feedback().name
_MAX_MESSAGE = 2_000
_MAX_STACK_TRACE = 8_000
_MAX_DEPTH = 64
_SOURCE_NAMES = {"AI_JUDGE": SourceType.LLM_JUDGE}


class ScorerError(Exception):
    """A scorer cannot judge this sample; its code and message become the feedback's error.

    error_code: such as MISSING_EXPECTATION; in capitals, for programs to tell errors apart.
    """

    def __init__(self, message: str, error_code: str = SCORER_ERROR) -> None:
        super().__init__(message)
        self.error_code = error_code


def feedback_of(returned: object, scorer: "Scorer") -> tuple[Feedback, ...]:
    """What a scorer returned, as at least one Feedback with name, source and a JSON value.

    None and an empty list are one Feedback without a value: the scorer has nothing to say. A
    Feedback that has no name of its own gets the scorer's. What cannot be stored is an error.
    """
    given = list(returned) if isinstance(returned, list | tuple) else [returned]
    try:
        return tuple(_feedback(each, scorer) for each in given or [None])
    except Exception as error:  # noqa: BLE001  # such as that of a __str__ of the user's
        return (error_feedback(error, scorer),)


def error_feedback(error: BaseException, scorer: "Scorer") -> Feedback:
    """What a scorer raised, as a Feedback with an error instead of a value."""
    message = str(error) if isinstance(error, ScorerError) else _described(error)
    code = error.error_code if isinstance(error, ScorerError) else SCORER_ERROR
    where = "" if isinstance(error, ScorerError) else _stack_trace(error)
    return Feedback(
        name=scorer.name,
        source=scorer.source,
        error=AssessmentError(code, _storable(message)[:_MAX_MESSAGE]),
        metadata={STACK_TRACE: _storable(where)} if where else {},
    )


def _feedback(returned: object, scorer: "Scorer") -> Feedback:
    if not isinstance(returned, Feedback):
        if isinstance(returned, Mapping | list | tuple):
            raise ScorerError(
                f"it returned {_shown(returned)}: must be a bool, number, string, Feedback or a "
                "list of these; a list or object as a value goes into Feedback(value=...)"
            )
        return Feedback(name=scorer.name, value=_value(returned), source=scorer.source)
    if returned.error is not None and returned.value is not None:
        raise ScorerError("it returned a Feedback with a value and an error: it must have one")
    return dataclasses.replace(
        returned,
        name=scorer.name if returned.name == _UNNAMED else _name(returned.name),
        value=_value(returned.value),
        rationale=None if returned.rationale is None else _storable(str(returned.rationale)),
        source=scorer.source if returned.source is None else _source(returned.source),
        error=None if returned.error is None else _error(returned.error),
        metadata={_storable(str(k)): _storable(str(v)) for k, v in returned.metadata.items()},
    )


def _name(name: object) -> str:
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME_LENGTH:
        raise ScorerError(
            f"it returned a Feedback whose name is {_shown(name)}: "
            f"must be a text of 1 to {MAX_NAME_LENGTH} characters"
        )
    return _storable(name)


def _error(error: AssessmentError) -> AssessmentError:
    message = None if error.error_message is None else _storable(error.error_message)
    return AssessmentError(_storable(error.error_code), message)


def _value(value: Any, depth: int = 0) -> Any:  # noqa: ANN401  # JSON
    """A value as JSON can hold it; numbers of numpy and enumerations become plain ones."""
    if hasattr(value, "item") and not isinstance(value, Mapping):  # a scalar of numpy or polars
        value = _scalar(value)
    match value:
        case enum.Enum():
            return _value(value.value, depth)
        case None | bool():
            return value
        case int():
            return int(value)
        case float():
            if not math.isfinite(value):
                raise ScorerError(f"it returned {value}: a number must be finite")
            return float(value)
        case str():
            return _storable(value)
        case list() | tuple() if depth < _MAX_DEPTH:
            return [_value(each, depth + 1) for each in value]
        case Mapping() if depth < _MAX_DEPTH:
            return {_storable(str(k)): _value(v, depth + 1) for k, v in value.items()}
    raise ScorerError(
        f"it returned {_shown(value)}: must be a bool, number, string, Feedback or a list of these"
    )


def _scalar(value: Any) -> Any:  # noqa: ANN401  # an object of a library we need not know
    try:
        return value.item()
    except (TypeError, ValueError):
        return value


def _source(source: AssessmentSource) -> AssessmentSource:
    known = str(source.source_type).upper()
    kind = _SOURCE_NAMES.get(known, known)
    if kind not in SourceType.__members__:
        raise ScorerError(
            f"it returned a Feedback whose source is {source.source_type}: "
            f"must be one of {', '.join(SourceType)}"
        )
    return AssessmentSource(SourceType(kind), _storable(source.source_id))


def _described(error: BaseException) -> str:
    try:
        said = str(error)
    except Exception:  # noqa: BLE001  # an exception that cannot say what it is
        said = ""
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _stack_trace(error: BaseException) -> str:
    """Where it happened, from the scorer's own code on."""
    inner: TracebackType | None = error.__traceback__
    while inner is not None and _is_ours(inner) and inner.tb_next is not None:
        inner = inner.tb_next
    return "".join(traceback.format_tb(inner))[-_MAX_STACK_TRACE:]


def _is_ours(frame: TracebackType) -> bool:
    return str(frame.tb_frame.f_globals.get("__name__", "")).startswith("spanlake.evaluation.")


def _shown(value: object) -> str:
    return f"{repr(value)[:80]} ({type(value).__name__})"


def _storable(text: str) -> str:
    """A text without halves of surrogate pairs, which UTF-8 cannot have."""
    return text.encode("utf-8", "replace").decode("utf-8")
