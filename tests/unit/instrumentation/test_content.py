import json
from types import SimpleNamespace

import pytest
from recorded import Recorded

import spanlake

TEXT = {"type": "text", "content": "hi"}
OPENAI_CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}}


def recorded_of(
    recorded: Recorded, span_type: str, inputs: object, outputs: object
) -> dict[str, object]:
    with spanlake.span("step", span_type, inputs=inputs) as step:
        step.set_outputs(outputs)
    attributes = recorded.attributes("step")
    return {
        key: json.loads(value) if isinstance(value, str) and value[:1] in "[{" else value
        for key, value in attributes.items()
        if key not in ("spanlake.span_type", "gen_ai.operation.name", "gen_ai.tool.name")
    }


def test_a_tool(recorded: Recorded) -> None:
    """A tool has its arguments and its result where the conventions have them."""
    assert recorded_of(recorded, "TOOL", {"city": "Oslo"}, 19) == {
        "gen_ai.tool.call.arguments": {"city": "Oslo"},
        "gen_ai.tool.call.result": "19",
    }


def test_a_retriever(recorded: Recorded) -> None:
    """A retriever has its query and its documents; a text is a document's content."""
    documents = ["plain", {"id": "d1", "page_content": "x", "metadata": {"uri": "u"}}]
    assert recorded_of(recorded, "RETRIEVER", {"query": "cats"}, documents) == {
        "gen_ai.retrieval.query.text": "cats",
        "gen_ai.retrieval.documents": [{"content": "plain"}, documents[1]],
    }


def test_an_embedding(recorded: Recorded) -> None:
    """Of vectors their number and size are recorded, of anything else what it is."""
    assert recorded_of(recorded, "EMBEDDING", ["a"], [[0.1] * 8, [0.2] * 8]) == {
        "spanlake.input": ["a"],
        "spanlake.output": {"count": 2, "dimensions": 8},
        "gen_ai.embeddings.dimension.count": 8,
    }


@pytest.mark.parametrize(
    ("inputs", "messages"),
    [
        ("hi", [{"role": "user", "parts": [TEXT]}]),
        ({"prompt": "hi"}, [{"role": "user", "parts": [TEXT]}]),
        ({"text": "hi"}, [{"role": "user", "parts": [TEXT]}]),
        (
            {"messages": [{"role": "system", "content": "hi"}]},
            [{"role": "system", "parts": [TEXT]}],
        ),
        (
            [
                {"role": "assistant", "content": None, "tool_calls": [OPENAI_CALL]},
                {"role": "tool", "tool_call_id": "c1", "content": "19"},
            ],
            [
                {
                    "role": "assistant",
                    "parts": [
                        {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"x": 1}}
                    ],
                },
                {
                    "role": "tool",
                    "parts": [{"type": "tool_call_response", "id": "c1", "response": "19"}],
                },
            ],
        ),
        (
            [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "hi"},
                        {"type": "tool_result", "tool_use_id": "t", "content": "19"},
                    ],
                }
            ],
            [
                {
                    "role": "user",
                    "parts": [TEXT, {"type": "tool_call_response", "id": "t", "response": "19"}],
                }
            ],
        ),
    ],
)
def test_what_a_model_is_asked(recorded: Recorded, inputs: object, messages: object) -> None:
    """OpenAI's and Anthropic's messages are those of the conventions; a text is the user's."""
    assert recorded_of(recorded, "LLM", inputs, None) == {"gen_ai.input.messages": messages}


def test_what_a_model_answers(recorded: Recorded) -> None:
    """Replies are read as dictionaries and as the libraries' objects."""
    message = SimpleNamespace(role="assistant", content="hi", tool_calls=None)
    openai = SimpleNamespace(choices=[SimpleNamespace(message=message, finish_reason="stop")])
    anthropic = {"role": "assistant", "content": [{"type": "text", "text": "hi"}]}
    parts = {"role": "assistant", "parts": [TEXT]}
    assert recorded_of(recorded, "LLM", None, openai) == {
        "gen_ai.output.messages": [parts | {"finish_reason": "stop"}]
    }
    assert recorded_of_again(recorded, anthropic | {"stop_reason": "end_turn"}) == [
        parts | {"finish_reason": "end_turn"}
    ]


def recorded_of_again(recorded: Recorded, outputs: object) -> object:
    with spanlake.span("again", "LLM") as step:
        step.set_outputs(outputs)
    return json.loads(str(recorded.attributes("again")["gen_ai.output.messages"]))


def test_what_is_no_message_is_json(recorded: Recorded) -> None:
    """A model's input or output of another shape is recorded as JSON."""
    assert recorded_of(recorded, "LLM", {"a": 1, "b": 2}, {"score": 0.5}) == {
        "spanlake.input": {"a": 1, "b": 2},
        "spanlake.output": {"score": 0.5},
    }


def test_a_step_says_which_model_it_used(recorded: Recorded) -> None:
    """Usage, attributes of every kind, events and ids are there for who has no instrumentor."""
    with spanlake.span("call", "LLM") as step:
        step.set_usage(model="m", provider="local", input_tokens=3)
        step.set_attribute("list", ["a"])
        step.set_attributes({"object": {"a": 1}, "number": 2})
        step.add_event("retry", {"after": [1, 2]})
    span = recorded.one("call")
    attributes = dict(span.attributes or {})
    assert attributes["gen_ai.usage.input_tokens"] == 3
    assert (attributes["list"], attributes["object"], attributes["number"]) == (
        ("a",), '{"a":1}', 2,
    )  # fmt: skip
    assert span.events[0].attributes == {"after": "[1,2]"}
    assert step.trace_id == f"{span.context.trace_id:032x}"
    assert step.span_id == f"{span.context.span_id:016x}"
