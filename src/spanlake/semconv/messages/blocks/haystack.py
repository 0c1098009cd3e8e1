"""Haystack's blocks, which have no type; OpenInference nests its calls the same way."""

from spanlake.semconv.messages import parts
from spanlake.semconv.messages.blocks.block import Block, Read, first
from spanlake.semconv.messages.message import Part


def _call(block: Block) -> list[Part]:
    call = block["tool_call"]
    if not isinstance(call, dict):
        return []
    function = call.get("function")  # OpenInference
    named = function if isinstance(function, dict) else call
    name = first(named, "tool_name", "name")
    return [parts.tool_call(call.get("id"), name, named.get("arguments"))]


def _response(block: Block) -> list[Part]:
    result = block["tool_call_result"]
    if not isinstance(result, dict):
        return []
    origin = result.get("origin")
    identity = origin.get("id") if isinstance(origin, dict) else None
    return [parts.tool_response(identity, result.get("result"))]


BY_KEY: dict[str, Read] = {"tool_call": _call, "tool_call_result": _response}
