"""The bodies of replies of model APIs, by their documentation, as messages of the schema."""

import pytest
from schema_messages import Case, call, message, read, text

CITY = {"city": "Paris"}

CASES = [
    Case(
        "OpenAI chat",
        "reply",
        {
            "id": "chatcmpl-1",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "message": {"role": "assistant", "content": "Hi!", "refusal": None},
                },
                {
                    "index": 1,
                    "finish_reason": "tool_calls",
                    "message": {
                        "role": "assistant",
                        "content": None,
                        "tool_calls": [
                            {
                                "id": "call_1",
                                "type": "function",
                                "function": {"name": "weather", "arguments": '{"city":"Paris"}'},
                            }
                        ],
                    },
                },
            ],
        },
        [
            message("assistant", text("Hi!"), finish_reason="stop"),
            message("assistant", call("weather", CITY, "call_1"), finish_reason="tool_calls"),
        ],
    ),
    Case(
        "OpenAI completions",
        "reply",
        {"choices": [{"index": 0, "text": "Hi!", "finish_reason": "length", "logprobs": None}]},
        [message("assistant", text("Hi!"), finish_reason="length")],
    ),
    Case(
        "OpenAI Responses",
        "reply",
        {
            "id": "resp_1",
            "status": "completed",
            "output": [
                {"type": "reasoning", "id": "rs_1", "summary": [], "content": None},
                {
                    "type": "message",
                    "id": "msg_1",
                    "role": "assistant",
                    "content": [{"type": "output_text", "text": "Hi!", "annotations": []}],
                },
                {
                    "type": "function_call",
                    "id": "fc_1",
                    "call_id": "call_1",
                    "name": "weather",
                    "arguments": '{"city":"Paris"}',
                },
            ],
        },
        [
            message("assistant", text("Hi!")),
            message("assistant", call("weather", CITY, "call_1")),
        ],
    ),
    Case(
        "Anthropic",
        "reply",
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "stop_reason": "tool_use",
            "content": [
                {"type": "text", "text": "Let me look."},
                {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": CITY},
            ],
        },
        [
            message(
                "assistant",
                text("Let me look."),
                call("weather", CITY, "toolu_1"),
                finish_reason="tool_use",
            )
        ],
    ),
    Case(
        "Gemini",
        "reply",
        {
            "candidates": [
                {"content": {"role": "model", "parts": [{"text": "Hi!"}]}, "finishReason": "STOP"}
            ]
        },
        [message("assistant", text("Hi!"), finish_reason="STOP")],
    ),
    Case(
        "Bedrock",
        "reply",
        {
            "output": {"message": {"role": "assistant", "content": [{"text": "Hi!"}]}},
            "stopReason": "end_turn",
        },
        [message("assistant", text("Hi!"), finish_reason="end_turn")],
    ),
    Case(
        "Ollama",
        "reply",
        {"model": "llama3", "message": {"role": "assistant", "content": "Hi!"}, "done": True},
        [message("assistant", text("Hi!"))],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_a_reply_is_what_was_answered(case: Case) -> None:
    """The body of a reply becomes the messages in it, one a choice."""
    for written in case.writings:
        assert read(case.structure, written) == read("output_messages", written) == case.said


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_messages_in_the_schema_stay_as_they_are(case: Case) -> None:
    """What has been rebuilt once is in the schema: rebuilding it again changes nothing."""
    assert read("input_messages", case.said) == case.said
    assert read("output_messages", case.said) == case.said


@pytest.mark.parametrize(
    "body",
    ["Hi", {"question": "Hi"}, {"a": 1}, {}, [], None, 5, '{"city": "Paris"}', [1, 2], "[]"],
)
def test_what_is_no_reply_answers_nothing(body: object) -> None:
    """A text by itself, and an object that says nothing to a model, hold no messages."""
    assert read("reply", body) is None
