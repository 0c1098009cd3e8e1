"""Gemini's blocks, which have no type: a member tells what each is."""

from spanlake.semconv.messages import media, parts
from spanlake.semconv.messages.blocks import words
from spanlake.semconv.messages.blocks.block import Block, Read, first
from spanlake.semconv.messages.message import Part


def _text(block: Block) -> list[Part]:
    return words.reasoning(block) if block.get("thought") is True else words.text(block)


def _call(block: Block) -> list[Part]:
    call = first(block, "functionCall", "function_call")
    if not isinstance(call, dict):
        return []
    # Most calls have no id; their answers then are known by the name.
    return [parts.tool_call(call.get("id") or call.get("name"), call.get("name"), call.get("args"))]


def _response(block: Block) -> list[Part]:
    given = first(block, "functionResponse", "function_response")
    if not isinstance(given, dict):
        return []
    return [parts.tool_response(given.get("id") or given.get("name"), given.get("response"))]


def _inline(block: Block) -> list[Part]:
    inline = first(block, "inlineData", "inline_data")
    if not isinstance(inline, dict):
        return []
    return [media.blob(inline.get("data"), first(inline, "mimeType", "mime_type"), "document")]


def _file(block: Block) -> list[Part]:
    file = first(block, "fileData", "file_data")
    if not isinstance(file, dict):
        return []
    mime = first(file, "mimeType", "mime_type")
    where = first(file, "fileUri", "file_uri")
    return [media.located(where, media.modality_of(mime, "document"), mime)]


BY_KEY: dict[str, Read] = {
    "functionCall": _call,
    "function_call": _call,
    "functionResponse": _response,
    "function_response": _response,
    "inlineData": _inline,
    "inline_data": _inline,
    "fileData": _file,
    "file_data": _file,
    "text": _text,
}
