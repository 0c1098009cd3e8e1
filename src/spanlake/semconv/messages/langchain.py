"""LangChain's messages, as it serialises the calls of their constructors."""

from typing import Any

from spanlake.semconv.json_values import Json
from spanlake.semconv.messages.chat_message import chat_message
from spanlake.semconv.messages.finish import finish_reason
from spanlake.semconv.messages.message import Message

_CALLS = ("tool_calls", "function_call")


def constructed(value: dict[str, Any]) -> Message | None:
    """The message an object constructs, None when it constructs none."""
    if not is_constructor(value):
        return None
    kind, kwargs = _constructor(value), value["kwargs"]
    speaker = kwargs.get("role") if kind.startswith("ChatMessage") else kind
    message = chat_message(_body(kwargs) | {"role": speaker}, "user")
    told = kwargs.get("response_metadata")
    if message.finish_reason or not isinstance(told, dict):
        return message
    return message.finished(finish_reason(told))


def is_constructor(value: dict[str, Any]) -> bool:
    """Whether an object constructs a message."""
    if "lc" not in value:
        return False
    is_message = _constructor(value).removesuffix("Chunk").endswith("Message")
    return is_message and isinstance(value.get("kwargs"), dict)


def _constructor(value: dict[str, Any]) -> str:
    """The name of the class an object constructs."""
    path = value.get("id")
    last = path[-1] if isinstance(path, list) and path else ""
    return last if isinstance(last, str) else ""


def _body(kwargs: dict[str, Any]) -> dict[str, Json]:
    """The members of a message; calls may be as the provider wrote them, beside none of its own."""
    extra = kwargs.get("additional_kwargs")
    if not isinstance(extra, dict):
        return kwargs
    said = {key: held for key, held in kwargs.items() if held not in (None, [], {})}
    return {key: extra[key] for key in _CALLS if extra.get(key)} | said
