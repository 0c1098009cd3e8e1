"""LangChain's messages, as it and those who watch it write them."""

import pytest
from schema_messages import Case, call, message, read, result, text

CITY = {"city": "Paris"}


def constructed(kind: str, **kwargs: object) -> dict[str, object]:
    """A LangChain message as LangChain serialises it."""
    path = ["langchain", "schema", "messages", kind]
    return {"lc": 1, "type": "constructor", "id": path, "kwargs": kwargs}


CASES = [
    Case(
        "constructors",
        "request",
        {
            "messages": [
                [
                    constructed("SystemMessage", content="Be brief."),
                    constructed("HumanMessage", content=[{"type": "text", "text": "Hi"}]),
                    constructed(
                        "AIMessage",
                        content="",
                        tool_calls=[{"name": "w", "args": CITY, "id": "c1", "type": "tool_call"}],
                        additional_kwargs={},
                        response_metadata={"finish_reason": "tool_calls"},
                    ),
                    constructed("ToolMessage", content="18 C", tool_call_id="c1", name="w"),
                    constructed("ChatMessage", role="critic", content="Good."),
                ]
            ]
        },
        [
            message("system", text("Be brief.")),
            message("user", text("Hi")),
            message("assistant", call("w", CITY, "c1"), finish_reason="tool_calls"),
            message("tool", result("18 C", "c1")),
            message("critic", text("Good.")),
        ],
    ),
    Case(
        "a call as the provider wrote it",
        "reply",
        {
            "generations": [
                [
                    {
                        "text": "",
                        "generation_info": {"finish_reason": "tool_calls"},
                        "message": constructed(
                            "AIMessageChunk",
                            content="",
                            tool_calls=[],
                            additional_kwargs={
                                "tool_calls": [
                                    {
                                        "id": "c1",
                                        "type": "function",
                                        "function": {"name": "w", "arguments": '{"city":"Paris"}'},
                                    }
                                ]
                            },
                        ),
                    }
                ]
            ]
        },
        [message("assistant", call("w", CITY, "c1"))],
    ),
    Case(
        "a call in the content and beside it is one",
        "input_messages",
        [
            constructed(
                "AIMessage",
                content=[{"type": "tool_use", "id": "c1", "name": "w", "input": CITY}],
                tool_calls=[{"name": "w", "args": CITY, "id": "c1"}],
            )
        ],
        [message("assistant", call("w", CITY, "c1"))],
    ),
    Case(
        "a model that completes texts",
        "reply",
        {"generations": [[{"text": "Hi!", "generation_info": {"finish_reason": "stop"}}]]},
        [message("assistant", text("Hi!"))],
    ),
    Case(
        "messages as dictionaries",
        "input_messages",
        [{"type": "human", "data": {"content": "Hi"}}, {"type": "ai", "content": "Hi!"}],
        [message("user", text("Hi")), message("assistant", text("Hi!"))],
    ),
    Case(
        "messages as pairs",
        "request",
        {"messages": [["human", "Hi"]]},
        [message("user", text("Hi"))],
    ),
    Case(
        "LangGraph: a state that holds messages",
        "reply",
        {"messages": [constructed("AIMessage", content="Hi!")], "step": 1},
        [message("assistant", text("Hi!"))],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_what_langchain_writes_is_what_was_said(case: Case) -> None:
    """LangChain's shapes become messages of the schema, also when they come as JSON text."""
    for written in case.writings:
        assert read(case.structure, written) == case.said
