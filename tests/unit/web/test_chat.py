"""Messages become turns, whatever their shape."""

import pytest

from spanlake.web.pages.chat import (
    SHOWN_LENGTH,
    Attachment,
    Chat,
    Text,
    ToolResult,
    ToolUse,
    part_text,
    read_chat,
)

CALL = {"type": "tool_call", "id": "c1", "name": "add", "arguments": {"a": 1}}
RESPONSE = {"type": "tool_call_response", "id": "c1", "response": {"sum": 2}}


def message(role: str, *parts: object) -> dict[str, object]:
    return {"role": role, "parts": list(parts)}


def roles(chat: Chat) -> list[str]:
    return [turn.role for turn in chat.turns]


def test_a_call_takes_its_result_along() -> None:
    """A tool's result stands with the call, and its own message is left out."""
    chat = read_chat(None, [message("assistant", CALL), message("tool", RESPONSE)], None)
    assert roles(chat) == ["assistant"]
    (use,) = chat.turns[0].parts
    assert isinstance(use, ToolUse)
    assert use.result is not None
    assert use.result.text == '{\n  "sum": 2\n}'


def test_a_call_without_a_result_is_told() -> None:
    """The id of a call that nothing answers is known, so that its span can be looked for."""
    chat = read_chat(None, None, [message("assistant", CALL)])
    assert chat.unanswered == ("c1",)


def test_a_result_without_a_call_stays() -> None:
    """What came back from a call that is not there is shown by itself."""
    chat = read_chat(None, [message("tool", RESPONSE)], None)
    (result,) = chat.turns[0].parts
    assert isinstance(result, ToolResult)


def test_the_system_comes_first() -> None:
    """Instructions stand before the messages, the answer last."""
    chat = read_chat(
        [{"type": "text", "content": "Be brief."}],
        [message("user", {"type": "text", "content": "Hi"})],
        [message("assistant", {"type": "text", "content": "Hello"})],
    )
    assert roles(chat) == ["system", "user", "assistant"]
    assert [turn.side for turn in chat.turns] == ["input", "input", "output"]


@pytest.mark.parametrize(
    "value",
    ["text", 7, True, {"role": None}, [None, 3, "x", []], [{"parts": "no list"}], [[[]]], {}],
)
def test_any_json_is_shown(value: object) -> None:
    """Messages of no known shape are shown as what they are."""
    assert isinstance(read_chat(value, value, value), Chat)


def test_a_long_text_is_cut_and_can_be_found_again() -> None:
    """Of a long part there is the beginning, its length, and the place where all of it is."""
    long = "x" * (SHOWN_LENGTH + 5)
    messages = [
        message("user", {"type": "text", "content": "a"}, {"type": "text", "content": long})
    ]
    part = read_chat(None, messages, None).turns[0].parts[1]
    assert isinstance(part, Text)
    assert (len(part.text), part.length, part.place) == (
        SHOWN_LENGTH,
        len(long),
        "input_messages.0.1",
    )
    assert part_text(messages, 0, 1) == long
    assert part_text(messages, 5, 0) == ""


def test_only_pictures_of_known_kinds_are_shown() -> None:
    """A PNG is shown from its data; an SVG, which can hold scripts, and an address are not."""
    kinds = ("image/png", "image/svg+xml", "text/html")
    blobs = [{"type": "blob", "mime_type": kind, "content": "AAAA"} for kind in kinds]
    uri = {"type": "uri", "modality": "image", "uri": "https://example.com/beacon.png"}
    parts = read_chat(None, [message("user", *blobs, uri)], None).turns[0].parts
    shown = [part.data_uri for part in parts if isinstance(part, Attachment)]
    assert shown == ["data:image/png;base64,AAAA", None, None, None]


def test_of_a_very_long_conversation_the_end_is_shown() -> None:
    """Of hundreds of messages the last are shown, and how many are not is said."""
    chat = read_chat(None, [message("user", str(number)) for number in range(500)], None)
    assert chat.skipped == 300
    assert len(chat.turns) == 200
