"""The conformance suite's client on our own servers, whose every answer has to be readable."""

from collections.abc import Mapping
from dataclasses import replace
from types import TracebackType
from typing import Protocol, Self

import grpc
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status

from spanlake.entities import Signal
from spanlake.testing.otlp_conformance import client, endpoint
from spanlake.testing.otlp_conformance.client import METHODS, Answer, HttpAnswer, body_of
from spanlake.testing.otlp_conformance.statement import Transport

__all__ = [
    "JSON",
    "METHODS",
    "PROTOBUF",
    "Answer",
    "Client",
    "HttpAnswer",
    "Transport",
    "body_of",
]

PROTOBUF, JSON = Transport.PROTOBUF.media_type, Transport.JSON.media_type
_CODES = {code.value[0]: code for code in grpc.StatusCode}


class Reachable(Protocol):
    """A server, or what stands in front of one."""

    @property
    def endpoint(self) -> endpoint.Endpoint:
        """Where it listens."""


class Client:
    """Sends to one server. The code of each answer over HTTP is that of its google.rpc.Status."""

    def __init__(self, server: Reachable) -> None:
        self._client = client.Client(server.endpoint)

    def __enter__(self) -> Self:
        self._client.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._client.__exit__(kind, error, traceback)

    def send(
        self,
        transport: Transport,
        signal: Signal,
        request: Message | bytes,
        *,
        gzipped: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Export a request, or bytes that may be none. headers: over gRPC they are metadata."""
        answer = self._client.send(
            transport, request, signal=signal, gzipped=gzipped, headers=headers
        )
        assert answer.is_readable, answer
        if answer.http is None:
            assert answer.status is None or _CODES[answer.status.code] is answer.code, answer
            return answer
        assert answer.http.headers["content-type"] in {PROTOBUF, JSON}, answer
        if answer.accepted:
            return replace(answer, code=grpc.StatusCode.OK)
        assert answer.status is not None, answer
        return replace(answer, code=_CODES[answer.status.code])

    def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> HttpAnswer:
        """Send one HTTP request of any method as it is."""
        return self._client.request(method, path, body, headers)


def read(answer: HttpAnswer, message: Message) -> None:
    """Fill a message from a body, in the encoding it says it is in."""
    assert answer.headers["content-type"] in {PROTOBUF, JSON}, answer
    assert answer.fills(message, answer.media_type), answer


def rpc_status(answer: HttpAnswer) -> Status:
    """The body as a google.rpc.Status."""
    status = Status()
    read(answer, status)
    return status
