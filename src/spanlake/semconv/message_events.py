"""Messages that travel as events of their own: on spans, and as log records.

Releases 1.28 to 1.36 of the conventions have an event a message, earlier ones one for the prompt
and one for the completion.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from spanlake.semconv.json_values import Json, opened
from spanlake.semconv.messages.bodies import reply_messages, request_messages
from spanlake.semconv.messages.content import parts_of
from spanlake.semconv.messages.message import Message
from spanlake.semconv.messages.read import messages_of

_ROLES = {
    "gen_ai.system.message": "system",
    "gen_ai.developer.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
_CHOICE = "gen_ai.choice"
_PROMPT = "gen_ai.content.prompt"
_COMPLETION = "gen_ai.content.completion"
NAMES = frozenset({*_ROLES, _CHOICE, _PROMPT, _COMPLETION})
# Where a body is that could not be the body of an event on a span.
_BODIES = ("gen_ai.event.content", "event_content", "body")


class Said(NamedTuple):
    """What events say went into a model, and what came out."""

    asked: list[Message]
    answered: list[Message]


def said_by(events: Iterable[tuple[str, Mapping[str, Json]]]) -> Said:
    """The messages of events, in their order; each is a name and what it holds."""
    said = Said([], [])
    for name, held in events:
        body = _body(held)
        if name in _ROLES:
            said.asked.extend(_message(body, _ROLES[name]))
        elif name == _CHOICE:
            said.answered.extend(_choice(body))
        elif name == _PROMPT:
            prompt = opened(body.get("gen_ai.prompt"))
            said.asked.extend(request_messages(prompt) or messages_of(prompt, "user"))
        elif name == _COMPLETION:
            completion = opened(body.get("gen_ai.completion"))
            said.answered.extend(reply_messages(completion) or messages_of(completion, "assistant"))
    return said


def _body(held: Mapping[str, Json]) -> dict[str, Json]:
    for key in _BODIES:
        inner = opened(held.get(key))
        if isinstance(inner, dict):
            return {**held, **inner}
        if isinstance(inner, str) and inner:
            return {**held, "content": inner}
    return dict(held)


def _message(body: dict[str, Json], role: str) -> list[Message]:
    # An app that sends the name of a tool's message under the key of an id is still understood.
    fields = {key: body[key] for key in ("content", "tool_calls", "id", "name") if key in body}
    return messages_of(fields | {"role": body.get("role") or role}, role)


def _choice(body: dict[str, Json]) -> list[Message]:
    inner = opened(body.get("message", body))
    if isinstance(inner, dict):
        inner = {**inner, "tool_calls": inner.get("tool_calls", body.get("tool_calls"))}
        inner = inner if inner.get("role") else inner | {"role": "assistant"}
        said = messages_of(inner, "assistant")
    elif isinstance(inner, list):
        said = [Message("assistant", tuple(parts_of(inner)))]
    else:
        said = messages_of(inner, "assistant")
    reason = body.get("finish_reason")
    return [each.finished(reason) for each in said] if isinstance(reason, str) else said
