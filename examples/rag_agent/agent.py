"""The agent: lets the model search the help centre, and answers with what is found."""

import json
import os
from collections.abc import AsyncIterator

import httpx2

import model
import spanlake

_WORKER = os.environ.get("WORKER_URL", "http://localhost:8001")
_SYSTEM = {"role": "system", "content": "Answer from the help centre. Search it first."}
_TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "search_help",
            "description": "Search the help centre.",
            "parameters": {
                "type": "object",
                "properties": {"query": {"type": "string"}},
                "required": ["query"],
            },
        },
    }
]


@spanlake.trace(span_type="TOOL", name="search_help")
def search_help(query: str) -> list[str]:
    """Ask the worker, in another process; its spans are of the same trace."""
    reply = httpx2.post(
        f"{_WORKER}/search", json={"query": query}, headers=spanlake.trace_headers(), timeout=60
    )
    reply.raise_for_status()
    return [document["content"] for document in reply.json()]


@spanlake.trace(span_type="TOOL", name="search_help")
async def search_help_async(query: str) -> list[str]:
    """The same without blocking."""
    async with httpx2.AsyncClient(timeout=60) as client:
        reply = await client.post(
            f"{_WORKER}/search", json={"query": query}, headers=spanlake.trace_headers()
        )
    reply.raise_for_status()
    return [document["content"] for document in reply.json()]


@spanlake.trace(span_type="AGENT", name="help_agent")
def answer(question: str) -> str:
    """Answer a question."""
    messages = _opening(question)
    while (said := model.chat(messages, _TOOLS)).get("tool_calls"):
        messages.append(said)
        for call in said["tool_calls"]:
            found = search_help(**json.loads(call["function"]["arguments"]))
            messages.append(_result(call, found))
    return str(said["content"])


@spanlake.trace(span_type="AGENT", name="help_agent")
async def answer_async(question: str) -> str:
    """Answer a question without blocking."""
    messages = _opening(question)
    while (said := await model.chat_async(messages, _TOOLS)).get("tool_calls"):
        messages.append(said)
        for call in said["tool_calls"]:
            found = await search_help_async(**json.loads(call["function"]["arguments"]))
            messages.append(_result(call, found))
    return str(said["content"])


@spanlake.trace(span_type="AGENT", name="help_agent")
async def answer_stream(question: str) -> AsyncIterator[str]:
    """Answer a question word by word."""
    found = await search_help_async(question)
    pages = "\n".join(found)
    messages = [
        _SYSTEM,
        {"role": "user", "content": f"{question}\n\nFrom the help centre: {pages}"},
    ]
    async for words in model.chat_stream(messages):
        yield words


def _opening(question: str) -> list[model.Message]:
    return [_SYSTEM, {"role": "user", "content": question}]


def _result(call: model.Message, found: list[str]) -> model.Message:
    return {"role": "tool", "tool_call_id": call["id"], "content": "\n".join(found)}
