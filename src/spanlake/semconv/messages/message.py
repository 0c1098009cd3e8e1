"""Messages as the OpenTelemetry GenAI schema has them.

https://github.com/open-telemetry/semantic-conventions-genai, gen-ai-input-messages.json and its
neighbours.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Self

from spanlake.semconv.json_values import as_text

Part = dict[str, Any]
"""One part: an object with `type`, and what the schema says for that type."""

_ROLES = {
    "human": "user",
    "humanmessage": "user",
    "ai": "assistant",
    "aimessage": "assistant",
    "aimessagechunk": "assistant",
    "model": "assistant",
    "chatbot": "assistant",
    "bot": "assistant",
    "systemmessage": "system",
    "developer": "system",
    "toolmessage": "tool",
    "function": "tool",
    "tool_result": "tool",
    "unknown": "assistant",
}


@dataclass(frozen=True, slots=True)
class Message:
    """What one side said."""

    role: str
    parts: tuple[Part, ...]
    name: str | None = None
    finish_reason: str | None = None

    @property
    def text(self) -> str:
        """What a person reads of it: its text parts, a line each."""
        texts = [part["content"] for part in self.parts if part["type"] == "text"]
        return "\n".join(text for text in texts if isinstance(text, str))

    def finished(self, reason: str | None) -> Self:
        """The message with why the model stopped, unless it tells that itself."""
        if reason is None or self.finish_reason:
            return self
        return replace(self, finish_reason=reason)


def role_of(word: object, default: str) -> str:
    """A role under the name the schema gives it; a role of its own stays, in lower case."""
    if not isinstance(word, str) or not word:
        return default
    lower = word.lower().rpartition(".")[2]
    return _ROLES.get(lower, lower)


def _object(message: Message) -> dict[str, Any]:
    written: dict[str, Any] = {"role": message.role, "parts": message.parts}
    if message.name:
        written["name"] = message.name
    if message.finish_reason:
        written["finish_reason"] = message.finish_reason
    return written


def to_json(messages: Iterable[Message]) -> str | None:
    """Messages as JSON text, None when nobody says anything."""
    said = [_object(message) for message in messages if message.parts]
    return as_text(said) if said else None
