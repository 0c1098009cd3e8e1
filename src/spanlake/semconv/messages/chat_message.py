"""A message that has its role, its content and its calls in one object, as OpenAI's chat has."""

from collections.abc import Iterator
from typing import Any

from spanlake.semconv.json_values import Json, opened
from spanlake.semconv.messages.content import parts_of, parts_of_text
from spanlake.semconv.messages.finish import finish_reason
from spanlake.semconv.messages.message import Message, Part, role_of
from spanlake.semconv.messages.parts import reasoning, tool_call, tool_response

_REASONING = ("reasoning_content", "reasoning", "thinking")
_ANSWER = ("content", "response", "parts", "blocks")
_CONTENT = ("parts", "content", "_content", "contents", "blocks")


def chat_message(value: dict[str, Any], default_role: str) -> Message:
    """The message an object is, of whatever members it has; without any it has no parts."""
    role = role_of(value.get("role", value.get("_role")), default_role)
    parts = _own_parts(value)
    known = {(part.get("id"), part.get("name")) for part in parts if part["type"] == "tool_call"}
    parts += [call for call in _calls(value) if (call.get("id"), call.get("name")) not in known]
    if role == "tool" and not any(part["type"] == "tool_call_response" for part in parts):
        parts = [_answer(value)]
    elif role == "user":
        role = speaker_of(parts, role)
    name = value.get("name")
    return Message(
        role,
        tuple(parts),
        name if isinstance(name, str) and name and role != "tool" else None,
        finish_reason(value),
    )


def speaker_of(parts: list[Part], role: str) -> str:
    """Who says parts that are not said by whose they seem: results of tools are the tools'."""
    only_results = parts and all(part["type"] == "tool_call_response" for part in parts)
    return "tool" if only_results else role


def _own_parts(value: dict[str, Any]) -> list[Part]:
    parts: list[Part] = []
    for key in _REASONING:
        if isinstance(value.get(key), str):
            parts = reasoning(value[key])
            break
    for key in _CONTENT:
        held = value.get(key)
        if held not in (None, "", []):
            parts += parts_of_text(held) if isinstance(held, str) else parts_of(held)
            break
    return parts


def _answer(value: dict[str, Any]) -> Part:
    """What a tool answered, in a message that is its result by its role."""
    identity = value.get("tool_call_id") or value.get("id")
    extra = value.get("additional_kwargs")
    if identity is None and isinstance(extra, dict):  # LlamaIndex
        identity = extra.get("tool_call_id")
    return tool_response(identity, next((value[key] for key in _ANSWER if key in value), None))


def _calls(value: dict[str, Any]) -> Iterator[Part]:
    """The calls beside the content; calls of one function are as OpenAI had them before tools."""
    for call in _listed(value.get("tool_calls")):
        if isinstance(call, dict):
            yield _call(call)
    called = value.get("function_call")
    if isinstance(called, dict):
        yield _call(called)
    if value.get("function_call_name"):  # OpenInference
        arguments = value.get("function_call_arguments_json")
        yield tool_call(None, value["function_call_name"], arguments)


def _call(call: dict[str, Any]) -> Part:
    inner = call.get("tool_call")  # OpenInference
    held = inner if isinstance(inner, dict) else call
    function = held.get("function")
    named = function if isinstance(function, dict) else held
    arguments = (named[key] for key in ("arguments", "args", "input") if named.get(key) is not None)
    return tool_call(
        held.get("id") or held.get("tool_call_id") or held.get("toolCallId"),
        named.get("name") or named.get("tool_name") or named.get("toolName"),
        next(arguments, None),
    )


def _listed(value: Json) -> list[Json]:
    held = opened(value)
    if isinstance(held, dict):
        return [held]
    return held if isinstance(held, list) else []
