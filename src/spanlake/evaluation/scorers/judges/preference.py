"""Which of two responses is better: asked in both orders, for models favour a place."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

from spanlake.entities import Feedback
from spanlake.evaluation.scorers.builtin.given import expected
from spanlake.evaluation.scorers.judges.base import Turn, TurnJudge
from spanlake.evaluation.scorers.judges.feedback import combined_provenance
from spanlake.evaluation.scorers.judges.responses import guideline_lines

BASELINE: Final = "baseline_response"
POSITION_CONSISTENT: Final = "position_consistent"
"""The metadata that says whether both orders of the responses had the same verdict."""

# What each order says of the response, which the first shows first.
_FORTH = {"first": "better", "second": "worse", "equal": "same"}
_BACK = {"first": "worse", "second": "better", "equal": "same"}


class Preference(TurnJudge):
    """Whether the response is better than another one: better, same or worse.

    The other is the expectation `baseline_response`, or the one that `baseline` names. The model is
    asked twice, with the two in either order. A verdict that changes with the order is none of the
    responses: it counts as same, with `position_consistent` false in the metadata. guidelines: what
    a good response keeps to. Better and same pass.
    """

    baseline: str = BASELINE
    guidelines: str | Sequence[str] = ""

    parts: ClassVar[frozenset[str]] = frozenset({"inputs", "outputs", "expectations"})
    rubrics: ClassVar[tuple[str, ...]] = ("preference",)

    async def _judge(self, turn: Turn) -> Feedback:
        said, other = turn.said, expected(turn.expectations, self.baseline)
        asked = (self._ask(turn, said, other), self._ask(turn, other, said))
        forth, back = await asyncio.gather(*asked)
        paid = combined_provenance([forth, back])
        missing = [each for each in (forth, back) if each.value is None]
        if missing:
            # An error rather than an abstention: it may be asked for again.
            told = next((each for each in missing if each.error is not None), missing[0])
            return replace(told, metadata={**told.metadata, **paid})
        verdicts = (_FORTH[str(forth.value)], _BACK[str(back.value)])
        is_consistent = verdicts[0] == verdicts[1]
        return replace(
            forth,
            value=verdicts[0] if is_consistent else "same",
            rationale=f"shown first: {forth.rationale}\nshown second: {back.rationale}",
            metadata={
                **forth.metadata,
                **paid,
                POSITION_CONSISTENT: str(is_consistent).lower(),
                "shown_first": verdicts[0],
                "shown_second": verdicts[1],
            },
        )

    async def _ask(self, turn: Turn, first: Any, second: Any) -> Feedback:  # noqa: ANN401  # any JSON
        material = {
            "request": turn.request,
            "guidelines": guideline_lines(self.guidelines) or None,
            "first": first,
            "second": second,
        }
        return await self._by("preference", material, self.name)

    def passes(self, value: object) -> bool | None:
        """Whether it is no worse, unless pass_if says it."""
        if self.pass_if is not None or value is None:
            return super().passes(value)
        return value != "worse"
