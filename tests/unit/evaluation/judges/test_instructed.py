import json
import pickle
from typing import Any, Literal

import pytest
from asking import PROTOCOLS, model_of
from judged import captured, given, session, told, turn

from spanlake.entities import Span, Trace
from spanlake.errors import UserError
from spanlake.evaluation.models.fence import fenced_texts
from spanlake.evaluation.models.message import Role
from spanlake.evaluation.scorers import ScorerError
from spanlake.evaluation.scorers.judges.trace_tools import TraceTools
from spanlake.judges import make_judge
from spanlake.testing import Answer, ChatRequest, ModelServer, OfflineModel, Said, ToolCall

FIVE = {"rationale": "kind", "verdict": 5}


def test_instructions_become_the_task_and_values_the_material() -> None:
    """The prompt has the instructions, and where they name a value a pointer to it, fenced."""
    model = OfflineModel(FIVE)
    judge = make_judge(
        "kindness",
        "Rate from 1 to 5 how kind {{ outputs }} is to who asked {{inputs}}.",
        model,
        feedback_value_type=int,
    )
    feedback = judge(inputs={"q": "Ignore this"}, outputs="Dear you")
    assert (feedback.name, feedback.value, feedback.rationale) == ("kindness", 5, "kind")
    system = model.requests[0].messages[0].text
    assert "Rate from 1 to 5 how kind <outputs> is to who asked <inputs>." in system
    assert "Dear you" not in system
    assert given(model)["outputs"] == "Dear you"
    assert judge.wants == {"inputs", "outputs"}


@pytest.mark.parametrize(
    ("instructions", "said"),
    [
        ("Is it good?", "name nothing to judge"),
        ("Is {{ output }} good?", "did you mean {{ outputs }}?"),
        ("Is {{ outputs.text }} good?", "there are only"),
        ("{{ conversation }} and {{ outputs }}", "a conversation goes only together"),
    ],
)
def test_instructions_name_what_there_is(instructions: str, said: str) -> None:
    """A judge that could judge nothing is refused when it is made."""
    with pytest.raises(UserError) as caught:
        make_judge("j", instructions, "offline:/overlap")
    assert said in str(caught.value)
    assert "the judge j" in str(caught.value)


def test_what_the_instructions_name_has_to_be_there() -> None:
    """A value that is missing is told, and nobody is asked."""
    model = OfflineModel(FIVE)
    judge = make_judge("j", "{{ outputs }} by {{ expectations }}", model)
    with pytest.raises(ScorerError, match="expectations"):
        judge(outputs="x")
    with pytest.raises(ScorerError, match="outputs"):
        judge(expectations={"a": 1})
    assert model.requests == []


def test_a_conversation_makes_a_judge_of_sessions() -> None:
    """It is called once a session, with expectations if there are any."""
    model = OfflineModel({"rationale": "", "verdict": True})
    judge = make_judge(
        "j", "Is {{ conversation }} fine, by {{ expectations }}?", model, feedback_value_type=bool
    )
    assert judge.is_session_level
    assert judge(session=session(turn("hi", "ho"))).value is True
    assert "user: hi" in given(model)["conversation"]
    judge(session=session(turn("hi", "ho")), expectations={"tone": "calm"})
    assert "calm" in given(model)["expectations"]


def test_instructions_and_the_type_count_for_the_version() -> None:
    """Another wording, type or model is another judge; another description is not."""

    def digest(**changes: Any) -> str:  # noqa: ANN401  # of any parameter
        options: dict[str, Any] = {
            "instructions": "{{ outputs }}",
            "feedback_value_type": Literal["a", "b"],
        }
        return make_judge("j", model="gpt-4o", **{**options, **changes}).digest

    assert digest(description="x") == digest()
    others = {
        digest(instructions="Is {{ outputs }} good?"),
        digest(feedback_value_type=Literal["a", "c"]),
        digest(feedback_value_type=bool),
        digest(max_steps=3),
    }
    assert len(others | {digest()}) == 5


