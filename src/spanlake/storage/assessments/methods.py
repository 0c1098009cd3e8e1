"""The methods of a lake by which a notebook assesses what is in it."""

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from spanlake.entities import (
    Assessment,
    AssessmentError,
    AssessmentSource,
    AssessmentValue,
    Expectation,
    Feedback,
)
from spanlake.storage.assessments.entry import Entry, Target

if TYPE_CHECKING:
    from spanlake.storage.lake import Lake

_CALLER = 3  # whoever called the method


class AssessmentMethods:
    """A part of `Lake`."""

    def log_feedback(  # noqa: PLR0913  # as MLflow's function of this name, and more targets
        self,
        *,
        trace_id: str | None = None,
        span_id: str | None = None,
        session_id: str | None = None,
        record_id: str | None = None,
        name: str = "feedback",
        value: AssessmentValue = None,
        error: AssessmentError | None = None,
        rationale: str | None = None,
        source: AssessmentSource | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Assessment:
        """Store a verdict on a trace, a span of it, a session or a dataset record.

        It is durable on return, and stored once however often it is said. error: why there is no
        value. source: who says so, by default code. Warns when the target is not stored (yet).
        Raises UserError for what is against a rule, and CommitError.
        """
        said = Feedback(
            name=name,
            value=value,
            error=error,
            rationale=rationale,
            source=source,
            metadata=metadata or {},
        )
        return self._log(Target(trace_id, span_id, session_id, record_id), said)

    def log_expectation(  # noqa: PLR0913  # the same
        self,
        *,
        trace_id: str | None = None,
        span_id: str | None = None,
        session_id: str | None = None,
        record_id: str | None = None,
        name: str,
        value: AssessmentValue,
        source: AssessmentSource | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Assessment:
        """Store what should have come out, as `log_feedback` stores a verdict.

        source: by default a person.
        """
        said = Expectation(name=name, value=value, source=source, metadata=metadata or {})
        return self._log(Target(trace_id, span_id, session_id, record_id), said)

    def override_feedback(  # noqa: PLR0913  # as MLflow's function of this name
        self,
        *,
        assessment_id: str,
        value: AssessmentValue = None,
        error: AssessmentError | None = None,
        rationale: str | None = None,
        source: AssessmentSource | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Assessment:
        """Put another verdict in the place of one, which stays in `assessments_history`.

        Raises NotFoundError if there is no such assessment, and else as `log_feedback`.
        """
        from spanlake.storage.assessments.log import override_assessment

        said = Feedback(
            value=value, error=error, rationale=rationale, source=source, metadata=metadata or {}
        )
        return override_assessment(cast("Lake", self), assessment_id, said).assessment

    def delete_assessment(
        self,
        *,
        assessment_id: str,
        source: AssessmentSource | None = None,
        reason: str | None = None,
    ) -> bool:
        """Take an assessment back; what it overrode stands again, and the history keeps both.

        False if it was deleted before. Raises NotFoundError, CommitError, and UserError for one
        that another overrides.
        """
        from spanlake.storage.assessments.log import delete_assessment

        return delete_assessment(cast("Lake", self), assessment_id, source=source, reason=reason)

    def _log(self, target: Target, said: Feedback | Expectation) -> Assessment:
        from spanlake.storage.assessments.log import log_assessments

        (logged,) = log_assessments(cast("Lake", self), [Entry(target=target, said=said)])
        stored = logged.assessment
        if logged.target_is_stored is False:
            what = stored.span_id or stored.trace_id or stored.session_id
            warnings.warn(
                f"{stored.target_type}_id is {what}: not stored yet; the {stored.kind} is, and "
                "belongs to it once it arrives",
                stacklevel=_CALLER,
            )
        return stored
