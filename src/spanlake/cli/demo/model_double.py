"""A stand-in for a model: it speaks OpenAI's chat completions over HTTP, on loopback alone."""

import json
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from spanlake.cli.demo.scenario import TURNS, Turn

PATH = "/v1/chat/completions"
_DATED = {"gpt-4o-mini": "gpt-4o-mini-2024-07-18", "gpt-4o": "gpt-4o-2024-08-06"}
_CHARACTERS_A_TOKEN = 4
_SECONDS_TO_START = 0.05
_SECONDS_A_TOKEN = 0.002


class ModelDouble:
    """The model as a server on a free port, from entering the context until leaving it."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def host(self) -> str:
        """Where it listens."""
        return str(self._server.server_address[0])

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        if self.path != PATH:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps(_completion(request)).encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # so it is inherited
        """Say nothing: the demo's output is its own."""


def _completion(request: dict[str, Any]) -> dict[str, Any]:
    """Answer as the turn of the last question has it: first with its tool calls, then in words."""
    messages = request["messages"]
    question = next(m["content"] for m in reversed(messages) if m["role"] == "user")
    turn = next(turn for turn in TURNS if turn.question == question)
    if messages[-1]["role"] == "user":
        message, reason = _tool_calls(turn), "tool_calls"
    else:
        message, reason = {"role": "assistant", "content": turn.answer}, "stop"
    prompt, completion = _tokens([messages, request.get("tools")]), _tokens(message)
    time.sleep(_SECONDS_TO_START + _SECONDS_A_TOKEN * completion)
    return {
        "id": f"chatcmpl-{uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": _DATED[request["model"]],
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            # What comes first in every prompt of the conversation is what a provider has cached.
            "prompt_tokens_details": {"cached_tokens": _tokens(messages[0])},
        },
    }


def _tool_calls(turn: Turn) -> dict[str, Any]:
    arguments = json.dumps({"order_id": turn.order_id})
    calls = [
        {
            "id": f"call_{uuid4().hex[:24]}",
            "type": "function",
            "function": {"name": tool.name, "arguments": arguments},
        }
        for tool in turn.tools
    ]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def _tokens(value: object) -> int:
    return len(json.dumps(value)) // _CHARACTERS_A_TOKEN
