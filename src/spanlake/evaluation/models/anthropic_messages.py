"""Anthropic's protocol: messages."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from pydantic import BaseModel, ValidationError

from spanlake.evaluation.models.concessions import Concessions
from spanlake.evaluation.models.errors import MalformedReplyError
from spanlake.evaluation.models.message import (
    ChatMessage,
    ChatRequest,
    JsonObject,
    Role,
    ToolCall,
)
from spanlake.evaluation.models.name import ModelName
from spanlake.evaluation.models.refusals import complaint
from spanlake.evaluation.models.reply import ChatReply, FinishReason, Usage
from spanlake.evaluation.models.transport import Transport

API_VERSION: Final = "2023-06-01"
_FINISH: Final = {
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "tool_use": FinishReason.TOOL_CALL,
    "refusal": FinishReason.CONTENT_FILTER,
}
_OPTIONAL = ("temperature", "output_config")


@dataclass(frozen=True, slots=True)
class AnthropicMessages:
    """A model behind `<base_url>/v1/messages`."""

    name: ModelName
    transport: Transport
    base_url: str
    api_key: str | None
    _concessions: Concessions = field(default_factory=lambda: Concessions(_OPTIONAL))

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one request. ModelError if there is no answer."""

        async def attempt(without: frozenset[str]) -> bytes:
            headers = {"anthropic-version": API_VERSION}
            if self.api_key is not None:
                headers["x-api-key"] = self.api_key
            body = orjson.dumps(self._body(request, without))
            return await self.transport.post(
                self.name, f"{self.base_url}/v1/messages", headers, body
            )

        return self._reply(await self._concessions.send(attempt))

    def _body(self, request: ChatRequest, without: frozenset[str]) -> JsonObject:
        system = [each.text for each in request.messages if each.role is Role.SYSTEM]
        body: JsonObject = {
            "model": self.name.model,
            "max_tokens": request.max_tokens,
            "messages": _turns([each for each in request.messages if each.role is not Role.SYSTEM]),
        }
        if system:
            body["system"] = "\n\n".join(system)
        if request.temperature is not None and "temperature" not in without:
            body["temperature"] = request.temperature
        if request.tools:
            body["tools"] = [
                {
                    "name": tool.name,
                    "description": tool.description,
                    "input_schema": tool.parameters,
                }
                for tool in request.tools
            ]
            body["tool_choice"] = {"type": "auto" if request.may_call_tools else "none"}
        if request.response_schema is not None and "output_config" not in without:
            schema = request.response_schema.schema
            body["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
        return body

    def _reply(self, content: bytes) -> ChatReply:
        try:
            message = _Message.model_validate_json(content)
        except ValidationError:
            raise MalformedReplyError(
                f"{self.name} sent no message, but: {complaint(content)}"
            ) from None
        return ChatReply(
            text="".join(block.text or "" for block in message.content if block.type == "text"),
            tool_calls=tuple(
                ToolCall(block.id or "", block.name or "", orjson.dumps(block.input or {}).decode())
                for block in message.content
                if block.type == "tool_use"
            ),
            finish_reason=_FINISH.get(message.stop_reason or "", FinishReason.STOP),
            model=message.model,
            response_id=message.id,
            usage=message.usage.as_usage() if message.usage else Usage(),
        )


def _turns(messages: Sequence[ChatMessage]) -> list[JsonObject]:
    """Write turns; the answers of several tools stand in one turn of the user."""
    turns: list[JsonObject] = []
    for message in messages:
        role = "assistant" if message.role is Role.ASSISTANT else "user"
        blocks = _blocks(message)
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        else:
            turns.append({"role": role, "content": blocks})
    return turns


def _blocks(message: ChatMessage) -> list[JsonObject]:
    if message.tool_call_id is not None:
        return [
            {
                "type": "tool_result",
                "tool_use_id": message.tool_call_id,
                "content": message.text,
            }
        ]
    blocks: list[JsonObject] = [{"type": "text", "text": message.text}] if message.text else []
    return blocks + [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": _input(call.arguments)}
        for call in message.tool_calls
    ]


def _input(arguments: str) -> JsonObject:
    try:
        value = orjson.loads(arguments)
    except orjson.JSONDecodeError:
        return {}  # what is no JSON was refused as a call; here it is only history
    return value if isinstance(value, dict) else {}


class _Block(BaseModel):
    type: str
    text: str | None = None
    id: str | None = None
    name: str | None = None
    input: dict[str, Any] | None = None


class _Usage(BaseModel):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None

    def as_usage(self) -> Usage:
        """Anthropic counts cached tokens beside the input, ours are a part of it."""
        cached = (self.cache_read_input_tokens or 0) + (self.cache_creation_input_tokens or 0)
        return Usage(
            input_tokens=None if self.input_tokens is None else self.input_tokens + cached,
            output_tokens=self.output_tokens,
            cache_read_tokens=self.cache_read_input_tokens,
            cache_write_tokens=self.cache_creation_input_tokens,
        )


class _Message(BaseModel):
    id: str | None = None
    model: str | None = None
    content: list[_Block]
    stop_reason: str | None = None
    usage: _Usage | None = None
