"""Outcomes in the words of OTLP: response messages, google.rpc.Status, HTTP and gRPC codes."""

from typing import NamedTuple

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import DecodeError, Message
from google.rpc.error_details_pb2 import BadRequest, RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from spanlake.entities import Receipt, Signal
from spanlake.errors import (
    ForbiddenError,
    MalformedError,
    OverloadedError,
    QuotaError,
    RequestError,
    SlowBodyError,
    TooLargeError,
    UnauthenticatedError,
    UnreadableError,
    UnsupportedMediaError,
)
from spanlake.otlp.json_encode import protobuf_to_json

# OTLP bounds a response to 4 MiB; a text this long has told enough.
_MAX_MESSAGE = 1000


class Code(NamedTuple):
    """One refusal in both protocols."""

    http: int
    grpc: grpc.StatusCode


_RESPONSES: dict[Signal, tuple[type[Message], str]] = {
    Signal.TRACES: (ExportTraceServiceResponse, "rejected_spans"),
    Signal.LOGS: (ExportLogsServiceResponse, "rejected_log_records"),
    Signal.METRICS: (ExportMetricsServiceResponse, "rejected_data_points"),
}
_CODES: dict[type[RequestError], Code] = {
    MalformedError: Code(400, grpc.StatusCode.INVALID_ARGUMENT),
    TooLargeError: Code(413, grpc.StatusCode.RESOURCE_EXHAUSTED),
    UnsupportedMediaError: Code(415, grpc.StatusCode.INVALID_ARGUMENT),
    SlowBodyError: Code(408, grpc.StatusCode.DEADLINE_EXCEEDED),
    UnauthenticatedError: Code(401, grpc.StatusCode.UNAUTHENTICATED),
    ForbiddenError: Code(403, grpc.StatusCode.PERMISSION_DENIED),
    QuotaError: Code(429, grpc.StatusCode.RESOURCE_EXHAUSTED),
    OverloadedError: Code(503, grpc.StatusCode.UNAVAILABLE),
    UnreadableError: Code(500, grpc.StatusCode.INTERNAL),
}


def code_of(error: RequestError) -> Code:
    """How a refused request is answered. Only 429 and 503 ask for another try."""
    return next(_CODES[kind] for kind in type(error).__mro__ if kind in _CODES)


def status_of(error: RequestError) -> Status:
    """The google.rpc.Status of a refused request, with the details OTLP gives a meaning to."""
    status = status_message(code_of(error).grpc, str(error))
    if isinstance(error, OverloadedError):
        seconds, rest = divmod(error.retry_after, 1)
        delay = Duration(seconds=int(seconds), nanos=int(rest * 1e9))
        status.details.add().Pack(RetryInfo(retry_delay=delay))
    if isinstance(error, MalformedError):
        violation = BadRequest.FieldViolation(description=str(error)[:_MAX_MESSAGE])
        status.details.add().Pack(BadRequest(field_violations=[violation]))
    return status


def status_message(code: grpc.StatusCode, message: str) -> Status:
    """A google.rpc.Status."""
    number: int = code.value[0]
    return Status(code=number, message=message[:_MAX_MESSAGE])


def status_json(status: Status) -> bytes:
    """A google.rpc.Status as JSON."""
    return MessageToJson(status, indent=None).encode()


def response_of(signal: Signal, receipt: Receipt) -> Message:
    """The export response: empty on full success, otherwise what was rejected and why."""
    response_type, rejected = _RESPONSES[signal]
    response = response_type()
    if receipt.rejected or receipt.reason:
        # Three messages of one shape that have no common type.
        partial_success = getattr(response, "partial_success")  # noqa: B009
        setattr(partial_success, rejected, receipt.rejected)
        partial_success.error_message = receipt.reason[:_MAX_MESSAGE]
    return response


def rejected_in(signal: Signal, response: bytes) -> int:
    """How many items an export response of another server rejects; what is none rejects none."""
    response_type, rejected = _RESPONSES[signal]
    message = response_type()
    try:
        message.ParseFromString(response)
    except DecodeError:
        return 0
    partial_success = getattr(message, "partial_success")  # noqa: B009  # as above
    return int(getattr(partial_success, rejected))


def response_json(response: Message) -> bytes:
    """An export response as OTLP/JSON."""
    return protobuf_to_json(response)