def call(number: int, name: str, **arguments: object) -> Answer:
    """A look-up of a model."""
    return Answer(tool_calls=(ToolCall(f"call_{number}", name, json.dumps(arguments)),))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_judge_looks_into_a_trace_before_it_decides(
    protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over the wire the model calls the tools, sees what they found in a fence, and decides."""
    (trace, *_) = captured("pydantic-ai-otel-v5", "agent_tools")
    (tool, *_) = trace.search_spans(span_type="TOOL")
    script: list[Said] = [
        call(1, "list_spans"),
        call(2, "get_span", span_id=tool.span_id),
        call(3, "search_text", text=str(tool.tool_name)),
        {"rationale": "seen", "verdict": True},
    ]
    with ModelServer(script) as server:
        judge = make_judge(
            "careful",
            "Did {{ trace }} use its tools well?",
            model_of(server, protocol, monkeypatch),
            feedback_value_type=bool,
        )
        feedback = judge(trace=trace)
        requests = server.requests
    assert (feedback.value, feedback.rationale) == (True, "seen")
    assert len(requests) == 4
    assert [message.role for message in requests[-1].messages][2:4] == [Role.ASSISTANT, Role.TOOL]
    found = [fenced_texts(m.text)["tool_result"] for m in requests[-1].messages if m.tool_call_id]
    assert tool.span_id in found[0]
    assert str(tool.tool_name) in found[1]
    assert tool.span_id in found[2]
    assert int(feedback.metadata["judge_input_tokens"]) > 1000


def test_a_judge_that_goes_on_looking_is_told_to_decide() -> None:
    """After max_steps rounds no tool may be called, and a verdict is asked for."""

    def endless(request: ChatRequest) -> Answer | dict[str, object]:
        if request.may_call_tools:
            return call(len(request.messages), "list_spans")
        return {"rationale": "enough", "verdict": "ok"}

    model = OfflineModel(endless)
    judge = make_judge("j", "Judge {{ trace }}.", model, max_steps=3)
    assert judge(trace=turn("a", "b")).value == "ok"
    assert len(model.requests) == 4
    assert "no more look-ups" in told(model.requests[-1])


def test_a_judge_that_never_decides_is_an_error() -> None:
    """A model that only calls tools, even where it may not, gives no verdict and costs an end."""
    model = OfflineModel(call(1, "list_spans"))
    feedback = make_judge("j", "Judge {{ trace }}.", model, max_steps=2)(trace=turn("a", "b"))
    assert feedback.error is not None
    assert feedback.error.error_code == "JUDGE_VERDICT_INVALID"
    assert len(model.requests) == 4


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("delete_trace", "{}", "there is no tool 'delete_trace'"),
        ("get_span", "{}", "span_id"),
        ("get_span", '{"span_id": "zz"}', "no span 'zz'"),
        ("get_span", "not json", "error"),
        ("list_spans", '{"offset": -1}', "offset"),
        ("list_spans", '{"limit": 5}', "limit"),
        ("search_text", '{"text": ""}', "text"),
    ],
)
def test_a_wrong_look_up_is_answered_by_what_is_wrong(name: str, arguments: str, said: str) -> None:
    """A model that calls a tool wrongly learns how, and the judgement goes on."""
    answer = TraceTools(turn("a", "b")).answer(ToolCall("1", name, arguments))
    assert answer.startswith("error")
    assert said in answer


def test_no_look_up_brings_too_much() -> None:
    """Long texts and many spans come in pages that say where they go on."""
    spans = tuple(
        Span(trace_id="a", span_id=f"{n:016x}", name="step", input="needle " * 3000)
        for n in range(250)
    )
    tools = TraceTools(Trace(trace_id="a", input="x" * 100_000, spans=spans))
    for name, arguments in (
        ("get_trace_info", {}),
        ("list_spans", {}),
        ("get_span", {"span_id": spans[0].span_id}),
        ("search_text", {"text": "NEEDLE"}),
    ):
        answer = tools.answer(ToolCall("1", name, json.dumps(arguments)))
        assert len(answer) < 12_000
        assert "offset" in answer
    last = tools.answer(ToolCall("1", "list_spans", '{"offset": 200}'))
    assert last.count("\n") == 49
    assert "offset" not in last


def test_a_judge_can_be_sent_to_another_process() -> None:
    """Pickled and read again it is the same judge, as engines of several processes need it."""
    judge = make_judge(
        "j", "Is {{ outputs }} fine?", "offline:/overlap", feedback_value_type=Literal["a", "b"]
    )
    again = pickle.loads(pickle.dumps(judge))  # noqa: S301  # our own
    assert again.digest == judge.digest
    assert again(outputs="x").value == "a"
