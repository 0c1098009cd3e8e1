"""What a model is asked, in no provider's own words."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson

JsonObject = dict[str, Any]
"""A JSON object, such as a JSON schema."""

_DIGEST_VERSION = 1


class Role(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's wish to call a tool. arguments: JSON text, as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One turn. tool_calls: the assistant's. tool_call_id: which of them a tool answers."""

    role: Role
    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None

    def __post_init__(self) -> None:
        if not self.text.isascii():
            # Halves of surrogate pairs, which no JSON can carry, become question marks.
            clean = self.text.encode("utf-8", "replace").decode()
            object.__setattr__(self, "text", clean)


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool the model may call. parameters: the JSON schema of its arguments."""

    name: str
    description: str
    parameters: JsonObject


@dataclass(frozen=True, slots=True)
class ResponseSchema:
    """The JSON schema that the reply's text has to follow. name: of letters, digits, _ and -."""

    name: str
    schema: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """One question to a model.

    may_call_tools: whether the model may still call them. max_tokens: of the reply, reasoning
    included. nonce: a random text in the messages that does
    not change what is asked, so that two requests that differ in nothing else have one digest.
    accepts: whether a text is an answer; one that is not is not kept for the next who asks.
    """

    messages: tuple[ChatMessage, ...]
    tools: tuple[ToolDefinition, ...] = ()
    may_call_tools: bool = True
    response_schema: ResponseSchema | None = None
    temperature: float | None = 0.0
    max_tokens: int = 2048
    nonce: str | None = None
    accepts: Callable[[str], bool] | None = field(default=None, compare=False, repr=False)

    def digest(self, model: str) -> str:
        """Name what is asked of a model: 64 hexadecimal digits."""
        canonical = orjson.dumps(
            [
                _DIGEST_VERSION,
                model,
                [
                    [
                        message.role,
                        self._parts(message.text),
                        [[c.id, c.name, self._parts(c.arguments)] for c in message.tool_calls],
                        message.tool_call_id,
                    ]
                    for message in self.messages
                ],
                [[tool.name, tool.description, tool.parameters] for tool in self.tools],
                self.may_call_tools,
                None if self.response_schema is None else self.response_schema.schema,
                self.temperature,
                self.max_tokens,
            ],
            option=orjson.OPT_SORT_KEYS,
        )
        return hashlib.sha256(canonical).hexdigest()

    def _parts(self, text: str) -> list[str]:
        """Split a text at the nonce: unlike a replacement, no other text can look like that."""
        return text.split(self.nonce) if self.nonce else [text]
