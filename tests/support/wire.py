"""A client of all three transports of OTLP that sends bytes and shows all of an answer."""

import gzip
import http
import http.client
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self, TypeVar

import grpc
from google.protobuf import json_format
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from spanlake.entities import Signal
from spanlake.otlp.json_encode import protobuf_to_json

PROTOBUF = "application/x-protobuf"
JSON = "application/json"

_RESPONSES: dict[Signal, type[Message]] = {
    Signal.TRACES: ExportTraceServiceResponse,
    Signal.LOGS: ExportLogsServiceResponse,
    Signal.METRICS: ExportMetricsServiceResponse,
}
_REJECTED = {
    Signal.TRACES: "rejected_spans",
    Signal.LOGS: "rejected_log_records",
    Signal.METRICS: "rejected_data_points",
}
METHODS = {
    Signal.TRACES: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    Signal.LOGS: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    Signal.METRICS: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
}
"""The gRPC method of each signal."""

_Detail = TypeVar("_Detail", RetryInfo, BadRequest)
_CODES = {code.value[0]: code for code in grpc.StatusCode}


class Transport(StrEnum):
    """The ways to send an export request."""

    GRPC = "grpc"
    PROTOBUF = "http/protobuf"
    JSON = "http/json"

    @property
    def media_type(self) -> str:
        """The Content-Type over HTTP."""
        return JSON if self is Transport.JSON else PROTOBUF

    def body_of(self, request: Message) -> bytes:
        """The request as this transport carries it."""
        return protobuf_to_json(request) if self is Transport.JSON else request.SerializeToString()


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer over HTTP. headers: names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def rpc_status(self) -> Status:
        """The body as a google.rpc.Status, in the encoding it says it is in."""
        status = Status()
        self.read(status)
        return status

    def read(self, message: Message) -> None:
        """Fill the message from the body, in the encoding it says it is in."""
        if self.headers["content-type"] == JSON:
            json_format.Parse(self.body, message)
        else:
            assert self.headers["content-type"] == PROTOBUF
            message.ParseFromString(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an exporter is told, in one shape for all transports.

    code: OK, or of the refusal; over HTTP it is the one in the body's google.rpc.Status.
    rejected, message: of the partial success. response: the bytes of the export response.
    status: the google.rpc.Status of a refusal; None when gRPC brings none beside its code.
    http: None over gRPC.
    """

    code: grpc.StatusCode
    rejected: int = 0
    message: str = ""
    response: bytes = b""
    status: Status | None = None
    http: HttpAnswer | None = None

    def detail(self, kind: type[_Detail]) -> _Detail | None:
        """The detail of this kind in the status."""
        for packed in self.status.details if self.status else ():
            detail: _Detail = kind()
            if packed.Unpack(detail):
                return detail
        return None


class Reachable(Protocol):
    """A server, or what stands in front of one. grpc: HOST:PORT."""

    @property
    def grpc(self) -> str:
        """Of OTLP/gRPC."""

    def connection(self) -> AbstractContextManager[http.client.HTTPConnection]:
        """An HTTP connection, closed at the end."""


class Client:
    """Sends to one server. Each HTTP request has a connection of its own."""

    def __init__(self, server: Reachable) -> None:
        self._server = server
        self._channel = grpc.insecure_channel(server.grpc)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._channel.close()

    def send(
        self,
        transport: Transport,
        signal: Signal,
        request: Message,
        *,
        gzipped: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Export a request. headers: further ones; over gRPC they are metadata."""
        body = transport.body_of(request)
        return self.send_bytes(transport, signal, body, gzipped=gzipped, headers=headers)

    def send_bytes(
        self,
        transport: Transport,
        signal: Signal,
        body: bytes,
        *,
        gzipped: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Export what may be no request at all."""
        further = dict(headers or {})
        if transport is Transport.GRPC:
            return self._call(signal, body, further, gzipped=gzipped)
        further["Content-Type"] = transport.media_type
        if gzipped:
            body = gzip.compress(body, 1)
            further["Content-Encoding"] = "gzip"
        answer = self.post(f"/v1/{signal}", body, further)
        if answer.status == http.HTTPStatus.OK:
            response = _RESPONSES[signal]()
            answer.read(response)
            return _accepted(signal, response, answer)
        status = answer.rpc_status()
        return Answer(_CODES[status.code], status=status, http=answer)

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        """Send one HTTP request as it is."""
        return self.request("POST", path, body, headers)

    def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> HttpAnswer:
        """Send one HTTP request of any method as it is."""
        with self._server.connection() as connection:
            connection.request(method, path, body, headers or {})
            return read_answer(connection.getresponse())

    def _call(
        self, signal: Signal, payload: bytes, metadata: Mapping[str, str], *, gzipped: bool
    ) -> Answer:
        compression = grpc.Compression.Gzip if gzipped else grpc.Compression.NoCompression
        export: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(
            METHODS[signal]
        )
        try:
            content = export(
                payload, timeout=30, metadata=tuple(metadata.items()), compression=compression
            )
        except grpc.RpcError as error:
            return _refused(error)
        response = _RESPONSES[signal]()
        response.ParseFromString(content)
        return _accepted(signal, response, None)


def read_answer(response: http.client.HTTPResponse) -> HttpAnswer:
    """Take an answer from its connection."""
    headers = {name.lower(): value for name, value in response.getheaders()}
    return HttpAnswer(response.status, headers, response.read())


def _accepted(signal: Signal, response: Message, answer: HttpAnswer | None) -> Answer:
    partial = response.partial_success  # type: ignore[attr-defined]  # each of the three has it
    return Answer(
        grpc.StatusCode.OK,
        rejected=getattr(partial, _REJECTED[signal]),
        message=partial.error_message,
        response=response.SerializeToString(),
        http=answer,
    )


def _refused(error: grpc.RpcError) -> Answer:
    assert isinstance(error, grpc.Call)
    details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    status = None if details is None else Status.FromString(details)
    assert status is None or _CODES[status.code] is error.code()
    return Answer(error.code(), message=error.details() or "", status=status)
