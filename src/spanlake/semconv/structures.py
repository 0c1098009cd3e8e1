"""Transforms that rebuild a structure, span by span: messages, documents, tools, texts.

Each takes what an attribute, a prefix or events say, as a JSON value, and gives the text of the
canonical column or None. None of them raises on any JSON value.
"""

from collections.abc import Callable

from spanlake.semconv.documents import documents_of
from spanlake.semconv.json_values import Json, as_text, opened
from spanlake.semconv.message_events import said_by
from spanlake.semconv.messages.bodies import instructions_of, reply_messages, request_messages
from spanlake.semconv.messages.content import parts_of
from spanlake.semconv.messages.message import Message, to_json
from spanlake.semconv.messages.parts import reasoning
from spanlake.semconv.messages.read import messages_of
from spanlake.semconv.messages.readable import answer_text
from spanlake.semconv.tool_definitions import tool_definitions_of

Structure = Callable[[Json], str | None]


def _input_messages(value: Json) -> str | None:
    return to_json(request_messages(value) or messages_of(opened(value), "user"))


def _output_messages(value: Json) -> str | None:
    return to_json(reply_messages(value) or messages_of(opened(value), "assistant"))


def _request(value: Json) -> str | None:
    """Messages only out of what is a request to a model for sure."""
    return to_json(request_messages(value))


def _reply(value: Json) -> str | None:
    """Messages only out of what is a model's reply for sure."""
    return to_json(reply_messages(opened(value)))


def _instructions(value: Json) -> str | None:
    parts = [part for message in instructions_of(opened(value)) for part in message.parts]
    return as_text(parts) if parts else None


def _documents(value: Json) -> str | None:
    return as_text(documents_of(value))


def _tools(value: Json) -> str | None:
    definitions = tool_definitions_of(value)
    return as_text(definitions) if definitions else None


def _ai_sdk_response(value: Json) -> str | None:
    """What the AI SDK tells of a reply, an attribute a member: text, reasoning, calls, object."""
    if not isinstance(value, dict):
        return None
    text = value.get("text")
    parts = [*reasoning(value.get("reasoning")), *parts_of(text or value.get("object"))]
    calls = opened(value.get("toolCalls"))
    parts += (
        parts_of([{"type": "tool-call"} | call for call in calls]) if _calls_only(calls) else []
    )
    finished = value.get("finishReason")
    return to_json([Message("assistant", tuple(parts), None, finished or None)])


def _calls_only(calls: Json) -> bool:
    """Whether it is a list of objects."""
    return isinstance(calls, list) and all(isinstance(call, dict) for call in calls)


def _conversation(value: Json) -> tuple[list[Message], int]:
    """A whole conversation, and where its last answer begins."""
    held = opened(value)
    if not isinstance(held, list):
        return [], 0
    if held and isinstance(held[0], dict) and "event.name" in held[0]:
        said = said_by(
            (name, event)
            for event in held
            if isinstance(event, dict) and isinstance(name := event.get("event.name"), str)
        )
        return [*said.asked, *said.answered], len(said.asked) if said.answered else _turn(
            said.asked
        )
    messages = request_messages(held)
    return messages, _turn(messages)


def _turn(messages: list[Message]) -> int:
    """Where the last message begins, when it is the assistant's."""
    return len(messages) - (1 if messages and messages[-1].role == "assistant" else 0)


def _conversation_asked(value: Json) -> str | None:
    messages, answer = _conversation(value)
    return to_json(messages[:answer])


def _conversation_answered(value: Json) -> str | None:
    messages, answer = _conversation(value)
    return to_json(messages[answer:])


def _answer_text(value: Json) -> str | None:
    """What the assistant said at the end of messages."""
    return answer_text(reply_messages(value) or messages_of(opened(value), "assistant"))


def _object(value: Json) -> str | None:
    """An object as JSON, nothing where it is none."""
    held = opened(value)
    return as_text(held) if isinstance(held, dict) else None


STRUCTURES: dict[str, Structure] = {
    "object": _object,
    "input_messages": _input_messages,
    "output_messages": _output_messages,
    "request": _request,
    "reply": _reply,
    "instructions": _instructions,
    "documents": _documents,
    "tools": _tools,
    "ai_sdk_response": _ai_sdk_response,
    "conversation_asked": _conversation_asked,
    "conversation_answered": _conversation_answered,
    "answer_text": _answer_text,
}
