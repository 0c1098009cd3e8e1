from typing import Any

import pytest
from judged import NO, YES, deciding, given, session, turn

from spanlake.entities import Span
from spanlake.errors import UserError
from spanlake.evaluation.scorers import Sample, ScorerError, score_one, scorer
from spanlake.evaluation.scorers.judges import (
    ConversationalGuidelines,
    ConversationalRoleAdherence,
    ConversationalSafety,
    ConversationalToolCallEfficiency,
    ConversationCompleteness,
    KnowledgeRetention,
    UserFrustration,
)
from spanlake.judges import Judge
from spanlake.testing import OfflineModel

CHAT = Span(
    trace_id="a",
    span_id="1",
    span_type="LLM",
    system_instructions=[{"type": "text", "content": "You are a pirate."}],
    tool_definitions=[{"name": "search"}],
)
TOOL = Span(trace_id="a", span_id="2", span_type="TOOL", tool_name="search", tool_result="gold")
TALK = session(
    turn("I am Ada.", "Hello Ada.", CHAT),
    turn("Where is it?", "There.", TOOL),
    turn("Who am I?", "Who are you?"),
)


@pytest.mark.parametrize(
    ("kind", "options", "shown"),
    [
        (UserFrustration, {}, "conversation"),
        (ConversationCompleteness, {}, "conversation"),
        (ConversationalSafety, {}, "conversation"),
        (ConversationalRoleAdherence, {}, "role conversation"),
        (ConversationalGuidelines, {"guidelines": ["Be kind."]}, "guidelines conversation"),
        (ConversationalToolCallEfficiency, {}, "conversation available_tools"),
    ],
)
def test_each_judge_reads_the_whole_conversation(
    kind: type[Judge], options: dict[str, Any], shown: str
) -> None:
    """Every turn is shown in its order, with what else the rubric speaks of."""
    verdict = "unresolved" if kind is UserFrustration else "no"
    model = OfflineModel({"rationale": "so", "verdict": verdict})
    judge = kind(model=model, **options)
    assert judge.is_session_level
    assert judge(session=TALK).value == verdict
    material = given(model)
    assert list(material) == shown.split()
    words = material["conversation"]
    assert words.index("user: I am Ada.") < words.index("assistant: There.")
    assert words.index("turn 3") < words.index("assistant: Who are you?")
    assert ("result: gold" in words) == (kind is ConversationalToolCallEfficiency)
    assert material.get("role", "You are a pirate.") == "You are a pirate."


def test_frustration_passes_unless_it_is_left_unresolved() -> None:
    """Its three values pass or fail without a pass_if."""
    judge = UserFrustration(model="offline:/overlap")
    assert [judge.passes(value) for value in ("none", "resolved", "unresolved")] == [
        True,
        True,
        False,
    ]


def test_a_role_may_be_given_by_hand() -> None:
    """Where the system instructions are not the role, the judge is told it."""
    model = OfflineModel(YES)
    ConversationalRoleAdherence(model=model, role="A teacher.")(session=TALK)
    assert given(model)["role"] == "A teacher."


def test_every_turn_is_judged_for_what_it_forgets() -> None:
    """Each turn from the second on is judged by itself, and one that forgets makes it no."""
    model = OfflineModel(lambda request: NO if "turn 3" in str(request) else YES)
    feedback = KnowledgeRetention(model=model)(session=TALK)
    assert feedback.value == "no"
    assert feedback.rationale == "turn 3: it is not so"
    assert len(model.requests) == 2
    assert int(feedback.metadata["judge_output_tokens"]) > 11


def test_one_turn_alone_is_judged_too() -> None:
    """A conversation of one turn has nothing to forget, unless the turn itself does."""
    model = OfflineModel(deciding(conversation="Ada"))
    assert KnowledgeRetention(model=model)(session=session(*TALK.traces[:1])).value == "yes"


def test_the_last_turn_may_be_judged_by_another_scorer() -> None:
    """Any scorer of sessions does; one of single turns is refused."""

    @scorer
    def short(session: Any) -> str:  # noqa: ANN401  # a Session
        return "yes" if len(session.traces[-1].output) < 11 else "no"

    assert KnowledgeRetention(last_turn_scorer=short)(session=TALK).value == "no"

    @scorer
    def single(outputs: str) -> bool:
        return bool(outputs)

    with pytest.raises(UserError, match="single"):
        KnowledgeRetention(last_turn_scorer=single)


def test_a_turn_that_cannot_be_judged_makes_the_whole_an_error() -> None:
    """What was not judged is not taken for a yes."""
    model = OfflineModel([YES, "nonsense"])
    feedback = KnowledgeRetention(model=model)(session=TALK)
    assert feedback.error is not None
    assert feedback.error.error_code == "JUDGE_VERDICT_INVALID"


def test_an_empty_session_is_told() -> None:
    """There is nothing to judge in a session without turns."""
    for judge in (ConversationalSafety, KnowledgeRetention):
        with pytest.raises(ScorerError, match="no turns"):
            judge(model=OfflineModel(YES))(session=session())


def test_a_run_scores_sessions() -> None:
    """A judge of sessions takes the sample of a session, as any other scorer of sessions."""
    import asyncio

    judge = ConversationalSafety(model=OfflineModel(YES))
    (feedback,) = asyncio.run(score_one(judge, Sample.of_session(TALK)))
    assert feedback.value == "yes"
    (wrong,) = asyncio.run(score_one(judge, Sample.of_trace(TALK.traces[0])))
    assert wrong.error is not None
