"""The AI SDK's messages, of all its releases."""

import pytest
from schema_messages import Case, call, message, read, reasoning, result, text

CITY = {"city": "Paris"}


CASES = [
    Case(
        "prompt",
        "input_messages",
        [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
            {
                "role": "assistant",
                "content": [
                    {"type": "reasoning", "text": "Hm."},
                    {"type": "tool-call", "toolCallId": "c1", "toolName": "w", "input": CITY},
                ],
            },
            {
                "role": "tool",
                "content": [
                    {
                        "type": "tool-result",
                        "toolCallId": "c1",
                        "toolName": "w",
                        "output": {"type": "text", "value": "18 C"},
                    }
                ],
            },
        ],
        [
            message("system", text("Be brief.")),
            message("user", text("Hi")),
            message("assistant", reasoning("Hm."), call("w", CITY, "c1")),
            message("tool", result("18 C", "c1")),
        ],
    ),
    Case(
        "4: calls have args, results have a result",
        "input_messages",
        [
            {
                "role": "assistant",
                "content": [{"type": "tool-call", "toolCallId": "c1", "toolName": "w", "args": {}}],
            },
            {
                "role": "tool",
                "content": [{"type": "tool-result", "toolCallId": "c1", "result": {"c": 18}}],
            },
        ],
        [message("assistant", call("w", {}, "c1")), message("tool", result({"c": 18}, "c1"))],
    ),
    Case(
        "the outer call's prompt",
        "request",
        {"system": "Be brief.", "prompt": "Hi", "model": "gpt-4o"},
        [message("system", text("Be brief.")), message("user", text("Hi"))],
    ),
    Case(
        "attributes of the response",
        "ai_sdk_response",
        {
            "text": "Let me look.",
            "reasoning": "Hm.",
            "finishReason": "tool-calls",
            "toolCalls": '[{"toolCallId":"c1","toolName":"w","input":"{\\"city\\":\\"Paris\\"}"}]',
            "timestamp": "2025-06-01T12:00:00Z",
        },
        [
            message(
                "assistant",
                reasoning("Hm."),
                text("Let me look."),
                call("w", CITY, "c1"),
                finish_reason="tool-calls",
            )
        ],
    ),
    Case(
        "an object for a response",
        "ai_sdk_response",
        {"object": '{"city":"Paris"}'},
        [message("assistant", text('{"city":"Paris"}'))],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_what_the_ai_sdk_writes_is_what_was_said(case: Case) -> None:
    """The AI SDK's shapes become messages of the schema."""
    for written in case.writings:
        assert read(case.structure, written) == case.said
