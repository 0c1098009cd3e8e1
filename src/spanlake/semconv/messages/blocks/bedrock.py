"""Bedrock's blocks, which have no type: the one member is what the block is."""

from functools import partial

from spanlake.semconv.messages import media, parts
from spanlake.semconv.messages.blocks.block import Block, Read, first
from spanlake.semconv.messages.message import Part


def _call(block: Block) -> list[Part]:
    call = block["toolUse"]
    if not isinstance(call, dict):
        return []
    return [parts.tool_call(call.get("toolUseId"), call.get("name"), call.get("input"))]


def _response(block: Block) -> list[Part]:
    result = block["toolResult"]
    if not isinstance(result, dict):
        return []
    return [parts.tool_response(result.get("toolUseId"), result.get("content"))]


def _reasoning(block: Block) -> list[Part]:
    told = block["reasoningContent"]
    inner = told.get("reasoningText") if isinstance(told, dict) else told
    return parts.reasoning(inner.get("text") if isinstance(inner, dict) else inner)


def _media(kind: str, block: Block) -> list[Part]:
    held = block[kind]
    if not isinstance(held, dict):  # AI SDK
        return [media.given(held, block.get("mediaType"), kind)]
    source, form = held.get("source"), held.get("format")
    mime = f"{kind}/{form}" if isinstance(form, str) and kind != "document" else None
    if isinstance(source, dict):
        return [media.given(first(source, "bytes", "url", "uri"), mime, kind)]
    return [media.given(first(held, "url", "data"), mime, kind)]


BY_KEY: dict[str, Read] = {
    "toolUse": _call,
    "toolResult": _response,
    "reasoningContent": _reasoning,
    "image": partial(_media, "image"),
    "document": partial(_media, "document"),
    "video": partial(_media, "video"),
    "audio": partial(_media, "audio"),
}
