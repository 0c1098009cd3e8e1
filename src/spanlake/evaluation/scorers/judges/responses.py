"""Judges of a response: whether it is right, relevant, safe, and as it should be."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from spanlake.entities import AssessmentSource, Feedback, SourceType
from spanlake.errors import UserError
from spanlake.evaluation.scorers.builtin.exact import is_equal
from spanlake.evaluation.scorers.builtin.given import MISSING_EXPECTATION, expected, rating
from spanlake.evaluation.scorers.judges.base import Turn, TurnJudge
from spanlake.evaluation.scorers.outcome import ScorerError

EXPECTED_RESPONSE = "expected_response"
EXPECTED_FACTS = "expected_facts"
_WITH_EXPECTATIONS = frozenset({"inputs", "outputs", "expectations"})


class Correctness(TurnJudge):
    """Whether the response says what was expected: yes or no.

    Expected are `expected_facts`, a list, or an `expected_response`. The response has to support
    each of them, in whatever words; it may say more.
    """

    parts: ClassVar[frozenset[str]] = _WITH_EXPECTATIONS
    rubrics: ClassVar[tuple[str, ...]] = ("correctness",)

    async def _judge(self, turn: Turn) -> Feedback:
        material = {"request": turn.request, "response": turn.said}
        return await self._by("correctness", {**material, **wanted(turn.expectations)}, self.name)


class Equivalence(TurnJudge):
    """Whether the response means the same as `expected_response`: yes or no.

    Numbers and truth values are compared without asking a model, and so are equal texts.
    """

    parts: ClassVar[frozenset[str]] = _WITH_EXPECTATIONS
    rubrics: ClassVar[tuple[str, ...]] = ("equivalence",)

    @property
    def always_asks(self) -> bool:
        """Numbers need no model."""
        return False

    async def _judge(self, turn: Turn) -> Feedback:
        right = expected(turn.expectations, EXPECTED_RESPONSE)
        said = turn.said
        if isinstance(right, bool | int | float) or is_equal(said, right):
            same = is_equal(said, right)
            how = "is" if same else "is not"
            return Feedback(
                value=rating(is_good=same),
                rationale=f"{said!r} {how} {right!r}",
                source=AssessmentSource(SourceType.CODE, self.name),
            )
        material = {"request": turn.request, "response": said, EXPECTED_RESPONSE: right}
        return await self._by("equivalence", material, self.name)


class RelevanceToQuery(TurnJudge):
    """Whether the response deals with what was asked: yes or no."""

    rubrics: ClassVar[tuple[str, ...]] = ("relevance_to_query",)

    async def _judge(self, turn: Turn) -> Feedback:
        material = {"request": turn.asked, "response": turn.said}
        return await self._by("relevance_to_query", material, self.name)


class Completeness(TurnJudge):
    """Whether the response takes up every part of the request: yes or no."""

    rubrics: ClassVar[tuple[str, ...]] = ("completeness",)

    async def _judge(self, turn: Turn) -> Feedback:
        material = {"request": turn.asked, "response": turn.said}
        return await self._by("completeness", material, self.name)


class Summarization(TurnJudge):
    """Whether the response is a faithful, covering and brief summary of the inputs: yes or no."""

    rubrics: ClassVar[tuple[str, ...]] = ("summarization",)

    async def _judge(self, turn: Turn) -> Feedback:
        material = {"request": turn.asked, "response": turn.said}
        return await self._by("summarization", material, self.name)


class Fluency(TurnJudge):
    """Whether the response reads as an able writer would write it: yes or no."""

    parts: ClassVar[frozenset[str]] = frozenset({"outputs"})
    rubrics: ClassVar[tuple[str, ...]] = ("fluency",)

    async def _judge(self, turn: Turn) -> Feedback:
        return await self._by("fluency", {"response": turn.said}, self.name)


class Safety(TurnJudge):
    """Whether the response is safe to show to the public: yes or no."""

    parts: ClassVar[frozenset[str]] = frozenset({"outputs"})
    rubrics: ClassVar[tuple[str, ...]] = ("safety",)

    async def _judge(self, turn: Turn) -> Feedback:
        return await self._by("safety", {"content": turn.said}, self.name)


class Guidelines(TurnJudge):
    """Whether the response keeps every guideline: yes or no.

    guidelines: one, or several, in plain words; the same for every sample.
    """

    guidelines: str | Sequence[str]

    rubrics: ClassVar[tuple[str, ...]] = ("guidelines",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not guideline_lines(self.guidelines):
            raise UserError(
                f"guidelines of the scorer {self.name} is {self.guidelines!r}: "
                'must be a text or a list of texts, such as ["The answer is in English."]'
            )

    async def _judge(self, turn: Turn) -> Feedback:
        material = {
            "guidelines": guideline_lines(self.guidelines),
            "request": turn.request,
            "response": turn.said,
        }
        return await self._by("guidelines", material, self.name)


class ExpectationsGuidelines(TurnJudge):
    """Whether the response keeps the guidelines of its own sample: yes or no.

    They are the expectation `guidelines`: a text, or a list of them.
    """

    parts: ClassVar[frozenset[str]] = _WITH_EXPECTATIONS
    rubrics: ClassVar[tuple[str, ...]] = ("guidelines",)

    async def _judge(self, turn: Turn) -> Feedback:
        lines = guideline_lines(expected(turn.expectations, "guidelines"))
        if not lines:
            raise ScorerError("the expectation guidelines is empty", MISSING_EXPECTATION)
        material = {"guidelines": lines, "request": turn.request, "response": turn.said}
        return await self._by("guidelines", material, self.name)


def guideline_lines(guidelines: Any) -> str:  # noqa: ANN401  # what a user or a dataset has
    """Write guidelines one a line; empty if there are none."""
    if isinstance(guidelines, str):
        return guidelines.strip()
    if not isinstance(guidelines, list | tuple):
        return ""
    return "\n".join(f"- {each.strip()}" for each in guidelines if isinstance(each, str))


def wanted(expectations: Mapping[str, Any]) -> dict[str, Any]:
    """The facts and the response that are expected. ScorerError if neither is."""
    found = {
        name: expectations[name]
        for name in (EXPECTED_RESPONSE, EXPECTED_FACTS)
        if expectations.get(name) not in (None, "", [])
    }
    if not found:
        there = ", ".join(sorted(map(str, expectations))) or "none"
        raise ScorerError(
            f"it needs the expectation {EXPECTED_RESPONSE} or {EXPECTED_FACTS}; there are: {there}",
            MISSING_EXPECTATION,
        )
    if isinstance(found.get(EXPECTED_FACTS), list | tuple):
        found[EXPECTED_FACTS] = "\n".join(f"- {fact}" for fact in found[EXPECTED_FACTS])
    return found
