"""Chat completions, seen from the server's side: requests checked as OpenAI checks them."""

from typing import Any, Literal

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

PATH = "/chat/completions"
_FINISH = {FinishReason.TOOL_CALL: "tool_calls"}


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Function(_Closed):
    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    arguments: str


class _Call(_Closed):
    id: str
    type: Literal["function"]
    function: _Function


class _Message(_Closed):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | None
    tool_calls: list[_Call] = Field(default_factory=list)
    tool_call_id: str | None = None


class _FunctionTool(_Closed):
    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    description: str = ""
    parameters: dict[str, Any]


class _Tool(_Closed):
    type: Literal["function"]
    function: _FunctionTool


class _JsonSchema(_Closed):
    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    body: dict[str, Any] = Field(alias="schema")
    strict: bool = False


class _Format(_Closed):
    type: Literal["json_schema"]
    json_schema: _JsonSchema


class _Request(_Closed):
    model: str = Field(min_length=1)
    messages: list[_Message] = Field(min_length=1)
    tools: list[_Tool] = Field(default_factory=list)
    tool_choice: Literal["auto", "none"] = "auto"
    response_format: _Format | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)


def read_request(body: bytes) -> tuple[str, ChatRequest]:
    """Read which model is asked, and what. WireError or pydantic's for one OpenAI would refuse."""
    request = _Request.model_validate_json(body)
    answered: set[str] = set()
    for message in request.messages:
        if message.tool_call_id is not None and message.tool_call_id not in answered:
            raise WireError("a tool message must answer a tool call before it", "messages")
        answered |= {call.id for call in message.tool_calls}
    schema = request.response_format.json_schema if request.response_format else None
    if schema is not None and schema.strict and not is_strict(schema.body):
        raise WireError("a strict schema must close every object", "response_format")
    return request.model, ChatRequest(
        messages=tuple(
            ChatMessage(
                Role.SYSTEM if message.role == "developer" else Role(message.role),
                message.content or "",
                tuple(
                    ToolCall(call.id, call.function.name, call.function.arguments)
                    for call in message.tool_calls
                ),
                message.tool_call_id,
            )
            for message in request.messages
        ),
        tools=tuple(
            ToolDefinition(tool.function.name, tool.function.description, tool.function.parameters)
            for tool in request.tools
        ),
        may_call_tools=request.tool_choice != "none",
        response_schema=ResponseSchema(schema.name, schema.body) if schema else None,
        temperature=request.temperature,
        max_tokens=request.max_tokens or request.max_completion_tokens or 4096,
    )


def write_reply(reply: ChatReply) -> JsonObject:
    """Write a reply as a chat completion."""
    usage = reply.usage
    message: JsonObject = {"role": "assistant", "content": reply.text or None, "refusal": None}
    if reply.tool_calls:
        message["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in reply.tool_calls
        ]
    return {
        "id": reply.response_id,
        "object": "chat.completion",
        "created": 0,
        "model": reply.model,
        "choices": [
            {
                "index": 0,
                "message": message,
                "finish_reason": _FINISH.get(reply.finish_reason, reply.finish_reason.value),
            }
        ],
        "usage": {
            "prompt_tokens": usage.input_tokens,
            "completion_tokens": usage.output_tokens,
            "total_tokens": (usage.input_tokens or 0) + (usage.output_tokens or 0),
            "prompt_tokens_details": {"cached_tokens": usage.cache_read_tokens or 0},
            "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens or 0},
        },
    }
