import json
from typing import Any

import pyarrow as pa
import pytest
from schema_messages import Message, call, message, result, text
from spans import Attributes, SpanSpec, raw_spans

from spanlake.semconv.normalise import default_normaliser

CHAT: Attributes = {"gen_ai.operation.name": "chat"}
TOOL: Attributes = {"gen_ai.operation.name": "execute_tool"}
CITY = {"city": "Paris"}
CALL = json.dumps([{"id": "c1", "type": "function", "function": {"name": "w", "arguments": "{}"}}])

Events = list[tuple[str, Attributes]]


def normalised(events: Events, attributes: Attributes = CHAT) -> dict[str, Any]:
    spans = raw_spans(SpanSpec(), SpanSpec(attributes, events=events), SpanSpec())
    table = default_normaliser().normalise(spans, pa.nulls(3, pa.string())).table
    rows: list[dict[str, Any]] = table.to_pylist()
    assert rows[0]["input_messages"] is rows[2]["output_messages"] is None
    return rows[1]


def said(written: str | None) -> list[Message] | None:
    return None if written is None else json.loads(written)


CONVERSATIONS: list[tuple[str, Events, list[Message] | None, list[Message] | None]] = [
    (
        "an event a message",
        [
            ("gen_ai.system.message", {"content": "Be brief."}),
            ("gen_ai.user.message", {"content": "Hi", "role": "user"}),
            ("gen_ai.assistant.message", {"tool_calls": CALL}),
            ("gen_ai.tool.message", {"content": "18 C", "id": "c1"}),
            ("gen_ai.choice", {"index": 0, "finish_reason": "stop", "message": "18 degrees."}),
        ],
        [
            message("system", text("Be brief.")),
            message("user", text("Hi")),
            message("assistant", call("w", {}, "c1")),
            message("tool", result("18 C", "c1")),
        ],
        [message("assistant", text("18 degrees."), finish_reason="stop")],
    ),
    (
        "a choice that is an object",
        [
            (
                "gen_ai.choice",
                {"message": json.dumps({"role": "assistant", "content": "Hi!"}), "index": 0},
            ),
            ("gen_ai.choice", {"message": json.dumps({"content": "Hello!"}), "index": 1}),
        ],
        None,
        [message("assistant", text("Hi!")), message("assistant", text("Hello!"))],
    ),
    (
        "a choice of Bedrock's blocks, as Strands writes it",
        [
            ("gen_ai.user.message", {"content": '[{"text": "Hi"}]'}),
            (
                "gen_ai.choice",
                {
                    "finish_reason": "tool_use",
                    "message": json.dumps(
                        [{"toolUse": {"toolUseId": "c1", "name": "w", "input": CITY}}]
                    ),
                },
            ),
        ],
        [message("user", text("Hi"))],
        [message("assistant", call("w", CITY, "c1"), finish_reason="tool_use")],
    ),
    (
        "a body in one attribute, as Semantic Kernel writes it",
        [
            ("gen_ai.user.message", {"event_content": '{"role": "user", "content": "Hi"}'}),
            ("gen_ai.choice", {"gen_ai.event.content": '{"message": {"content": "Hi!"}}'}),
        ],
        [message("user", text("Hi"))],
        [message("assistant", text("Hi!"))],
    ),
    (
        "an event for the prompt and one for the completion",
        [
            ("gen_ai.content.prompt", {"gen_ai.prompt": '[{"role": "user", "content": "Hi"}]'}),
            ("gen_ai.content.completion", {"gen_ai.completion": "Hi!"}),
        ],
        [message("user", text("Hi"))],
        [message("assistant", text("Hi!"))],
    ),
    ("events of something else", [("gen_ai.token", {"content": "Hi"}), ("log", CHAT)], None, None),
    ("events that say nothing", [("gen_ai.user.message", {}), ("gen_ai.choice", {})], None, None),
]


@pytest.mark.parametrize(
    ("events", "asked", "answered"),
    [pytest.param(*told, id=title) for title, *told in CONVERSATIONS],
)
def test_messages_in_events_are_the_spans(
    events: Events, asked: list[Message] | None, answered: list[Message] | None
) -> None:
    """Events of earlier releases of the conventions become the messages of their span alone."""
    columns = normalised(events)
    assert said(columns["input_messages"]) == asked
    assert said(columns["output_messages"]) == answered


def test_what_attributes_say_is_not_taken_from_events() -> None:
    """Messages in attributes are kept where events tell of others."""
    own = json.dumps([message("user", text("Hello"))])
    events: Events = [("gen_ai.user.message", {"content": "Hi"})]
    assert normalised(events, {**CHAT, "gen_ai.input.messages": own})["input_messages"] == own


def test_events_of_a_tool_are_its_arguments_and_its_result() -> None:
    """What a tool's span has for messages is what the tool was given and gave."""
    columns = normalised(
        [
            ("gen_ai.tool.message", {"role": "tool", "content": '{"city": "Paris"}', "id": "c1"}),
            ("gen_ai.choice", {"message": '[{"text": "18 C"}]', "id": "c1"}),
        ],
        TOOL,
    )
    assert json.loads(columns["tool_arguments"]) == CITY
    assert columns["tool_result"] == "18 C"
    assert columns["input_messages"] is columns["output_messages"] is None


def test_the_details_of_an_operation_are_the_spans() -> None:
    """The event that has all of a call's content fills the columns of its span."""
    asked, answered = [message("user", text("Hi"))], [message("assistant", text("Hi!"))]
    columns = normalised(
        [
            (
                "gen_ai.client.inference.operation.details",
                {
                    "gen_ai.system_instructions": '[{"type": "text", "content": "Be brief."}]',
                    "gen_ai.input.messages": json.dumps(asked),
                    "gen_ai.output.messages": json.dumps(answered),
                    "gen_ai.tool.definitions": '[{"type": "function", "name": "w"}]',
                },
            )
        ]
    )
    assert json.loads(columns["system_instructions"]) == [text("Be brief.")]
    assert said(columns["input_messages"]) == asked
    assert said(columns["output_messages"]) == answered
    assert json.loads(columns["tool_definitions"]) == [{"type": "function", "name": "w"}]
