"""Texts that try to run in a page, and a lake in which they are everywhere."""

from pathlib import Path

from page_lake import SpanFile

PAYLOADS = (Path(__file__).parents[1] / "data" / "xss.txt").read_text("utf-8").splitlines()
EVERY = "\n".join(PAYLOADS)


def hostile_traces() -> SpanFile:
    """Trace 1 has all payloads in every field that reaches a page; from 2 on, each has one."""
    spans = SpanFile({"service.name": EVERY, "deployment.environment.name": EVERY})
    fields = _fields(EVERY)
    spans.add(1, 1, EVERY, attributes=fields | {"gen_ai.operation.name": "invoke_agent"})
    spans.add(
        1, 2, EVERY, parent=1, attributes=fields | {"gen_ai.operation.name": "chat"}, error=EVERY
    )
    tool = spans.add(
        1, 3, EVERY, parent=1, attributes=fields | {"gen_ai.operation.name": "execute_tool"}
    )
    event = tool.events.add(name=EVERY)
    event.attributes.add(key=EVERY).value.string_value = EVERY
    link = tool.links.add(trace_id=bytes(16), span_id=bytes(8))
    link.attributes.add(key=EVERY).value.string_value = EVERY
    for number, payload in enumerate(PAYLOADS, 2):
        spans.add(number, 1, payload, attributes=_fields(payload))
    return spans


def _fields(text: str) -> dict[str, object]:
    said = [{"role": text, "name": text, "parts": [{"type": "text", "content": text}]}]
    parts = [
        {"type": "text", "content": text},
        {"type": "reasoning", "content": text},
        {"type": "tool_call", "id": text, "name": text, "arguments": {text: text}},
        {"type": "tool_call_response", "id": "other", "response": text},
        {"type": "uri", "modality": text, "mime_type": text, "uri": text},
        {"type": "blob", "modality": text, "mime_type": "image/svg+xml", "content": text},
        {"type": "blob", "modality": text, "mime_type": "image/png", "content": text},
        {"type": text, text: text},
    ]
    return {
        text: text,
        "gen_ai.request.model": text,
        "gen_ai.agent.name": text,
        "gen_ai.tool.name": text,
        "gen_ai.tool.call.id": text,
        "gen_ai.tool.call.arguments": text,
        "gen_ai.tool.call.result": text,
        "gen_ai.conversation.id": text,
        "gen_ai.system_instructions": [{"type": "text", "content": text}],
        "gen_ai.input.messages": said,
        "gen_ai.output.messages": [{"role": "assistant", "finish_reason": text, "parts": parts}],
        "gen_ai.tool.definitions": [{"type": "function", "name": text, "description": text}],
        "gen_ai.retrieval.documents": [{"id": text, "content": text, "score": 1.0}],
        "user.id": text,
        "spanlake.experiment": text,
        "spanlake.app_version": text,
        "error.type": text,
    }
