"""The model: any server that speaks OpenAI's chat completions, over plain HTTP.

With OpenAI's own library there would be nothing to decorate: `spanlake.init` traces it.
"""

import json
import os
from collections.abc import AsyncIterator
from typing import Any

import httpx2

import spanlake
from spanlake.instrumentation.live_span import LiveSpan

MODEL = os.environ.get("MODEL", "gpt-4o-mini")
_URL = os.environ.get("OPENAI_BASE_URL", "https://api.openai.com/v1").rstrip("/")
_HEADERS = {"Authorization": f"Bearer {os.environ.get('OPENAI_API_KEY', 'none')}"}

Message = dict[str, Any]


def chat(messages: list[Message], tools: list[Message]) -> Message:
    """What the model says next: words, or calls of tools."""
    with spanlake.span("chat", "LLM", inputs=messages, attributes=_asked(tools)) as span:
        reply = httpx2.post(
            f"{_URL}/chat/completions", json=_body(messages, tools), headers=_HEADERS, timeout=60
        )
        return _read(span, reply)


async def chat_async(messages: list[Message], tools: list[Message]) -> Message:
    """The same without blocking."""
    with spanlake.span("chat", "LLM", inputs=messages, attributes=_asked(tools)) as span:
        async with httpx2.AsyncClient(timeout=60) as client:
            reply = await client.post(
                f"{_URL}/chat/completions", json=_body(messages, tools), headers=_HEADERS
            )
        return _read(span, reply)


@spanlake.trace(span_type="LLM", attributes={"gen_ai.request.model": MODEL})
async def chat_stream(messages: list[Message]) -> AsyncIterator[str]:
    """The model's words as they come."""
    body = _body(messages, []) | {"stream": True}
    async with (
        httpx2.AsyncClient(timeout=60) as client,
        client.stream("POST", f"{_URL}/chat/completions", json=body, headers=_HEADERS) as reply,
    ):
        reply.raise_for_status()
        async for line in reply.aiter_lines():
            if line.startswith("data: ") and line != "data: [DONE]":
                choices = json.loads(line.removeprefix("data: "))["choices"]
                if choices and (words := choices[0]["delta"].get("content")):
                    yield words


def _asked(tools: list[Message]) -> dict[str, object]:
    return {"gen_ai.request.model": MODEL, "gen_ai.tool.definitions": tools}


def _body(messages: list[Message], tools: list[Message]) -> Message:
    return {"model": MODEL, "messages": messages, **({"tools": tools} if tools else {})}


def _read(span: LiveSpan, reply: httpx2.Response) -> Message:
    reply.raise_for_status()
    body = reply.json()
    usage = body["usage"]
    span.set_outputs(body)
    span.set_usage(
        model=body["model"],
        provider="openai",
        input_tokens=usage["prompt_tokens"],
        output_tokens=usage["completion_tokens"],
    )
    message: Message = body["choices"][0]["message"]
    return message
