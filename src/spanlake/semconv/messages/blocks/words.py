"""Blocks of text and of reasoning, told by their type, of any provider."""

from spanlake.semconv.json_values import Json
from spanlake.semconv.messages import parts
from spanlake.semconv.messages.blocks.block import Block, Read
from spanlake.semconv.messages.message import Part


def text(block: Block) -> list[Part]:
    """A text; blocks inside of the block are not read here."""
    said = told(block)
    return [parts.text(said)] if isinstance(said, str) and said else []


def told(block: Block) -> Json:
    """What a block of text has for a text."""
    said = block.get("text", block.get("content"))
    # {"value": …}, of OpenAI's assistants
    return said.get("value") if isinstance(said, dict) and "value" in said else said


def reasoning(block: Block) -> list[Part]:
    """What a model thought, or the summary of it."""
    for key in ("content", "text", "thinking", "reasoning", "summary"):
        if block.get(key):
            return parts.reasoning(block[key])
    return []


BY_TYPE: dict[str, Read] = {
    "text": text,
    "Text": text,
    "input_text": text,
    "output_text": text,
    "plain_text": text,
    "reasoning": reasoning,
    "thinking": reasoning,
}
