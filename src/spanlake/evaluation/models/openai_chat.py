"""Chat completions: OpenAI's protocol, and that of everyone who is compatible with it."""

from dataclasses import dataclass, field
from typing import Final

import orjson
from pydantic import BaseModel, ValidationError

from spanlake.evaluation.models.concessions import Concessions
from spanlake.evaluation.models.errors import MalformedReplyError
from spanlake.evaluation.models.message import ChatMessage, ChatRequest, JsonObject, ToolCall
from spanlake.evaluation.models.name import ModelName
from spanlake.evaluation.models.refusals import complaint
from spanlake.evaluation.models.reply import ChatReply, FinishReason, Usage
from spanlake.evaluation.models.strict_schema import is_strict
from spanlake.evaluation.models.transport import Transport

_FINISH: Final = {
    "stop": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "tool_calls": FinishReason.TOOL_CALL,
    "function_call": FinishReason.TOOL_CALL,
    "content_filter": FinishReason.CONTENT_FILTER,
}
_OPTIONAL = ("temperature", "response_format", "max_completion_tokens", "max_tokens")


@dataclass(frozen=True, slots=True)
class OpenAIChat:
    """A model behind `<base_url>/chat/completions`."""

    name: ModelName
    transport: Transport
    base_url: str
    api_key: str | None
    _concessions: Concessions = field(default_factory=lambda: Concessions(_OPTIONAL))

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one request. ModelError if there is no answer."""

        async def attempt(without: frozenset[str]) -> bytes:
            body = orjson.dumps(self._body(request, without))
            return await self.transport.post(
                self.name, f"{self.base_url}/chat/completions", self._headers(), body
            )

        return self._reply(await self._concessions.send(attempt))

    def _headers(self) -> dict[str, str]:
        if self.api_key is None:
            return {}
        if self.name.provider.name == "azure":
            return {"api-key": self.api_key}
        return {"Authorization": f"Bearer {self.api_key}"}

    def _body(self, request: ChatRequest, without: frozenset[str]) -> JsonObject:
        body: JsonObject = {
            "model": self.name.model,
            "messages": [_message(message) for message in request.messages],
        }
        if request.temperature is not None and "temperature" not in without:
            body["temperature"] = request.temperature
        body[self._limit_parameter(without)] = request.max_tokens
        if request.tools:
            body["tools"] = [
                {
                    "type": "function",
                    "function": {
                        "name": tool.name,
                        "description": tool.description,
                        "parameters": tool.parameters,
                    },
                }
                for tool in request.tools
            ]
            body["tool_choice"] = "auto" if request.may_call_tools else "none"
        if request.response_schema is not None and "response_format" not in without:
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {
                    "name": request.response_schema.name,
                    "schema": request.response_schema.schema,
                    "strict": is_strict(request.response_schema.schema),
                },
            }
        return body

    def _limit_parameter(self, without: frozenset[str]) -> str:
        """Compatible servers know the older name; a reasoning model at OpenAI only the newer."""
        first, second = "max_tokens", "max_completion_tokens"
        if self.name.provider.name in {"openai", "azure"}:
            first, second = second, first
        return second if first in without else first

    def _reply(self, content: bytes) -> ChatReply:
        try:
            completion = _Completion.model_validate_json(content)
        except ValidationError:
            raise MalformedReplyError(
                f"{self.name} sent no chat completion, but: {complaint(content)}"
            ) from None
        if not completion.choices:
            raise MalformedReplyError(f"{self.name} sent a chat completion without a choice")
        choice = completion.choices[0]
        refused = choice.message.refusal
        return ChatReply(
            text=choice.message.content or refused or "",
            tool_calls=tuple(
                ToolCall(call.id, call.function.name, call.function.arguments)
                for call in choice.message.tool_calls or ()
            ),
            finish_reason=FinishReason.CONTENT_FILTER
            if refused
            else _FINISH.get(choice.finish_reason or "", FinishReason.STOP),
            model=completion.model,
            response_id=completion.id,
            usage=completion.usage.as_usage() if completion.usage else Usage(),
        )


def _message(message: ChatMessage) -> JsonObject:
    if message.tool_call_id is not None:
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": message.text}
    written: JsonObject = {"role": message.role.value, "content": message.text}
    if message.tool_calls:
        written["content"] = message.text or None
        written["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.tool_calls
        ]
    return written


class _Function(BaseModel):
    name: str
    arguments: str = "{}"


class _Call(BaseModel):
    id: str
    function: _Function


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Details(BaseModel):
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None


class _Usage(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Details | None = None
    completion_tokens_details: _Details | None = None

    def as_usage(self) -> Usage:
        prompt, completion = self.prompt_tokens_details, self.completion_tokens_details
        return Usage(
            input_tokens=self.prompt_tokens,
            output_tokens=self.completion_tokens,
            cache_read_tokens=prompt.cached_tokens if prompt else None,
            reasoning_tokens=completion.reasoning_tokens if completion else None,
        )


class _Completion(BaseModel):
    id: str | None = None
    model: str | None = None
    choices: list[_Choice]
    usage: _Usage | None = None
