"""One scorer on one sample: it always ends, and always in feedback."""

import asyncio
from typing import Any

from spanlake.entities import Feedback
from spanlake.evaluation.models.errors import ModelSetupError
from spanlake.evaluation.scorers.outcome import ScorerError, error_feedback, feedback_of
from spanlake.evaluation.scorers.sample import Sample
from spanlake.evaluation.scorers.scorer import Scorer


async def score_one(scorer: Scorer, sample: Sample) -> tuple[Feedback, ...]:
    """At least one Feedback, whatever the scorer does; the caller's cancellation is raised.

    A sync scorer runs in a thread. One that takes longer than its timeout is an error, and what
    it does after that is not waited for. The scorer sees the caller's context variables. A model
    that cannot be asked at all is no failure of the sample: ModelSetupError is raised, too.
    """
    try:
        _check(scorer, sample)
    except ScorerError as error:
        return (error_feedback(error, scorer),)
    return await score_given(scorer, sample.arguments(scorer.wants))


async def score_given(scorer: Scorer, given: dict[str, Any]) -> tuple[Feedback, ...]:
    """The same for the arguments that the scorer is called with."""
    limit = asyncio.timeout(scorer.timeout or None)
    try:
        async with limit:
            returned = await scorer.score(**given)
    except asyncio.CancelledError:
        if _is_cancelled():
            raise
        error: BaseException = ScorerError("it was cancelled by itself")
    except ModelSetupError:
        raise
    except (Exception, SystemExit) as raised:  # noqa: BLE001  # a scorer's failure is a result
        error = raised
    else:
        return feedback_of(returned, scorer)
    if limit.expired():
        error = ScorerError(
            f"it took longer than {scorer.timeout:g} s, its timeout; "
            "set timeout= of the scorer higher, or to 0 for no limit"
        )
    return (error_feedback(error, scorer),)


def _check(scorer: Scorer, sample: Sample) -> None:
    """Refuse a sample that the scorer cannot score."""
    if scorer.is_session_level != (sample.session is not None):
        levels = ("sessions", "single records, traces and spans")
        scored, given = levels if scorer.is_session_level else levels[::-1]
        raise ScorerError(f"{scorer.name} scores {scored}: it was given one of {given}")
    if "trace" in scorer.requires and sample.trace is None:
        raise ScorerError(
            f"{scorer.name} needs a trace, and this {sample.target_type} has none", "MISSING_TRACE"
        )


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
