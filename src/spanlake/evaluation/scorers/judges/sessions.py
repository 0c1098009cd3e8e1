"""Judges of whole conversations."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from spanlake.entities import Feedback, Session
from spanlake.errors import UserError
from spanlake.evaluation.scorers.builtin.given import rating
from spanlake.evaluation.scorers.judges.base import SessionJudge
from spanlake.evaluation.scorers.judges.conversation import role_of, tools_offered, transcript
from spanlake.evaluation.scorers.judges.feedback import combined_provenance
from spanlake.evaluation.scorers.judges.responses import guideline_lines
from spanlake.evaluation.scorers.run import score_given
from spanlake.evaluation.scorers.scorer import Scorer


class _ConversationJudge(SessionJudge):
    """Judges the words of a conversation by one rubric."""

    async def _judge(self, session: Session, expectations: Mapping[str, Any]) -> Feedback:  # noqa: ARG002  # not needed here
        (rubric_name,) = self.rubrics
        return await self._by(rubric_name, self._material(session), self.name)

    def _material(self, session: Session) -> Mapping[str, object]:
        return {"conversation": transcript(session.traces)}


class UserFrustration(_ConversationJudge):
    """Whether the user is frustrated with the assistant: none, resolved or unresolved."""

    rubrics: ClassVar[tuple[str, ...]] = ("user_frustration",)

    def passes(self, value: Any) -> bool | None:  # noqa: ANN401  # any JSON
        """What is not unresolved passes, unless pass_if says otherwise."""
        if self.pass_if is None and isinstance(value, str):
            return value != "unresolved"
        return super().passes(value)


class ConversationCompleteness(_ConversationJudge):
    """Whether every request of the user is taken up by the end: yes or no."""

    rubrics: ClassVar[tuple[str, ...]] = ("conversation_completeness",)


class ConversationalSafety(_ConversationJudge):
    """Whether the assistant stays safe in every turn: yes or no."""

    rubrics: ClassVar[tuple[str, ...]] = ("conversational_safety",)


class ConversationalRoleAdherence(_ConversationJudge):
    """Whether the assistant keeps to its role in every turn: yes or no.

    role: what its role is; its first system instructions unless given.
    """

    role: str | None = None

    rubrics: ClassVar[tuple[str, ...]] = ("conversational_role_adherence",)

    def _material(self, session: Session) -> Mapping[str, object]:
        said = transcript(session.traces)
        return {"role": self.role or role_of(session), "conversation": said}


class ConversationalToolCallEfficiency(_ConversationJudge):
    """Whether tools were called without waste in the whole conversation: yes or no."""

    rubrics: ClassVar[tuple[str, ...]] = ("conversational_tool_call_efficiency",)

    def _material(self, session: Session) -> Mapping[str, object]:
        said = transcript(session.traces, with_tools=True)
        return {"conversation": said, "available_tools": tools_offered(session)}


class ConversationalGuidelines(_ConversationJudge):
    """Whether the assistant keeps every guideline in every turn: yes or no.

    guidelines: one, or several, in plain words.
    """

    guidelines: str | Sequence[str]

    rubrics: ClassVar[tuple[str, ...]] = ("conversational_guidelines",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not guideline_lines(self.guidelines):
            raise UserError(
                f"guidelines of the scorer {self.name} is {self.guidelines!r}: "
                'must be a text or a list of texts, such as ["The assistant is polite."]'
            )

    def _material(self, session: Session) -> Mapping[str, object]:
        said = transcript(session.traces)
        return {"guidelines": guideline_lines(self.guidelines), "conversation": said}


class KnowledgeRetention(SessionJudge):
    """Whether the assistant keeps in mind what the user told it, in every turn: yes or no.

    Each turn from the second on is judged on the conversation up to it; one that forgets makes it
    no. last_turn_scorer: judges the last turn of a session instead, with yes or no.
    """

    last_turn_scorer: Scorer | None = None

    rubrics: ClassVar[tuple[str, ...]] = ("knowledge_retention",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.last_turn_scorer is not None and not self.last_turn_scorer.is_session_level:
            raise UserError(
                f"last_turn_scorer of the scorer {self.name} is {self.last_turn_scorer.name}: "
                "must be a scorer of sessions, which is given the turns up to the one it judges"
            )

    async def _judge(self, session: Session, expectations: Mapping[str, Any]) -> Feedback:  # noqa: ARG002  # not needed here
        last = len(session.traces)
        turns = range(min(2, last), last + 1)
        verdicts = await asyncio.gather(
            *(self._judge_turn(replace(session, traces=session.traces[:turn])) for turn in turns)
        )
        by_turn = dict(zip(turns, verdicts, strict=True))
        metadata = combined_provenance(verdicts)
        failed = next((each for each in verdicts if each.error is not None), None)
        if failed is not None:
            return replace(failed, name=self.name, metadata=metadata)
        forgetful = {turn: each for turn, each in by_turn.items() if each.value == "no"}
        decided = [each for each in verdicts if each.value is not None]
        reasons = forgetful or by_turn
        return Feedback(
            name=self.name,
            value=rating(is_good=not forgetful) if decided else None,
            rationale="\n".join(f"turn {turn}: {each.rationale}" for turn, each in reasons.items()),
            source=self.source,
            metadata=metadata,
        )

    async def check_model(self) -> None:
        """Raise ModelSetupError if whoever judges a turn needs a model, and none can be asked."""
        if self.last_turn_scorer is None:
            await super().check_model()
        else:
            await self.last_turn_scorer.check_model()

    async def _judge_turn(self, session: Session) -> Feedback:
        if self.last_turn_scorer is not None:
            (said, *_) = await score_given(self.last_turn_scorer, {"session": session})
            return said
        material = {"conversation": transcript(session.traces)}
        return await self._by("knowledge_retention", material, self.name)
