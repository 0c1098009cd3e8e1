"""The text a person reads of what went into a step, and of what came out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from spanlake.semconv.json_values import NOTHING, Json, as_text, parse_container, unquoted
from spanlake.semconv.messages.bodies import reply_messages, request_messages
from spanlake.semconv.messages.llama_index import is_printed, printed_messages
from spanlake.semconv.messages.message import Message
from spanlake.semconv.messages.read import messages_of

_MAX_DEPTH = 6
# What engines carry along that nobody said.
_ENGINE = {"ctx", "ev", "init_state", "start_event", "tags"}
_SILENT = ""
# What an emitter writes for content it was not asked to send.
_WITHHELD = "<REDACTED>"
_EMPTY = ("", "{}", "[]", "null", "None", "N/A", '""')


def last_user_text(messages: Sequence[Message]) -> str | None:
    """What the user said last."""
    said = [message.text for message in messages if message.role == "user"]
    return next((text for text in reversed(said) if text), None)


def answer_text(messages: Sequence[Message]) -> str | None:
    """What the assistant said after the last word of anybody else."""
    said: list[str] = []
    for message in reversed(messages):
        if message.role != "assistant":
            break
        said.insert(0, message.text)
    return "\n".join(text for text in said if text) or None


@dataclass(frozen=True, slots=True)
class _Side:
    """What went in, or what came out.

    messages: those in a value. text: what is read of them. names: the members under which programs
    pass it, the most telling first.
    """

    messages: Callable[[Json], list[Message]]
    text: Callable[[Sequence[Message]], str | None]
    names: tuple[str, ...]


_ASKED = _Side(
    request_messages,
    last_user_text,
    (
        "input", "inputs", "question", "query", "user_input", "user_message", "user_prompt",
        "prompt", "message", "messages", "text", "content", "new_message", "task", "request",
        "topic", "goal", "user_msg", "query_str", "str_or_query_bundle", "initial_state", "state",
        "data", "value", "input_data", "kwargs", "args",
    ),
)  # fmt: skip
_ANSWERED = _Side(
    reply_messages,
    answer_text,
    (
        "output", "outputs", "answer", "response", "result", "final_output", "final_result",
        "completion", "text", "content", "message", "messages", "generation", "generations",
        "replies", "output_text", "reply", "raw", "value", "data", "return_value", "last_message",
        "llm", "generated_text", "response_txt",
    ),
)  # fmt: skip


def readable_input(value: Json) -> str | None:
    """What was asked: a text as it is, the last the user said in messages, or the named member.

    An empty text when it is told that nothing was said.
    """
    return _readable(value, _ASKED)


def readable_output(value: Json) -> str | None:
    """What was answered, likewise."""
    return _readable(value, _ANSWERED)


def _readable(value: Json, side: _Side) -> str | None:
    if isinstance(value, str) and value.strip() == _WITHHELD:
        return None
    found = _search(value, side, 0)
    if found is not None:
        return found
    return None if value in ({}, []) else as_text(value)


def _search(value: Json, side: _Side, depth: int) -> str | None:
    if depth > _MAX_DEPTH:
        return None
    if isinstance(value, str):
        return _in_text(value, side, depth)
    messages = side.messages(value)
    if messages:
        said = side.text(messages)
        return None if said is None else _in_text(said, side, depth)
    if isinstance(value, list):
        return _in_list(value, side, depth)
    if isinstance(value, dict):
        return _in_object(value, side, depth)
    return None


def _in_text(value: str, side: _Side, depth: int) -> str | None:
    if value.strip() in _EMPTY:
        return _SILENT
    inner = parse_container(value)
    if inner is not NOTHING:
        found = _search(inner, side, depth + 1)
        return value if found is None else found
    printed = printed_messages(value)
    if printed:
        return side.text(printed) or _SILENT
    return _SILENT if is_printed(value) else unquoted(value)


def _in_list(value: list[Json], side: _Side, depth: int) -> str | None:
    if value and all(isinstance(each, dict) for each in value):
        said = [message.text for message in messages_of(value, "user")]
        if any(said):
            return "\n".join(text for text in said if text)
    if len(value) == 1:
        return _search(value[0], side, depth + 1)
    printed = [m for each in value if isinstance(each, str) for m in printed_messages(each)]
    return (side.text(printed) or _SILENT) if printed else None


def _in_object(value: dict[str, Any], side: _Side, depth: int) -> str | None:
    if value.keys() == {"args", "kwargs"} and not value["kwargs"]:
        return _called(value["args"], side, depth)
    is_silent = value.keys() <= _ENGINE
    for name in side.names:
        if name in value:
            found = _search(value[name], side, depth + 1)
            if found:
                return found
            is_silent |= found == _SILENT or value[name] in (None, {}, [])
    if len(value) == 1 and not is_silent:
        return _search(next(iter(value.values())), side, depth + 1)
    return _SILENT if is_silent else None


def _called(arguments: Json, side: _Side, depth: int) -> str | None:
    """What a function was called with: of several turns in one list, the last is the question."""
    first = arguments[0] if isinstance(arguments, list) and arguments else arguments
    if isinstance(first, list) and first and all(isinstance(each, str) for each in first):
        first = first[-1]
    return _search(first, side, depth + 1)
