"""Messages, seen from the server's side: requests checked as Anthropic checks them."""

import itertools
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

from spanlake.evaluation.models.double.wire import WireError
from spanlake.evaluation.models.message import (
    ChatMessage,
    ChatRequest,
    JsonObject,
    ResponseSchema,
    Role,
    ToolCall,
    ToolDefinition,
)
from spanlake.evaluation.models.reply import ChatReply, FinishReason
from spanlake.evaluation.models.strict_schema import is_strict

PATH = "/v1/messages"
_FINISH = {
    FinishReason.STOP: "end_turn",
    FinishReason.LENGTH: "max_tokens",
    FinishReason.TOOL_CALL: "tool_use",
    FinishReason.CONTENT_FILTER: "refusal",
}


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Block(_Closed):
    type: Literal["text", "tool_use", "tool_result"]
    text: str | None = None
    id: str | None = None
    name: str | None = None
    input: dict[str, Any] | None = None
    tool_use_id: str | None = None
    content: str | None = None


class _Turn(_Closed):
    role: Literal["user", "assistant"]
    content: list[_Block] = Field(min_length=1)


class _Tool(_Closed):
    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    description: str = ""
    input_schema: dict[str, Any]


class _Format(_Closed):
    type: Literal["json_schema"]
    body: dict[str, Any] = Field(alias="schema")


class _OutputConfig(_Closed):
    format: _Format


class _ToolChoice(_Closed):
    type: Literal["auto", "none"]


class _Request(_Closed):
    model: str = Field(min_length=1)
    max_tokens: int = Field(ge=1)
    messages: list[_Turn] = Field(min_length=1)
    system: str | None = None
    tools: list[_Tool] = Field(default_factory=list)
    tool_choice: _ToolChoice | None = None
    output_config: _OutputConfig | None = None
    temperature: float | None = Field(default=None, ge=0, le=1)


def read_request(body: bytes) -> tuple[str, ChatRequest]:
    """Read which model is asked, and what. WireError for one that Anthropic would refuse."""
    request = _Request.model_validate_json(body)
    roles = [turn.role for turn in request.messages]
    if roles[0] != "user":
        raise WireError("the first message must be the user's", "messages")
    if any(first == second for first, second in itertools.pairwise(roles)):
        raise WireError("roles must alternate", "messages")
    blocks = (block for turn in request.messages for block in turn.content)
    if not request.tools and any(block.type != "text" for block in blocks):
        raise WireError("tools must be defined where messages have tool blocks", "tools")
    schema = request.output_config.format.body if request.output_config else None
    if schema is not None and not is_strict(schema):
        raise WireError("output_config.format.schema must close every object", "output_config")
    messages = [message for turn in request.messages for message in _messages(turn)]
    if request.system:
        messages.insert(0, ChatMessage(Role.SYSTEM, request.system))
    return request.model, ChatRequest(
        messages=tuple(messages),
        tools=tuple(
            ToolDefinition(tool.name, tool.description, tool.input_schema) for tool in request.tools
        ),
        may_call_tools=request.tool_choice is None or request.tool_choice.type != "none",
        response_schema=ResponseSchema("output", schema) if schema else None,
        temperature=request.temperature,
        max_tokens=request.max_tokens,
    )


def _messages(turn: _Turn) -> list[ChatMessage]:
    text = "".join(block.text or "" for block in turn.content if block.type == "text")
    calls = tuple(
        ToolCall(block.id or "", block.name or "", orjson.dumps(block.input).decode())
        for block in turn.content
        if block.type == "tool_use"
    )
    answers = [
        ChatMessage(Role.TOOL, block.content or "", tool_call_id=block.tool_use_id)
        for block in turn.content
        if block.type == "tool_result"
    ]
    if text or calls:
        return [*answers, ChatMessage(Role(turn.role), text, calls)]
    return answers


def write_reply(reply: ChatReply) -> JsonObject:
    """Write a reply as a message."""
    usage = reply.usage
    cached = (usage.cache_read_tokens or 0) + (usage.cache_write_tokens or 0)
    words: list[JsonObject] = [{"type": "text", "text": reply.text}] if reply.text else []
    calls = [
        {
            "type": "tool_use",
            "id": call.id,
            "name": call.name,
            "input": orjson.loads(call.arguments),
        }
        for call in reply.tool_calls
    ]
    return {
        "id": reply.response_id,
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": [*words, *calls],
        "stop_reason": _FINISH.get(reply.finish_reason, "end_turn"),
        "usage": {
            "input_tokens": (usage.input_tokens or 0) - cached,
            "output_tokens": usage.output_tokens,
            "cache_read_input_tokens": usage.cache_read_tokens or 0,
            "cache_creation_input_tokens": usage.cache_write_tokens or 0,
        },
    }
