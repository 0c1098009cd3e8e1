"""Parts of a message in the OpenTelemetry GenAI schema, as they are made."""

from spanlake.semconv.json_values import Json, as_text, opened
from spanlake.semconv.messages.message import Part

# A block with no other members says nothing but its text.
_TEXT_MEMBERS = {
    "type", "block_type", "text", "content", "annotations", "cache_control", "logprobs",
}  # fmt: skip


def text(content: str) -> Part:
    """A text as a part."""
    return {"type": "text", "content": content}


def reasoning(content: Json) -> list[Part]:
    """What a model thought, as parts; nothing when it is not told."""
    said = plain(content)
    return [{"type": "reasoning", "content": said}] if isinstance(said, str) and said else []


def tool_call(identity: Json, name: Json, arguments: Json) -> Part:
    """A call a model asks for; arguments that are JSON text become what they say."""
    part: Part = {"type": "tool_call", "name": as_text(name) or ""}
    if identity:
        part["id"] = as_text(identity)
    return part | {"arguments": opened(arguments)}


def tool_response(identity: Json, response: Json) -> Part:
    """What came back from a tool."""
    part: Part = {"type": "tool_call_response"}
    if identity:
        part["id"] = as_text(identity)
    return part | {"response": plain(response)}


def plain(content: Json) -> Json:
    """Content that is nothing but text as that text, anything else as it is."""
    if isinstance(content, list) and content:
        said = [each for each in map(_text_of, content) if each is not None]
        return "\n".join(said) if len(said) == len(content) else content
    if not isinstance(content, dict):
        return content
    said_once = _text_of(content)
    if said_once is not None:
        return said_once
    if content.get("type") in ("json", "text") and "value" in content:  # AI SDK
        return content["value"]
    return content["json"] if set(content) == {"json"} else content  # Bedrock


def _text_of(block: Json) -> str | None:
    if isinstance(block, str):
        return block
    if not isinstance(block, dict) or not block.keys() <= _TEXT_MEMBERS:
        return None
    said = block.get("text", block.get("content"))
    return said if isinstance(said, str) else None
