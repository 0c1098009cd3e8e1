"""What a tool was called with, and what came back from it."""

from spanlake.semconv.json_values import Json, as_text, opened
from spanlake.semconv.messages.read import is_message, messages_of

# What only an answer to a call has, rather than any object that a tool returns.
_ANSWERING = {
    "tool_call_id", "tool_use_id", "toolUseId", "call_id", "toolCallId", "tool_name", "toolResult",
    "functionResponse", "function_response", "toolResponse", "tool_call_result", "isError",
}  # fmt: skip
# What LangChain tells a listener beside the input of a tool.
_LANGCHAIN_CALL = {"input_str", "tags", "metadata"}
_NOTHING_SAID: tuple[Json, ...] = ({}, [], "", "N/A", None)


def arguments_text(value: Json) -> str | None:
    """What a tool was called with: a JSON object as it is, unless it says nothing."""
    held = opened(value)
    if isinstance(held, dict):
        held = _unwrapped(held)
    return None if held in _NOTHING_SAID else as_text(held)


def _unwrapped(call: dict[str, Json]) -> Json:
    """The arguments alone, where they were told as a call of a function."""
    if call.keys() >= _LANGCHAIN_CALL:
        return opened(call.get("inputs") or call["input_str"])
    if call.keys() == {"kwargs"} and isinstance(call["kwargs"], dict):
        return call["kwargs"]
    if call.keys() == {"args", "kwargs"}:
        # How decorators write a Python call.
        return call["kwargs"] or call["args"]
    return call


def result_text(value: Json) -> str | None:
    """What came back from a tool, as a person reads it where it is a message."""
    held = opened(value)
    if held in _NOTHING_SAID:
        return None
    for message in messages_of(held, "tool") if _is_answer(held) else []:
        for part in message.parts:
            if part["type"] == "tool_call_response" and part.get("response") is not None:
                return as_text(part["response"])
    return as_text(held)


def _is_answer(value: Json) -> bool:
    """Whether it is a message, or nothing but what a message says."""
    return isinstance(value, dict) and (
        is_message(value) or value.keys() == {"content"} or not _ANSWERING.isdisjoint(value)
    )
