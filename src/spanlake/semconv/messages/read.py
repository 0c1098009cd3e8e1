"""Any provider's or framework's messages as those of the OpenTelemetry GenAI schema."""

from typing import Any

from spanlake.semconv.json_values import Json
from spanlake.semconv.messages.chat_message import chat_message, speaker_of
from spanlake.semconv.messages.content import parts_of, parts_of_text
from spanlake.semconv.messages.finish import finish_reason
from spanlake.semconv.messages.langchain import constructed, is_constructor
from spanlake.semconv.messages.message import Message, role_of

_MAX_DEPTH = 6
_PAIR = 2
# OpenAI's Responses API has these beside messages, in one list; and who says them.
_ITEMS = {
    "function_call": "assistant",
    "custom_tool_call": "assistant",
    "reasoning": "assistant",
    "function_call_output": "tool",
    "custom_tool_call_output": "tool",
}
_SPEAKERS = ("human", "ai", "system", "tool", "AIMessageChunk", "function", "user", "assistant")
_SCHEMA_ROLES = ("user", "assistant", "system", "tool")
_SIMPLE = {"role", "content"}
# OpenInference has these where a model completes a text.
_COMPLETED = ({"prompt"}, {"completion"})
# One of these beside a role makes a message.
_SAYING = {"content", "parts", "tool_calls", "_content", "blocks", "contents", "function_call"}
# A block has one of the latter, and none of the former.
_NO_BLOCK = {"role", "message", "messages", "parts", "content", "kwargs"}
_BLOCK = {"text", "toolUse", "toolResult", "functionCall", "type"}


def messages_of(value: Json, role: str, depth: int = 0) -> list[Message]:
    """The messages in a value: one, a list of them, or a bare text of `role`.

    A value that has no message in it gives none.
    """
    if depth > _MAX_DEPTH or not value:
        return []
    if isinstance(value, str):
        return [Message(role, tuple(parts_of_text(value)))]
    if isinstance(value, list):
        return _of_list(value, role, depth)
    if isinstance(value, dict):
        return _of_object(value, role, depth)
    return []


def is_message(value: Json) -> bool:
    """Whether an object is a message in any shape known, rather than anything else."""
    if not isinstance(value, dict):
        return False
    if is_constructor(value):
        return True
    if "message.role" in value or value.get("kwargs"):
        return False
    if isinstance(value.get("role") or value.get("_role"), str):
        return not _SAYING.isdisjoint(value)
    if _item_speaker(value):
        return True
    return value.get("type") in _SPEAKERS and ("content" in value or "data" in value)


def is_pair(value: Json) -> bool:
    """Whether a list is a role and what was said, as LangChain takes messages."""
    return (
        isinstance(value, list)
        and len(value) == _PAIR
        and all(isinstance(each, str) for each in value)
        and role_of(value[0], "") in _SCHEMA_ROLES
    )


def _of_list(value: list[Json], role: str, depth: int) -> list[Message]:
    if is_pair(value):
        return [Message(role_of(value[0], role), tuple(parts_of_text(value[1])))]
    if all(map(_is_block_only, value)):
        parts = parts_of(value)
        return [Message(speaker_of(parts, role), tuple(parts))] if parts else []
    return _of_turns(value, role, depth)


def _of_turns(value: list[Json], role: str, depth: int) -> list[Message]:
    """Messages, where what one side says in several items without a word between is one."""
    messages: list[Message] = []
    open_turn = ""
    for each in value:
        speaker = _item_speaker(each) if isinstance(each, dict) else ""
        if not speaker:
            said = messages_of(each, role, depth + 1)
            messages += said
            open_turn = "" if said else open_turn
        elif parts := tuple(parts_of(each)):
            if speaker == open_turn:
                parts = messages.pop().parts + parts
            messages.append(Message(speaker, parts))
            open_turn = speaker
    return messages


def _is_block_only(value: Json) -> bool:
    """A content block that is no message by itself: as in Bedrock's and Gemini's lists."""
    return (
        isinstance(value, dict)
        and _NO_BLOCK.isdisjoint(value)
        and not _BLOCK.isdisjoint(value)
        and not is_message(value)
    )


def _item_speaker(value: dict[str, Any]) -> str:
    """Who says an item of the Responses API; nobody when it is none."""
    kind = value.get("type")
    return _ITEMS.get(kind, "") if isinstance(kind, str) else ""


def _of_object(value: dict[str, Any], role: str, depth: int) -> list[Message]:
    content = value.get("content")
    if isinstance(content, str) and content[:1] not in "[{" and value.keys() == _SIMPLE:
        # As most messages are.
        return [Message(role_of(value["role"], role), ({"type": "text", "content": content},))]
    message = constructed(value)
    if message is not None:
        return [message]
    speaker = _item_speaker(value)
    if speaker or value.keys() in _COMPLETED:
        parts = tuple(parts_of(value if speaker else list(value.values())))
        return [Message(speaker or role, parts)] if parts else []
    inner = _wrapped(value)
    if inner is not None:
        reason = finish_reason(value)
        return [each.finished(reason) for each in messages_of(inner, role, depth + 1)]
    return [chat_message(_with_role(value), role)]


def _wrapped(value: dict[str, Any]) -> dict[str, Any] | None:
    """The message that an object is about: a choice of OpenAI's, or a candidate of Gemini's."""
    message, content = value.get("message"), value.get("content")
    if isinstance(message, dict):
        return message
    return content if isinstance(content, dict) and "parts" in content else None


def _with_role(value: dict[str, Any]) -> dict[str, Any]:
    """A message with its role where others have it, though its type tells it."""
    kind = value.get("type")
    if kind not in _SPEAKERS or "role" in value:
        return value
    data = value.get("data")
    return (data if isinstance(data, dict) else value) | {"role": kind}
