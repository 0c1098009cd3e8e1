"""Chat messages as OpenTelemetry's GenAI conventions have them, from those that APIs take and give.

OpenAI's and Anthropic's shapes are known, as dictionaries or as their libraries' objects. What is
not known stays out: it is recorded as JSON, which the collector reads in many more shapes.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

Message = dict[str, Any]
_ROLES = {"system", "developer", "user", "assistant", "tool", "function", "model", "ai", "human"}
_CALLS = ("function_call", "tool_use")


def messages_of(value: object, role: str) -> list[Message] | None:
    """Messages: a text is one by `role`. None for what is no text, message or list of them."""
    if isinstance(value, str):
        return [{"role": role, "parts": [_text(value)]}]
    single = _message(value)
    if single is not None:
        return [single]
    if isinstance(value, Sequence) and not isinstance(value, bytes) and value:
        messages = [_message(each) for each in value]
        if None not in messages:
            return [each for each in messages if each is not None]
    return None


def answers_of(value: object) -> list[Message] | None:
    """What a model answered: a text, a message, or an API's reply with its choices or content."""
    choices = _get(value, "choices")
    if isinstance(choices, Sequence) and choices and not isinstance(choices, str):
        answers = [_choice(each) for each in choices]
        return None if None in answers else [each for each in answers if each is not None]
    messages = messages_of(value, "assistant")
    reason = _get(value, "stop_reason")
    if messages and isinstance(reason, str):
        messages[0]["finish_reason"] = reason
    return messages


def _choice(choice: object) -> Message | None:
    message = _message(_get(choice, "message"))
    reason = _get(choice, "finish_reason")
    return message and (message | {"finish_reason": reason} if reason else message)


def _message(value: object) -> Message | None:
    role = _get(value, "role")
    if not isinstance(role, str) or role not in _ROLES:
        return None
    content = _get(value, "content")
    call_id = _get(value, "tool_call_id")
    if call_id is not None:
        response = {"type": "tool_call_response", "id": call_id, "response": content}
        return {"role": "tool", "parts": [response]}
    parts = _parts(content)
    if parts is None:
        return None
    calls = _get(value, "tool_calls")
    parts += [_openai_call(each) for each in calls or () if _get(each, "function") is not None]
    return {"role": role, "parts": parts}


def _parts(content: object) -> list[Message] | None:
    if content is None:
        return []
    if isinstance(content, str):
        return [_text(content)]
    if isinstance(content, Sequence) and not isinstance(content, bytes):
        return [_part(each) for each in content]
    return None


def _part(block: object) -> Message:
    kind = _get(block, "type")
    if isinstance(text := _get(block, "text"), str):
        return _text(text)
    if kind in _CALLS:
        return _call(_get(block, "id"), _get(block, "name"), _get(block, "input"))
    if kind == "tool_result":
        content = _get(block, "content")
        call_id = _get(block, "tool_use_id")
        return {"type": "tool_call_response", "id": call_id, "response": content}
    if isinstance(block, str):
        return _text(block)
    return dict(block) if isinstance(block, Mapping) else {"type": str(kind), "content": block}


def _openai_call(call: object) -> Message:
    function = _get(call, "function")
    return _call(_get(call, "id"), _get(function, "name"), _get(function, "arguments"))


def _call(call_id: object, name: object, arguments: object) -> Message:
    if isinstance(arguments, str):
        with suppress(ValueError):  # a model may well write what is no JSON
            arguments = json.loads(arguments)
    return {"type": "tool_call", "id": call_id, "name": name, "arguments": arguments}


def _text(content: str) -> Message:
    return {"type": "text", "content": content}


def _get(value: object, name: str) -> Any:  # noqa: ANN401  # a member of anything
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
