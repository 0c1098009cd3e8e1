"""A model on this machine that speaks the protocols of OpenAI and Anthropic, streaming included.

What it says is a rule, so that a test knows it: given tools and a question it calls the first tool
with the question as its first argument; given a tool's result it answers `Found: <result>`; else it
answers `Echo: <question>`. A question with the word `fail` is answered by status 429.
"""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, NamedTuple

from http_double import Handler, HttpDouble

DIMENSIONS = 8

Json = Any
"""What a request or an answer is."""


class Say(NamedTuple):
    """What the model says: words, or a call of a tool."""

    text: str = ""
    tool: str = ""
    arguments: str = ""


class Call(NamedTuple):
    """A request that the model has answered; `say` is None where it failed."""

    endpoint: str
    model: str
    say: Say | None
    input_tokens: int
    output_tokens: int


class ModelDouble(HttpDouble):
    """The model as a server on a free port, from entering the context until leaving it.

    calls: what it has been asked, and has answered, in order.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        super().__init__(_Handler, calls=self.calls)


class _Handler(Handler):
    protocol_version = "HTTP/1.1"
    calls: list[Call]

    def reply(self) -> None:
        request = json.loads(self.body())
        name = self.path.rpartition("/v1/")[2]
        model = str(request.get("model"))
        if "fail" in str(request.get("messages") or request.get("input")):
            self.calls.append(Call(name, model, None, 0, 0))
            self._json({"error": {"message": "slow down", "type": "rate_limit"}}, 429)
        elif name == "embeddings":
            self._json(_embeddings(request))
        elif name not in _ANSWERS:
            self._json({"error": {"message": f"no {self.path} here"}}, 404)
        else:
            answer = _ANSWERS[name](request)
            self.calls.append(Call(name, model, _say_of(request), *_usage_of(answer)))
            if request.get("stream"):
                self._events(_STREAMS[name](request))
            else:
                self._json(answer)

    def _json(self, body: Json, status: int = HTTPStatus.OK) -> None:
        self.answer(status, json.dumps(body).encode(), headers={"Content-Type": "application/json"})

    def _events(self, events: Iterator[tuple[str, Json]]) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        for name, data in events:
            text = data if isinstance(data, str) else json.dumps(data)
            head = f"event: {name}\n" if name else ""
            self.wfile.write(f"{head}data: {text}\n\n".encode())
            self.wfile.flush()


def _said(messages: list[Json], tools: list[Json] | None) -> Say:
    """What the rule makes of a conversation."""
    last = messages[-1]
    result = _tool_result(last)
    if result is not None:
        return Say(f"Found: {result}")
    question = _text(last.get("content"))
    if not tools:
        return Say(f"Echo: {question}")
    tool = tools[0].get("function", tools[0])
    schema = tool.get("parameters") or tool.get("input_schema")
    first = next(iter(schema["properties"]))
    return Say(tool=tool["name"], arguments=json.dumps({first: question}))


def _tool_result(message: Json) -> str | None:
    if message.get("type") == "function_call_output":
        return _text(message["output"])
    if message.get("role") == "tool":
        return _text(message["content"])
    for block in message["content"] if isinstance(message.get("content"), list) else ():
        if block.get("type") == "tool_result":
            return _text(block["content"])
    return None


def _text(content: Json) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content or ())


def _say_of(request: Json) -> Say:
    asked = request.get("messages") or request["input"]
    messages = [{"role": "user", "content": asked}] if isinstance(asked, str) else asked
    return _said(messages, request.get("tools"))


def _usage_of(answer: Json) -> tuple[int, int]:
    usage = answer["usage"]
    read = usage.get("prompt_tokens", usage.get("input_tokens"))
    return read, usage.get("completion_tokens", usage.get("output_tokens"))


def _tokens(value: object) -> int:
    return len(json.dumps(value)) // 4


def _embeddings(request: Json) -> Json:
    texts = request["input"] if isinstance(request["input"], list) else [request["input"]]
    return {
        "object": "list",
        "model": request["model"],
        "data": [
            {"object": "embedding", "index": index, "embedding": [0.1] * DIMENSIONS}
            for index, _ in enumerate(texts)
        ],
        "usage": {"prompt_tokens": _tokens(texts), "total_tokens": _tokens(texts)},
    }


def _completion(request: Json) -> Json:
    say = _said(request["messages"], request.get("tools"))
    message: dict[str, Json] = {"role": "assistant", "content": say.text or None}
    if say.tool:
        function = {"name": say.tool, "arguments": say.arguments}
        message["tool_calls"] = [{"id": "call_1", "type": "function", "function": function}]
    prompt, completion = _tokens(request["messages"]), _tokens(message)
    return {
        "id": f"chatcmpl-{_tokens(request)}-{len(request['messages'])}",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": request["model"],
        "choices": [
            {
                "index": 0,
                "message": message,
                "finish_reason": "tool_calls" if say.tool else "stop",
            }
        ],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
        },
    }


def _completion_chunks(request: Json) -> Iterator[tuple[str, Json]]:
    whole = _completion(request)
    choice = whole["choices"][0]
    chunk = {key: whole[key] for key in ("id", "created", "model")}
    chunk["object"] = "chat.completion.chunk"
    calls = [{"index": 0, **call} for call in choice["message"].get("tool_calls", ())]
    words = (choice["message"]["content"] or "").split(" ")
    deltas: list[dict[str, Json]] = [{"role": "assistant", "content": ""}]
    deltas += [{"tool_calls": calls}] if calls else [
        {"content": word if index == 0 else f" {word}"} for index, word in enumerate(words)
    ]  # fmt: skip
    for delta in deltas:
        yield "", {**chunk, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    end = {"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}
    yield "", {**chunk, "choices": [end]}
    if (request.get("stream_options") or {}).get("include_usage"):
        yield "", {**chunk, "choices": [], "usage": whole["usage"]}
    yield "", "[DONE]"


def _message(request: Json) -> Json:
    say = _said(request["messages"], request.get("tools"))
    block = (
        {"type": "tool_use", "id": "toolu_1", "name": say.tool, "input": json.loads(say.arguments)}
        if say.tool
        else {"type": "text", "text": say.text}
    )
    return {
        "id": f"msg_{_tokens(request)}_{len(request['messages'])}",
        "type": "message",
        "role": "assistant",
        "model": request["model"],
        "content": [block],
        "stop_reason": "tool_use" if say.tool else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": _tokens(request["messages"]), "output_tokens": _tokens(block)},
    }


def _message_events(request: Json) -> Iterator[tuple[str, Json]]:
    whole = _message(request)
    block = whole["content"][0]
    start = {**whole, "content": [], "stop_reason": None}
    yield "message_start", {"type": "message_start", "message": start}
    empty = {**block, "text": ""} if block["type"] == "text" else {**block, "input": {}}
    yield (
        "content_block_start",
        {"type": "content_block_start", "index": 0, "content_block": empty},
    )
    delta = (
        {"type": "text_delta", "text": block["text"]}
        if block["type"] == "text"
        else {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    )
    yield "content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta}
    yield "content_block_stop", {"type": "content_block_stop", "index": 0}
    yield (
        "message_delta",
        {
            "type": "message_delta",
            "delta": {"stop_reason": whole["stop_reason"], "stop_sequence": None},
            "usage": {"output_tokens": whole["usage"]["output_tokens"]},
        },
    )
    yield "message_stop", {"type": "message_stop"}


def _response(request: Json) -> Json:
    say, messages = _say_of(request), request["input"]
    item: dict[str, Json] = (
        {
            "type": "function_call", "id": "fc_1", "call_id": "call_1", "name": say.tool,
            "arguments": say.arguments, "status": "completed",
        }
        if say.tool
        else {
            "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": say.text, "annotations": []}],
        }
    )  # fmt: skip
    read, written = _tokens(messages), _tokens(item)
    return {
        "id": f"resp_{_tokens(request)}_{len(messages)}",
        "object": "response",
        "created_at": 1_790_000_000,
        "model": request["model"],
        "status": "completed",
        "output": [item],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": request.get("tools") or [],
        "usage": {
            "input_tokens": read,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": written,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": read + written,
        },
    }


def _response_events(request: Json) -> Iterator[tuple[str, Json]]:
    whole = _response(request)
    started = {**whole, "status": "in_progress", "output": [], "usage": None}
    yield (
        "response.created",
        {"type": "response.created", "response": started, "sequence_number": 0},
    )
    done = {"type": "response.completed", "response": whole, "sequence_number": 1}
    yield "response.completed", done


_ANSWERS = {"chat/completions": _completion, "messages": _message, "responses": _response}
_STREAMS = {
    "chat/completions": _completion_chunks,
    "messages": _message_events,
    "responses": _response_events,
}
