"""OpenTelemetry's exporters of OTLP/gRPC, over a stub that writes down every answer."""

from collections.abc import Callable, Mapping
from typing import Any

import grpc

from spanlake.instrumentation.attempts import MAX_REASON, Attempt, Attempts, Exporter, rejected
from spanlake.instrumentation.environment import Signal
from spanlake.otlp import retryable


class _Heard:
    """A stub of gRPC whose answers are written down."""

    def __init__(self, stub: Any, attempts: Attempts) -> None:  # noqa: ANN401  # generated
        self._stub = stub
        self._attempts = attempts

    def Export(self, **request: Any) -> Any:  # noqa: ANN401, N802  # as the stub has it
        try:
            response = self._stub.Export(**request)
        except grpc.RpcError as error:
            code, details = error.code(), error.details()
            reason = f"gRPC {code.name}: {details}"[:MAX_REASON]
            nobody = code is grpc.StatusCode.UNAVAILABLE
            self._attempts.last = Attempt(code.name in retryable.CODES, reason, nobody=nobody)
            raise
        count, message = rejected(response)
        self._attempts.last = Attempt(False, message, rejected=count)
        return response


def grpc_exporter(
    signal: Signal, endpoint: str | None, headers: Mapping[str, str] | None, attempts: Attempts
) -> Exporter[Any]:
    """The exporter of OTLP/gRPC. endpoint: http://HOST:PORT, or https:// for TLS."""
    # gRPC's metadata is lower case.
    metadata = None if headers is None else {key.lower(): value for key, value in headers.items()}
    if signal == "traces":
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        return _listening(OTLPSpanExporter, attempts)(endpoint, headers=metadata)
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter

    return _listening(OTLPLogExporter, attempts)(endpoint, headers=metadata)


def _listening(exporter: type[Any], attempts: Attempts) -> Callable[..., Exporter[Any]]:
    """The exporter's class, which makes its stub anew whenever it connects again."""

    def initialize(self: Any) -> None:  # noqa: ANN401  # an exporter of that class
        exporter._initialize_channel_and_stub(self)  # noqa: SLF001  # there is no hook for this
        self._client = _Heard(self._client, attempts)

    return type(exporter.__name__, (exporter,), {"_initialize_channel_and_stub": initialize})
