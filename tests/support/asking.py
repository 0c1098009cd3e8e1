"""Requests to doubles of models, through the real adapters over loopback."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from spanlake.evaluation.models.message import ChatMessage, ChatRequest, Role
from spanlake.evaluation.models.port import ModelPort
from spanlake.evaluation.models.reply import ChatReply
from spanlake.evaluation.models.retry import RetryPolicy
from spanlake.testing import ModelServer

T = TypeVar("T")
QUICK = RetryPolicy(patience=20.0, attempts=3, first_wait=0.01, longest_wait=0.05)
PROTOCOLS = ("openai", "anthropic")


def request(text: str = "hello", **changes: Any) -> ChatRequest:  # noqa: ANN401  # of any field
    """A request with one message of the user."""
    return ChatRequest(messages=(ChatMessage(Role.USER, text),), **changes)


def model_of(server: ModelServer, protocol: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a model of the server in a protocol, as the environment has users set it up."""
    if protocol == "anthropic":
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "secret-a")
        return "anthropic:/claude-sonnet-4-5"
    monkeypatch.setenv("OPENAI_BASE_URL", server.openai_url)
    monkeypatch.setenv("OPENAI_API_KEY", "secret-o")
    return "openai:/gpt-4o-mini"


def with_port(port: ModelPort, use: Callable[[ModelPort], Awaitable[T]]) -> T:
    """Use a port in an event loop of its own, and close it."""

    async def run() -> T:
        try:
            return await use(port)
        finally:
            await port.aclose()

    return asyncio.run(run())


def complete(port: ModelPort, model: str, asked: ChatRequest) -> ChatReply:
    """One reply."""
    return with_port(port, lambda port: port.model(model).complete(asked))
