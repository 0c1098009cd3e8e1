"""A client of OpenAI's chat completions, as small as the demo needs it."""

import http.client
import json
from dataclasses import dataclass
from typing import Any

from spanlake.cli.demo.messages import Message
from spanlake.cli.demo.scenario import TOOLS

_TIMEOUT = 30.0
_TOOLS = [
    {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
        },
    }
    for tool in TOOLS
]


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model answered, and the tokens it took. cached_tokens: those of the input."""

    id: str
    model: str
    message: Message
    finish_reason: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int


@dataclass(frozen=True, slots=True)
class ModelClient:
    """Sends conversations to one server."""

    host: str
    port: int

    def complete(self, model: str, messages: list[Message], *, temperature: float) -> Completion:
        """Ask a model for the next message of a conversation."""
        body = {"model": model, "temperature": temperature, "messages": messages, "tools": _TOOLS}
        answer = self._post("/v1/chat/completions", body)
        choice, usage = answer["choices"][0], answer["usage"]
        return Completion(
            id=answer["id"],
            model=answer["model"],
            message=choice["message"],
            finish_reason=choice["finish_reason"],
            input_tokens=usage["prompt_tokens"],
            output_tokens=usage["completion_tokens"],
            cached_tokens=usage["prompt_tokens_details"]["cached_tokens"],
        )

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=_TIMEOUT)
        try:
            headers = {"Content-Type": "application/json"}
            connection.request("POST", path, json.dumps(body), headers)
            answer: dict[str, Any] = json.loads(connection.getresponse().read())
            return answer
        finally:
            connection.close()
