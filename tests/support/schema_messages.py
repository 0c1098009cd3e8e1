"""Messages of the OpenTelemetry GenAI schema, as tests expect them."""

import json
from dataclasses import dataclass
from typing import Any

from spanlake.semconv.structures import STRUCTURES

Part = dict[str, Any]
Message = dict[str, Any]


def message(role: str, *parts: Part, **more: str) -> Message:
    """What one side said, with what else the message tells."""
    return {"role": role, "parts": list(parts), **more}


def text(content: str) -> Part:
    """A text."""
    return {"type": "text", "content": content}


def reasoning(content: str) -> Part:
    """What a model thought."""
    return {"type": "reasoning", "content": content}


def call(name: str, arguments: object, identity: str | None = None) -> Part:
    """A call that a model asks for."""
    part = {"type": "tool_call", "name": name, "arguments": arguments}
    return part if identity is None else part | {"id": identity}


def result(response: object, identity: str | None = None) -> Part:
    """What came back from a tool."""
    part = {"type": "tool_call_response", "response": response}
    return part if identity is None else part | {"id": identity}


def read(structure: str, written: object) -> Any:  # noqa: ANN401  # JSON
    """What a transform makes of a value, as JSON."""
    told = STRUCTURES[structure](written)
    return None if told is None else json.loads(told)


@dataclass(frozen=True, slots=True)
class Case:
    """What somebody writes, the transform that reads it there, and what was said in it."""

    title: str
    structure: str
    written: Any
    said: list[Message] | None

    @property
    def writings(self) -> list[Any]:
        """The value, and where it may come as text its JSON, encoded once and twice."""
        once = json.dumps(self.written)
        is_of_keys = self.structure == "ai_sdk_response"
        return [self.written] if is_of_keys else [self.written, once, json.dumps(once)]
