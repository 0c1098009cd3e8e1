"""The bodies of requests to model APIs, by their documentation, as messages of the schema."""

import pytest
from schema_messages import Case, call, message, read, reasoning, result, text

CITY = {"city": "Paris"}

CASES = [
    Case(
        "OpenAI chat",
        "request",
        {
            "model": "gpt-4o",
            "messages": [
                {"role": "developer", "content": "Be brief."},
                {"role": "user", "name": "ann", "content": [{"type": "text", "text": "Hi"}]},
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {
                            "id": "call_1",
                            "type": "function",
                            "function": {"name": "weather", "arguments": '{"city": "Paris"}'},
                        }
                    ],
                },
                {"role": "tool", "tool_call_id": "call_1", "content": "18 C"},
            ],
        },
        [
            message("system", text("Be brief.")),
            message("user", text("Hi"), name="ann"),
            message("assistant", call("weather", CITY, "call_1")),
            message("tool", result("18 C", "call_1")),
        ],
    ),
    Case(
        "OpenAI chat, as calls were before tools",
        "request",
        [
            {"role": "user", "content": "Hi"},
            {
                "role": "assistant",
                "content": None,
                "function_call": {"name": "weather", "arguments": '{"city":"Paris"}'},
            },
            {"role": "function", "name": "weather", "content": "18 C"},
        ],
        [
            message("user", text("Hi")),
            message("assistant", call("weather", CITY)),
            message("tool", result("18 C")),
        ],
    ),
    Case(
        "OpenAI Responses",
        "request",
        {
            "model": "gpt-4o",
            "instructions": "Be brief.",
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
                {"type": "reasoning", "id": "rs_1", "summary": [{"type": "text", "text": "Hm."}]},
                {
                    "type": "function_call",
                    "id": "fc_1",
                    "call_id": "call_1",
                    "name": "weather",
                    "arguments": '{"city":"Paris"}',
                },
                {"type": "function_call_output", "call_id": "call_1", "output": "18 C"},
            ],
        },
        [
            message("system", text("Be brief.")),
            message("user", text("Hi")),
            message("assistant", reasoning("Hm."), call("weather", CITY, "call_1")),
            message("tool", result("18 C", "call_1")),
        ],
    ),
    Case(
        "OpenAI Responses, a text for an input",
        "request",
        {"model": "gpt-4o", "input": "Hi"},
        [message("user", text("Hi"))],
    ),
    Case(
        "Anthropic",
        "request",
        {
            "model": "claude-sonnet-4-5",
            "system": [{"type": "text", "text": "Be brief.", "cache_control": {}}],
            "messages": [
                {"role": "user", "content": "Hi"},
                {
                    "role": "assistant",
                    "content": [
                        {"type": "thinking", "thinking": "Hm.", "signature": "sig"},
                        {"type": "text", "text": "Let me look."},
                        {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": CITY},
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "tool_result",
                            "tool_use_id": "toolu_1",
                            "content": [{"type": "text", "text": "18 C"}],
                        }
                    ],
                },
            ],
        },
        [
            message("system", text("Be brief.")),
            message("user", text("Hi")),
            message(
                "assistant",
                reasoning("Hm."),
                text("Let me look."),
                call("weather", CITY, "toolu_1"),
            ),
            message("tool", result("18 C", "toolu_1")),
        ],
    ),
    Case(
        "Gemini",
        "request",
        {
            "model": "gemini-2.0-flash",
            "config": {"systemInstruction": {"parts": [{"text": "Be brief."}]}},
            "contents": [
                {"role": "user", "parts": [{"text": "Hi"}]},
                {
                    "role": "model",
                    "parts": [
                        {"text": "Hm.", "thought": True},
                        {"functionCall": {"name": "weather", "args": CITY}},
                    ],
                },
                {
                    "role": "user",
                    "parts": [
                        {"functionResponse": {"name": "weather", "response": {"result": "18 C"}}}
                    ],
                },
            ],
        },
        [
            message("system", text("Be brief.")),
            message("user", text("Hi")),
            message("assistant", reasoning("Hm."), call("weather", CITY, "weather")),
            message("tool", result({"result": "18 C"}, "weather")),
        ],
    ),
    Case(
        "Gemini, as its SDK for Python writes it, and a text for the contents",
        "request",
        {
            "model": "gemini-2.0-flash",
            "config": {"system_instruction": "Be brief."},
            "contents": "Hi",
        },
        [message("system", text("Be brief.")), message("user", text("Hi"))],
    ),
    Case(
        "Bedrock",
        "request",
        {
            "modelId": "anthropic.claude-3-haiku",
            "system": [{"text": "Be brief."}],
            "messages": [
                {"role": "user", "content": [{"text": "Hi"}]},
                {
                    "role": "assistant",
                    "content": [
                        {"reasoningContent": {"reasoningText": {"text": "Hm."}}},
                        {"toolUse": {"toolUseId": "tu_1", "name": "weather", "input": CITY}},
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {"toolResult": {"toolUseId": "tu_1", "content": [{"json": {"c": 18}}]}}
                    ],
                },
            ],
        },
        [
            message("system", text("Be brief.")),
            message("user", text("Hi")),
            message("assistant", reasoning("Hm."), call("weather", CITY, "tu_1")),
            message("tool", result([{"json": {"c": 18}}], "tu_1")),
        ],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_a_request_is_what_was_asked(case: Case) -> None:
    """The body of a request becomes the messages in it, however many times it was encoded."""
    for written in case.writings:
        assert read(case.structure, written) == read("input_messages", written) == case.said


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_messages_in_the_schema_stay_as_they_are(case: Case) -> None:
    """What has been rebuilt once is in the schema: rebuilding it again changes nothing."""
    assert read("input_messages", case.said) == case.said
    assert read("output_messages", case.said) == case.said


@pytest.mark.parametrize(
    "body",
    ["Hi", {"question": "Hi"}, {"a": 1}, {}, [], None, 5, '{"city": "Paris"}', [1, 2], "[]"],
)
def test_what_is_no_request_asks_nothing(body: object) -> None:
    """A text by itself, and an object that says nothing to a model, hold no messages."""
    assert read("request", body) is None
