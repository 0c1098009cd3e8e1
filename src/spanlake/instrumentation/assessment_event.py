"""An assessment as the standard evaluation event.

What the standard has no word for stands under spanlake.assessment, where the view
`assessments_history` reads it.
"""

import math
from collections.abc import Mapping

from spanlake.entities import Assessment, AssessmentSource, SourceType
from spanlake.entities.assessment import AssessmentValue
from spanlake.errors import UserError
from spanlake.instrumentation.json_text import to_json, to_text

EVENT = "gen_ai.evaluation.result"

_OWN = "spanlake.assessment."
_LONGEST = 65_536  # characters of a rationale or message
_LONGEST_NAME = 250
_JUDGE = {"AI_JUDGE": SourceType.LLM_JUDGE}  # what MLflow calls it too


def attributes_of(
    assessment: Assessment, *, overrides: str | None = None, is_deletion: bool = False
) -> dict[str, str | float | bool]:
    """The attributes of the event; what is not known is left out.

    overrides: the id of the assessment that this one ends. Raises UserError for a value that JSON
    does not have, a name that is none, and a source type there is not.
    """
    attributes = {
        "gen_ai.evaluation.name": _name(assessment.name),
        f"{_OWN}id": assessment.assessment_id,
        f"{_OWN}kind": assessment.kind,
        f"{_OWN}target_type": assessment.target_type,
        "gen_ai.evaluation.explanation": _text(assessment.rationale),
        "session.id": assessment.session_id,
        f"{_OWN}run_id": assessment.run_id,
        f"{_OWN}scorer_name": assessment.scorer_name,
        f"{_OWN}scorer_digest": assessment.scorer_digest,
        f"{_OWN}overrides": overrides,
        f"{_OWN}is_deletion": is_deletion or None,
        **_of_source(assessment.source),
        **_of_value(assessment.value),
        **{f"{_OWN}metadata.{key}": text for key, text in assessment.metadata.items()},
    }
    if assessment.error is not None:
        attributes["error.type"] = assessment.error.error_code
        attributes[f"{_OWN}error_message"] = _text(assessment.error.error_message)
    return {key: value for key, value in attributes.items() if value is not None}


def metadata_texts(metadata: Mapping[str, object] | None) -> dict[str, str]:
    """Metadata as texts, which is all an assessment keeps of them."""
    return {key: to_text(value, _LONGEST) for key, value in (metadata or {}).items()}


def source_type_of(value: SourceType | str) -> SourceType:
    """The source type of this name, in any case. Raises UserError."""
    name = str(value).upper()
    try:
        return _JUDGE.get(name) or SourceType(name)
    except ValueError:
        raise UserError(f"source_type is {value!r}: must be HUMAN, LLM_JUDGE or CODE") from None


def _name(name: str) -> str:
    if not name or len(name) > _LONGEST_NAME:
        raise UserError(f"name is {name!r:.80}: must be a text of 1 to {_LONGEST_NAME} characters")
    return name


def _of_source(source: AssessmentSource) -> dict[str, str | None]:
    kind = source_type_of(source.source_type)
    # Code that gives itself no name is known by its service's.
    is_service = kind is SourceType.CODE and source.source_id == AssessmentSource().source_id
    return {
        f"{_OWN}source_type": kind.value,
        f"{_OWN}source_id": None if is_service else source.source_id,
    }


def _of_value(value: AssessmentValue) -> dict[str, str | float]:
    """The value as JSON; numbers and labels in the standard's words besides."""
    if value is None:
        return {}
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"value is {value!r}: must be finite; log an error instead of a value")
    written: dict[str, str | float] = {f"{_OWN}value": to_json(value)}
    if isinstance(value, str):
        written["gen_ai.evaluation.score.label"] = value
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        written["gen_ai.evaluation.score.value"] = float(value)
    return written


def _text(text: str | None) -> str | None:
    return None if text is None else to_text(text, _LONGEST)
