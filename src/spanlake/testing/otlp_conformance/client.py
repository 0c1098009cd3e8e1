"""A client of all three transports that sends any bytes and shows all of an answer."""

import gzip
import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Self, TypeVar

import grpc
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from google.rpc.error_details_pb2 import BadRequest, RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from spanlake.entities import Signal
from spanlake.otlp import retryable
from spanlake.otlp.json_encode import protobuf_to_json
from spanlake.testing.otlp_conformance.endpoint import Endpoint
from spanlake.testing.otlp_conformance.statement import Transport

_RESPONSES: dict[Signal, tuple[type[Message], str]] = {
    Signal.TRACES: (ExportTraceServiceResponse, "rejected_spans"),
    Signal.LOGS: (ExportLogsServiceResponse, "rejected_log_records"),
    Signal.METRICS: (ExportMetricsServiceResponse, "rejected_data_points"),
}
METHODS = {
    Signal.TRACES: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    Signal.LOGS: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    Signal.METRICS: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
}
"""The gRPC method of each signal."""

_TIMEOUT_SECONDS = 60
_Detail = TypeVar("_Detail", RetryInfo, BadRequest)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer over HTTP. headers: names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The media type without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def fills(self, message: Message, media_type: str) -> bool:
        """Fill the message from the body in this encoding; whether that was possible."""
        try:
            if media_type == Transport.JSON.media_type:
                json_format.Parse(self.body, message)
            else:
                message.ParseFromString(self.body)
        except (json_format.ParseError, DecodeError, UnicodeDecodeError, RecursionError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Answer:
    """What an exporter is told, in one shape for all transports.

    rejected, message: of the partial success. response: the export response in protobuf.
    is_readable: False when the answer to a success is no export response.
    status: the google.rpc.Status of a refusal, where one came. code: of gRPC. http: of HTTP.
    """

    accepted: bool
    rejected: int = 0
    message: str = ""
    response: bytes = b""
    is_readable: bool = True
    status: Status | None = None
    code: grpc.StatusCode | None = None
    http: HttpAnswer | None = None

    def __str__(self) -> str:
        if self.http is not None:
            return f"HTTP {self.http.status} {self.http.body[:80]!r}"
        name = self.code.name if self.code is not None else "no code"
        return f"{name} {self.message[:80]!r}"

    @property
    def asks_for_retry(self) -> bool:
        """Whether an exporter would send the same again."""
        if self.http is not None:
            return self.http.status in retryable.STATUSES
        if self.code is grpc.StatusCode.RESOURCE_EXHAUSTED:
            return self.detail(RetryInfo) is not None
        return self.code is not None and self.code.name in retryable.CODES

    def is_refusal(self, http_code: int, code: grpc.StatusCode) -> bool:
        """Whether it is the refusal with this code, of whichever protocol it came by."""
        return self.code is code if self.http is None else self.http.status == http_code

    def detail(self, kind: type[_Detail]) -> _Detail | None:
        """The detail of this kind in the status."""
        for packed in self.status.details if self.status else ():
            detail: _Detail = kind()
            if packed.Unpack(detail):
                return detail
        return None


class Client:
    """Sends to one endpoint. Each HTTP request has a connection of its own."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._channel = endpoint.channel() if endpoint.grpc is not None else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._channel is not None:
            self._channel.close()

    def send(
        self,
        transport: Transport,
        request: Message | bytes,
        *,
        signal: Signal = Signal.TRACES,
        gzipped: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Export a request, or bytes that may be none. headers: in place of the endpoint's."""
        given = self._endpoint.headers if headers is None else headers
        body = request if isinstance(request, bytes) else body_of(transport, request)
        if transport is Transport.GRPC:
            return self._call(signal, body, given, gzipped=gzipped)
        fields = {**given, "Content-Type": transport.media_type}
        if gzipped:
            body = gzip.compress(body, 1)
            fields["Content-Encoding"] = "gzip"
        return self.post(signal, transport, body, fields)

    def post(
        self, signal: Signal, transport: Transport, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        """Send an export request over HTTP with these headers and no others."""
        answer = self.request("POST", f"/v1/{signal}", body, headers)
        if answer.status == HTTPStatus.OK:
            return _accepted(signal, answer)
        status = Status()
        is_status = answer.fills(status, answer.media_type or transport.media_type)
        return Answer(
            accepted=False,
            message=status.message if is_status else "",
            status=status if is_status else None,
            http=answer,
        )

    def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> HttpAnswer:
        """Send one HTTP request of any method as it is."""
        connection = self._endpoint.connection(timeout=_TIMEOUT_SECONDS)
        try:
            connection.request(method, self._endpoint.path(path), body, dict(headers or {}))
            return read_answer(connection.getresponse())
        finally:
            connection.close()

    def _call(
        self, signal: Signal, payload: bytes, metadata: Mapping[str, str], *, gzipped: bool
    ) -> Answer:
        if self._channel is None:
            raise ValueError("the endpoint has no gRPC")
        export: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(
            METHODS[signal]
        )
        compression = grpc.Compression.Gzip if gzipped else grpc.Compression.NoCompression
        fields = tuple((name.lower(), value) for name, value in metadata.items())
        try:
            content = export(
                payload, timeout=_TIMEOUT_SECONDS, metadata=fields, compression=compression
            )
        except grpc.RpcError as error:
            return _refused(error)
        return _read(signal, content, None, grpc.StatusCode.OK)


def body_of(transport: Transport, request: Message) -> bytes:
    """A request as this transport carries it."""
    if transport is Transport.JSON:
        return protobuf_to_json(request)
    return request.SerializeToString()


def read_answer(response: http.client.HTTPResponse) -> HttpAnswer:
    """Take an answer from its connection."""
    headers = {name.lower(): value for name, value in response.getheaders()}
    return HttpAnswer(response.status, headers, response.read())


def _accepted(signal: Signal, answer: HttpAnswer) -> Answer:
    response = _RESPONSES[signal][0]()
    if not answer.fills(response, answer.media_type):
        return Answer(accepted=True, is_readable=False, http=answer)
    return _read(signal, response.SerializeToString(), answer, None)


def _read(
    signal: Signal, content: bytes, answer: HttpAnswer | None, code: grpc.StatusCode | None
) -> Answer:
    message_type, rejected = _RESPONSES[signal]
    response = message_type.FromString(content)
    partial = getattr(response, "partial_success")  # noqa: B009  # each of the three has it
    return Answer(
        accepted=True,
        rejected=getattr(partial, rejected),
        message=partial.error_message,
        response=content,
        http=answer,
        code=code,
    )


def _refused(error: grpc.RpcError) -> Answer:
    if not isinstance(error, grpc.Call):
        raise TypeError(f"gRPC failed without a code: {error}") from error
    details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    status = Status.FromString(details) if isinstance(details, bytes) else None
    return Answer(accepted=False, message=error.details() or "", status=status, code=error.code())
