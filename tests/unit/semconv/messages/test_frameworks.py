"""Messages as other frameworks and instrumentors write them."""

import pytest
from schema_messages import Case, call, message, read, reasoning, result, text

CITY = {"city": "Paris"}


CASES = [
    Case(
        "Haystack",
        "request",
        {
            "messages": [
                {"role": "user", "meta": {}, "name": None, "content": [{"text": "Hi"}]},
                {
                    "_role": "assistant",
                    "_content": [{"tool_call": {"tool_name": "w", "arguments": CITY, "id": "c1"}}],
                    "_meta": {"finish_reason": "tool_calls"},
                },
                {
                    "role": "tool",
                    "content": [
                        {
                            "tool_call_result": {
                                "result": "18 C",
                                "origin": {"tool_name": "w", "arguments": CITY, "id": "c1"},
                                "error": False,
                            }
                        }
                    ],
                },
            ],
            "streaming_callback": None,
        },
        [
            message("user", text("Hi")),
            message("assistant", call("w", CITY, "c1"), finish_reason="tool_calls"),
            message("tool", result("18 C", "c1")),
        ],
    ),
    Case(
        "Haystack: replies",
        "reply",
        {
            "replies": [
                {
                    "role": "assistant",
                    "meta": {"finish_reason": "stop", "usage": {}},
                    "content": [{"text": "Hi!"}],
                }
            ]
        },
        [message("assistant", text("Hi!"), finish_reason="stop")],
    ),
    Case(
        "LlamaIndex: blocks",
        "input_messages",
        [
            {"role": "user", "blocks": [{"block_type": "text", "text": "Hi"}]},
            {
                "role": "assistant",
                "blocks": [
                    {
                        "block_type": "tool_call",
                        "tool_call_id": "c1",
                        "tool_name": "w",
                        "tool_kwargs": '{"city":"Paris"}',
                    }
                ],
            },
            {
                "role": "tool",
                "additional_kwargs": {"tool_call_id": "c1"},
                "blocks": [{"block_type": "text", "text": "18 C"}],
            },
        ],
        [
            message("user", text("Hi")),
            message("assistant", call("w", CITY, "c1")),
            message("tool", result("18 C", "c1")),
        ],
    ),
    Case(
        "pydantic-ai: the schema before, with a result",
        "conversation_asked",
        [
            {"role": "user", "parts": [{"type": "text", "content": "Hi"}]},
            {
                "role": "assistant",
                "parts": [{"type": "tool_call", "id": "c1", "name": "w", "arguments": CITY}],
                "finish_reason": "tool_call",
            },
            {
                "role": "user",
                "parts": [
                    {"type": "tool_call_response", "id": "c1", "name": "w", "result": "18 C"}
                ],
            },
            {"role": "assistant", "parts": [{"type": "text", "content": "18 degrees."}]},
        ],
        [
            message("user", text("Hi")),
            message("assistant", call("w", CITY, "c1"), finish_reason="tool_call"),
            message("tool", result("18 C", "c1")),
        ],
    ),
    Case(
        "pydantic-ai: the answer at the end of all messages",
        "conversation_answered",
        [
            {"role": "user", "parts": [{"type": "text", "content": "Hi"}]},
            {"role": "assistant", "parts": [{"type": "text", "content": "Hi!"}]},
        ],
        [message("assistant", text("Hi!"))],
    ),
    Case(
        "pydantic-ai: events of its first releases",
        "conversation_asked",
        [
            {"event.name": "gen_ai.system.message", "content": "Be brief.", "role": "system"},
            {"event.name": "gen_ai.user.message", "content": "Hi", "role": "user"},
            {"event.name": "gen_ai.choice", "index": 0, "message": {"content": "Hi!"}},
            "no event",
            {"event.name": ["no", "name"]},
        ],
        [message("system", text("Be brief.")), message("user", text("Hi"))],
    ),
    Case(
        "OpenInference: flattened messages",
        "input_messages",
        [
            {"message": {"role": "user", "content": "Hi"}},
            {
                "message": {
                    "role": "assistant",
                    "contents": [
                        {"message_content": {"type": "reasoning", "text": "Hm."}},
                        {"message_content": {"type": "text", "text": "Let me look."}},
                    ],
                    "tool_calls": [
                        {
                            "tool_call": {
                                "id": "c1",
                                "function": {"name": "w", "arguments": '{"city":"Paris"}'},
                            }
                        }
                    ],
                }
            },
            {"message": {"role": "tool", "content": "18 C", "tool_call_id": "c1"}},
            {
                "message": {
                    "role": "assistant",
                    "function_call_name": "w",
                    "function_call_arguments_json": '{"city":"Paris"}',
                }
            },
        ],
        [
            message("user", text("Hi")),
            message("assistant", reasoning("Hm."), text("Let me look."), call("w", CITY, "c1")),
            message("tool", result("18 C", "c1")),
            message("assistant", call("w", CITY)),
        ],
    ),
    Case(
        "OpenInference: completions",
        "output_messages",
        [{"completion": {"text": "Hi!"}}],
        [message("assistant", text("Hi!"))],
    ),
    Case(
        "OpenLLMetry: indexed attributes",
        "output_messages",
        [
            {
                "role": "assistant",
                "content": "Let me look.",
                "finish_reason": "tool_calls",
                "tool_calls": [{"id": "c1", "name": "w", "arguments": '{"city":"Paris"}'}],
            }
        ],
        [
            message(
                "assistant",
                text("Let me look."),
                call("w", CITY, "c1"),
                finish_reason="tool_calls",
            )
        ],
    ),
    Case(
        "Genkit",
        "request",
        {
            "messages": [
                {"role": "model", "content": [{"toolRequest": {"name": "w", "input": CITY}}]},
                {"role": "tool", "content": [{"toolResponse": {"name": "w", "output": "18 C"}}]},
            ]
        },
        [message("assistant", call("w", CITY, "w")), message("tool", result("18 C", "w"))],
    ),
    Case(
        "JSON blocks in a text",
        "input_messages",
        [{"role": "user", "content": '[{"type": "text", "text": "Hi"}]'}],
        [message("user", text("Hi"))],
    ),
    Case(
        "JSON in a text that is no block",
        "input_messages",
        [{"role": "user", "content": '{"city": "Paris"}'}],
        [message("user", text('{"city": "Paris"}'))],
    ),
    Case(
        "a part that nobody knows",
        "input_messages",
        [{"role": "user", "parts": [{"type": "hologram", "content": "?"}]}],
        [message("user", {"type": "hologram", "content": "?"})],
    ),
    Case(
        "messages in which nobody says anything",
        "input_messages",
        [{"role": "user", "content": ""}, {"role": "assistant", "content": []}],
        None,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_what_a_framework_writes_is_what_was_said(case: Case) -> None:
    """Each framework's shape becomes messages of the schema, also when it comes as JSON text."""
    for written in case.writings:
        assert read(case.structure, written) == case.said
