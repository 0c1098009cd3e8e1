"""Genkit's blocks, which have no type: a member tells what each is."""

from spanlake.semconv.messages import media, parts
from spanlake.semconv.messages.blocks.block import Block, Read
from spanlake.semconv.messages.message import Part


def _call(block: Block) -> list[Part]:
    call = block["toolRequest"]
    if not isinstance(call, dict):
        return []
    return [
        parts.tool_call(call.get("ref") or call.get("name"), call.get("name"), call.get("input"))
    ]


def _response(block: Block) -> list[Part]:
    given = block["toolResponse"]
    if not isinstance(given, dict):
        return []
    return [parts.tool_response(given.get("ref") or given.get("name"), given.get("output"))]


def _media(block: Block) -> list[Part]:
    held = block["media"]
    if not isinstance(held, dict):
        return []
    mime = held.get("contentType")
    return [media.given(held.get("url"), mime, media.modality_of(mime, "document"))]


BY_KEY: dict[str, Read] = {"toolRequest": _call, "toolResponse": _response, "media": _media}
