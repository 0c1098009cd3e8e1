"""OpenTelemetry's exporters of OTLP/HTTP, over a session that writes down every answer."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import requests
from google.protobuf.message import DecodeError
from google.rpc.status_pb2 import Status

from spanlake.instrumentation.attempts import MAX_REASON, Attempt, Attempts, Exporter, rejected
from spanlake.instrumentation.environment import Signal
from spanlake.otlp import retryable

_RETRYABLE = retryable.STATUSES | {HTTPStatus.REQUEST_TIMEOUT}


def http_exporter(
    signal: Signal, endpoint: str | None, headers: Mapping[str, str] | None, attempts: Attempts
) -> Exporter[Any]:
    """The exporter of OTLP/HTTP. endpoint: of the collector, without the path of a signal."""

    class Session(requests.Session):
        def request(self, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401
            try:
                response = super().request(*args, **kwargs)
            except Exception as error:
                attempts.last = Attempt(True, _of_exception(error), nobody=_is_nobody(error))
                raise
            attempts.last = _of_response(response, signal)
            return response

    url = None if endpoint is None else f"{endpoint}/v1/{signal}"
    if signal == "traces":
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        return OTLPSpanExporter(url, headers=headers, session=Session())
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter

    return OTLPLogExporter(url, headers=headers, session=Session())


def _is_nobody(error: Exception) -> bool:
    return isinstance(error, requests.ConnectionError)


def _of_exception(error: BaseException) -> str:
    """The innermost cause, which says it shortest: [Errno 111] Connection refused."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return f"{type(error).__name__}: {error}"[:MAX_REASON]


def _of_response(response: Any, signal: Signal) -> Attempt:  # noqa: ANN401  # requests has no types here
    status, said = response.status_code, response.content or b""
    if status < HTTPStatus.BAD_REQUEST:
        count, message = _partial_success(signal, said)
        return Attempt(False, message, rejected=count)
    message = f"HTTP {status} {_status_message(said) or response.reason}"[:MAX_REASON]
    return Attempt(status in _RETRYABLE, message)


def _status_message(body: bytes) -> str:
    try:
        message: str = Status.FromString(body).message
    except DecodeError:
        return body.decode("utf-8", "replace").strip()
    return message


def _partial_success(signal: Signal, body: bytes) -> tuple[int, str]:
    try:
        return rejected(_response_type(signal).FromString(body))
    except DecodeError:  # a proxy's page
        return 0, ""


def _response_type(signal: Signal) -> Any:  # noqa: ANN401  # a class of protobuf
    if signal == "traces":
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
            ExportTraceServiceResponse,
        )

        return ExportTraceServiceResponse
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

    return ExportLogsServiceResponse
