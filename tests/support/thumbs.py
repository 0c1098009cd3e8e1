"""A thumb that a person gives a trace, to be varied."""

from typing import Any

from spanlake.entities import AssessmentSource, Feedback
from spanlake.storage.assessments.entry import Entry, Target

TRACE, SPAN = "ab" * 16, "cd" * 8
ANN = AssessmentSource("HUMAN", "ann")


def thumb(value: Any = True, **said: Any) -> Entry:  # noqa: ANN401, FBT002  # any value
    """What ann says of `TRACE`: a thumb, but for what is said here."""
    about = {"target": Target(TRACE)} | {
        key: said.pop(key) for key in ("target", "assessment_id", "created_at") if key in said
    }
    return Entry(said=Feedback(**{"name": "thumb", "value": value, "source": ANN} | said), **about)
