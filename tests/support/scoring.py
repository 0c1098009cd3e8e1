"""What a scorer says of a sample, through the door that runs use."""

import asyncio
from typing import Any

from spanlake.entities import Feedback
from spanlake.evaluation.scorers import Sample, Scorer, score_one


def scores(scorer: Scorer, **parts: Any) -> tuple[Feedback, ...]:  # noqa: ANN401  # the fields of Sample
    """All feedback for a sample with these parts."""
    return asyncio.run(score_one(scorer, Sample(target_id="r1", **parts)))


def score(scorer: Scorer, **parts: Any) -> Feedback:  # noqa: ANN401  # the same
    """The one feedback for a sample with these parts."""
    (feedback,) = scores(scorer, **parts)
    return feedback


def error_of(scorer: Scorer, **parts: Any) -> tuple[str, str]:  # noqa: ANN401  # the same
    """The code and the message of the error that a sample with these parts ends in."""
    error = score(scorer, **parts).error
    assert error is not None
    return error.error_code, error.error_message or ""
