"""Messages out of request and reply bodies of model APIs, and of what frameworks wrap around."""

from collections.abc import Iterator
from typing import Any

from spanlake.semconv.json_values import NOTHING, Json, opened, parse_container
from spanlake.semconv.messages.content import parts_of
from spanlake.semconv.messages.finish import finish_reason
from spanlake.semconv.messages.message import Message
from spanlake.semconv.messages.read import is_message, is_pair, messages_of

_MAX_DEPTH = 5
_MAX_LISTS = 2
# Where the messages of a request are, by API and framework; the first that is there.
_ASKED = (
    "messages", "message_history", "contents", "chat_history", "input_messages", "input", "prompt",
    "prompts", "message", "new_message", "inputs", "history", "request", "llm_request", "kwargs",
    "args", "body", "data",
)  # fmt: skip
# Where the messages of a reply are.
_ANSWERED = (
    "choices", "output", "candidates", "generations", "replies", "messages", "message", "response",
    "result", "output_messages", "outputs", "generation", "completion", "content",
)  # fmt: skip
_INSTRUCTIONS = (
    "system", "instructions", "system_instruction", "systemInstruction", "system_prompt",
    "system_message",
)  # fmt: skip
_CONFIGURED = ("config", "generation_config")


def request_messages(body: Json) -> list[Message]:
    """What a model was asked: messages, or the body of a request to any model API.

    A text by itself, and a body that says nothing to a model, give none.
    """
    return _asked(body, 0)


def reply_messages(body: Json) -> list[Message]:
    """What a model answered: messages, or the body of a reply of any model API."""
    return _answered(opened(body), 0)


def instructions_of(body: Json) -> list[Message]:
    """System instructions, from a text, parts, or a request body that has them beside messages."""
    if isinstance(body, str | list):
        parts = tuple(parts_of(body))
        return [Message("system", parts)] if parts else []
    if not isinstance(body, dict):
        return []
    for holder in (body, *(body[key] for key in _CONFIGURED if isinstance(body.get(key), dict))):
        for key in _INSTRUCTIONS:
            if holder.get(key):
                return [
                    Message("system", message.parts)
                    for message in messages_of(holder[key], "system")
                ]
    return []


def _speaks(value: Json) -> bool:
    """Whether it is a message, or a list that has messages in it, at once or one list deeper."""
    for _ in range(_MAX_LISTS):
        if not isinstance(value, list) or not value:
            break
        if is_pair(value):
            return True
        value = value[0]
    return is_message(value) or _is_gemini(value) or is_pair(value)


def _is_gemini(value: Json) -> bool:
    return isinstance(value, dict) and isinstance(value.get("parts"), list)


def _asked(body: Json, depth: int) -> list[Message]:
    if depth > _MAX_DEPTH:
        return []
    if _speaks(body):
        return messages_of(body, "user")
    if isinstance(body, str):
        inner = parse_container(body)
        return [] if inner is NOTHING else _asked(inner, depth + 1)
    if isinstance(body, list):
        return _asked(body[0], depth + 1) if len(body) == 1 else []
    if not isinstance(body, dict):
        return []
    for key in _ASKED:
        held = body.get(key)
        if not held:
            continue
        said = _asked(held, depth + 1)
        if not said and _is_request(body) and key in ("input", "prompt", "contents"):
            said = messages_of(held, "user")
        if said:
            return [*_beside(body, said), *said]
    return []


def _is_request(body: dict[str, Any]) -> bool:
    """Whether it is the body of a request to a model, in which a bare text is a user's."""
    return "model" in body or "model_id" in body or "modelId" in body


def _beside(body: dict[str, Any], said: list[Message]) -> list[Message]:
    if any(message.role == "system" for message in said):
        return []
    return instructions_of(body)


def _answered(body: Json, depth: int) -> list[Message]:
    if depth > _MAX_DEPTH or not isinstance(body, dict | list):
        return []
    if isinstance(body, list):
        return _answered_in_list(body, depth)
    if is_message(body) or _is_choice(body):
        return list(_choice(body))
    for key in _ANSWERED:
        held = body.get(key)
        if not held:
            continue
        if key == "output" and isinstance(held, str):
            continue
        if key == "content":
            if body.get("role") or body.get("type") == "message":
                return messages_of(body, "assistant")
            continue
        said = _answered(held, depth + 1)
        if said:
            return [message.finished(finish_reason(body)) for message in said]
    return []


def _answered_in_list(body: list[Json], depth: int) -> list[Message]:
    if body and all(isinstance(each, dict) for each in body):
        if _speaks(body):
            return messages_of(body, "assistant")
        if all(map(_is_choice, body)):
            return [message for each in body for message in _choice(each)]
    return [message for each in body for message in _answered(each, depth + 1)]


def _is_choice(value: Json) -> bool:
    """One of several answers: OpenAI's choice, Gemini's candidate, LangChain's generation."""
    if not isinstance(value, dict):
        return False
    if isinstance(value.get("message"), dict):
        return True
    if isinstance(value.get("content"), dict) and "parts" in value["content"]:
        return True
    return isinstance(value.get("text"), str) and bool(
        {"generation_info", "finish_reason", "index", "logprobs"} & value.keys()
    )


def _choice(value: dict[str, Any]) -> Iterator[Message]:
    if isinstance(value.get("text"), str) and "message" not in value and "role" not in value:
        yield Message("assistant", tuple(parts_of(value["text"])), None, finish_reason(value))
        return
    for message in messages_of(value, "assistant"):
        yield message.finished(finish_reason(value))
