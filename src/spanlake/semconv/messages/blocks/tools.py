"""Blocks of tool calls and of their results, told by their type, of any provider."""

from spanlake.semconv.messages import parts
from spanlake.semconv.messages.blocks.block import Block, Read, first
from spanlake.semconv.messages.message import Part


def _call(block: Block) -> list[Part]:
    function = block.get("function")
    if isinstance(function, dict):  # OpenAI's chat
        return [parts.tool_call(block.get("id"), function.get("name"), function.get("arguments"))]
    # An item of OpenAI's Responses has an id of its own beside that of the call.
    identity = block.get("call_id") or first(block, "id", "toolCallId", "tool_call_id")
    name = first(block, "name", "toolName", "tool_name")
    arguments = first(block, "arguments", "input", "args", "tool_kwargs")
    return [parts.tool_call(identity, name, arguments)]


def _response(block: Block) -> list[Part]:
    identity = (
        block.get("tool_use_id")
        or block.get("call_id")
        or first(block, "id", "toolCallId", "tool_call_id")
    )
    answer = first(block, "response", "result", "output", "content")
    return [parts.tool_response(identity, answer)]


def _verbatim(block: Block) -> list[Part]:
    return [block]


BY_TYPE: dict[str, Read] = {
    "tool_call": _call,
    "tool_use": _call,
    "tool-call": _call,
    "toolCall": _call,
    "function": _call,
    "function_call": _call,
    "custom_tool_call": _call,
    "tool_call_response": _response,
    "tool_result": _response,
    "tool-result": _response,
    "function_response": _response,
    "function_call_output": _response,
    "custom_tool_call_output": _response,
    # What the provider itself called is in the schema as the provider says it.
    "server_tool_call": _verbatim,
    "server_tool_call_response": _verbatim,
    "compaction": _verbatim,
}
