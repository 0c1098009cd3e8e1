"""OpenAI's messages as the OpenTelemetry GenAI conventions write them in span attributes."""

import json
from typing import Any

from spanlake.cli.demo.scenario import TOOLS

Message = dict[str, Any]
"""A message as OpenAI's API has it: role, content, tool_calls, tool_call_id."""

TOOL_DEFINITIONS = json.dumps(
    [
        {
            "type": "function",
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
        }
        for tool in TOOLS
    ]
)


def system_instructions(message: Message) -> str:
    """The JSON of gen_ai.system_instructions."""
    return json.dumps(_parts(message))


def input_messages(messages: list[Message]) -> str:
    """The JSON of gen_ai.input.messages."""
    return json.dumps([{"role": each["role"], "parts": _parts(each)} for each in messages])


def output_messages(message: Message, finish_reason: str) -> str:
    """The JSON of gen_ai.output.messages for one choice."""
    written = {"role": message["role"], "parts": _parts(message), "finish_reason": finish_reason}
    return json.dumps([written])


def _parts(message: Message) -> list[Message]:
    if message["role"] == "tool":
        response = json.loads(message["content"])
        return [{"type": "tool_call_response", "id": message["tool_call_id"], "response": response}]
    parts: list[Message] = []
    if message["content"] is not None:
        parts.append({"type": "text", "content": message["content"]})
    parts += [
        {
            "type": "tool_call",
            "id": call["id"],
            "name": call["function"]["name"],
            "arguments": json.loads(call["function"]["arguments"]),
        }
        for call in message.get("tool_calls", ())
    ]
    return parts
