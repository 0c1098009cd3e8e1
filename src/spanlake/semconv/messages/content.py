"""The content of a message, in the blocks of any provider, as parts of the schema."""

from spanlake.semconv.json_values import NOTHING, Json, as_text, parse_container
from spanlake.semconv.messages.blocks import (
    attachments,
    bedrock,
    gemini,
    genkit,
    haystack,
    tools,
    words,
)
from spanlake.semconv.messages.blocks.block import Block, Read, first
from spanlake.semconv.messages.message import Part
from spanlake.semconv.messages.parts import text

_MAX_DEPTH = 6
_BY_TYPE: dict[str, Read] = {**words.BY_TYPE, **tools.BY_TYPE, **attachments.BY_TYPE}
# Of blocks without a type the first member that is there tells what they are.
_BY_KEY: dict[str, Read] = {
    **haystack.BY_KEY,
    **genkit.BY_KEY,
    **gemini.BY_KEY,
    "image_url": attachments.image,
    **bedrock.BY_KEY,
}
# OpenInference has a whole block below this.
_WRAPPER = "message_content"


def parts_of(content: Json, depth: int = 0) -> list[Part]:
    """The parts of a message's content: a text, a block, or a list of both."""
    if content is None or content == "" or depth > _MAX_DEPTH:
        return []
    if isinstance(content, str):
        return [text(content)]
    if isinstance(content, list):
        return [part for each in content for part in parts_of(each, depth + 1)]
    if isinstance(content, dict):
        return _of_block(content, depth)
    return [text(as_text(content) or "")]


def parts_of_text(content: str) -> list[Part]:
    """The parts of a text, or of the content blocks whose JSON it is."""
    value = parse_container(content)
    blocks = value if isinstance(value, list) else [value]
    if value is NOTHING or not blocks or not all(map(_is_block, blocks)):
        return parts_of(content)
    return parts_of(value)


def _of_block(block: Block, depth: int) -> list[Part]:
    kind = _kind(block)
    if kind and "type" not in block:
        block = block | {"type": kind}
    read = _reader(block, kind)
    said = read(block) if read is not None else [block] if kind else []
    if said:
        return said
    inner = first(block, _WRAPPER, "text", "content")
    if inner is not None or read is not None or "content" in block:
        return parts_of(inner, depth + 1)
    return [text(as_text(block) or "")] if block else []


def _kind(block: Block) -> str:
    kind = block.get("type", block.get("block_type"))  # the latter is LlamaIndex's
    return kind if isinstance(kind, str) else ""


def _reader(block: Block, kind: str) -> Read | None:
    if kind in _BY_TYPE:
        return _BY_TYPE[kind]
    for key, read in _BY_KEY.items():
        if block.get(key) is not None:
            return read
    return None


def _is_block(value: Json) -> bool:
    if not isinstance(value, dict):
        return False
    if "type" in value or "block_type" in value:
        return _kind(value) in _BY_TYPE
    return _WRAPPER in value or any(key in value for key in _BY_KEY)
