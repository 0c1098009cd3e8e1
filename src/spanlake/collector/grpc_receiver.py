"""OTLP over gRPC. Messages stay bytes: the pipeline decodes them, many at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import grpc
import grpc.aio

from spanlake.access.gate import Gate
from spanlake.access.policy import Policy
from spanlake.collector.answers import code_of, response_of, status_of
from spanlake.collector.intake import Intake
from spanlake.collector.tls import grpc_credentials
from spanlake.config import Endpoint, GrpcProtocol
from spanlake.entities import Receipt, Signal
from spanlake.entities.access import Permission
from spanlake.errors import RequestError

SERVICES = {
    Signal.TRACES: "opentelemetry.proto.collector.trace.v1.TraceService",
    Signal.LOGS: "opentelemetry.proto.collector.logs.v1.LogsService",
    Signal.METRICS: "opentelemetry.proto.collector.metrics.v1.MetricsService",
}
POLICIES = {
    f"/{service}/Export": Policy(Permission.INGEST, by_experiment=True)
    for service in SERVICES.values()
}
"""What each method asks of whoever calls it."""

EXPERIMENT_HEADER = "x-spanlake-experiment"
_STATUS_DETAILS = "grpc-status-details-bin"
_Context = grpc.aio.ServicerContext[bytes, bytes]


class GrpcReceiver:
    """Serves the export services of the signals that are switched on."""

    def __init__(self, intake: Intake, settings: GrpcProtocol, gate: Gate) -> None:
        self._intake = intake
        self._settings = settings
        self._gate = gate
        limit = settings.max_recv_msg_size_mib << 20
        self._server = grpc.aio.server(
            options=[
                ("grpc.max_receive_message_length", limit),
                ("grpc.max_concurrent_streams", settings.max_concurrent_streams),
                # Two servers that share a port by accident would share the spans, too.
                ("grpc.so_reuseport", 0),
            ]
        )
        self._server.add_generic_rpc_handlers(
            [
                grpc.method_handlers_generic_handler(
                    SERVICES[signal],
                    {"Export": grpc.unary_unary_rpc_method_handler(self._exporter(signal))},
                )
                for signal in intake.signals
            ]
        )

    async def start(self) -> Endpoint:
        """Listen; return where. OSError when the port cannot be had."""
        wanted = self._settings.endpoint
        try:
            tls = self._settings.tls
            if tls is None:
                port = self._server.add_insecure_port(str(wanted))
            else:
                port = self._server.add_secure_port(str(wanted), grpc_credentials(tls))
        except RuntimeError as error:
            raise OSError(str(error)) from None
        await self._server.start()
        return Endpoint(wanted.host, port)

    async def stop(self, grace: float) -> None:
        """Take no more calls, and give those that run `grace` seconds. Safe before start."""
        await self._server.stop(grace)

    def _exporter(self, signal: Signal) -> Callable[[bytes, _Context], Awaitable[bytes]]:
        path = f"/{SERVICES[signal]}/Export"
        policy = POLICIES[path]

        async def export(payload: bytes, context: _Context) -> bytes:
            metrics = self._intake.metrics
            try:
                metadata = context.invocation_metadata() or ()
                principal = self._gate.admit_call(metadata, context.peer(), policy, path)
                self._gate.take(principal, len(payload))
                # A client that goes away does not take its request out of memory.
                receipt = await asyncio.shield(
                    self._store(signal, payload, _experiment(metadata), principal.experiment)
                )
            except RequestError as error:
                code = code_of(error).grpc
                metrics.answered(signal, transport="grpc", answer=code.name)
                status = status_of(error)
                details = ((_STATUS_DETAILS, status.SerializeToString()),)
                await context.abort(code, status.message, trailing_metadata=details)
            metrics.answered(signal, transport="grpc", answer="OK")
            return response_of(signal, receipt).SerializeToString()

        return export

    async def _store(
        self, signal: Signal, payload: bytes, experiment: str | None, only: str | None
    ) -> Receipt:
        with self._intake.budget.reservation() as held:
            held.grow(len(payload))
            return await self._intake.store(signal, payload, experiment, only=only)


def _experiment(metadata: Iterable[tuple[str, str | bytes]]) -> str | None:
    for key, value in metadata:
        if key == EXPERIMENT_HEADER and isinstance(value, str):
            return value
    return None
