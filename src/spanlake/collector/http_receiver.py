"""OTLP over HTTP: `POST /v1/traces`, `/v1/logs`, `/v1/metrics`, in protobuf or JSON."""

from dataclasses import replace

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from spanlake.access.cross_site import check_origin
from spanlake.access.gate import AUTHORIZATION, KEY_HEADER, Gate
from spanlake.access.policy import Policy
from spanlake.access.principal import principal_of
from spanlake.access.routes import GuardedRoute
from spanlake.collector import http_answer
from spanlake.collector.grpc_receiver import EXPERIMENT_HEADER
from spanlake.collector.http_request import read_payload
from spanlake.collector.intake import Intake
from spanlake.config import HttpProtocol
from spanlake.entities import Signal
from spanlake.entities.access import Permission
from spanlake.errors import RequestError

_CLIENT_GONE = 499  # nobody reads this answer; the number is what proxies log


class HttpReceiver:
    """The routes that take in the signals that are switched on."""

    def __init__(self, intake: Intake, settings: HttpProtocol, gate: Gate) -> None:
        self._intake = intake
        self._settings = settings
        self._gate = gate

    def routes(self) -> list[GuardedRoute]:
        """A route a signal, those that are switched off included."""
        return [self._route(signal) for signal in Signal]

    def middleware(self) -> list[Middleware]:
        """Cross-origin access, when origins are listed."""
        origins = self._settings.cors.allowed_origins
        if not origins:
            return []
        return [
            Middleware(
                CORSMiddleware,
                allow_origins=list(origins),
                allow_methods=["POST"],
                allow_headers=[
                    "content-type",
                    "content-encoding",
                    EXPERIMENT_HEADER,
                    AUTHORIZATION,
                    KEY_HEADER,
                ],
            )
        ]

    def _route(self, signal: Signal) -> GuardedRoute:
        def answered(response: Response) -> Response:
            self._intake.metrics.answered(
                signal, transport="http", answer=str(response.status_code)
            )
            return response

        async def export(request: Request) -> Response:
            return answered(await self._export(signal, request))

        def refused(request: Request, error: RequestError) -> Response:
            return answered(http_answer.failure(request, error))

        return GuardedRoute(
            f"/v1/{signal}",
            export,
            gate=self._gate,
            policies={"POST": Policy(Permission.INGEST, by_experiment=True)},
            refused=refused,
        )

    async def _export(self, signal: Signal, request: Request) -> Response:
        if signal not in self._intake.signals:
            message = f"no pipeline takes {signal}; add one to service.pipelines"
            return http_answer.not_found(request, message)
        try:
            check_origin(request, self._settings.cors.allowed_origins)
            with self._intake.budget.reservation() as held:
                payload = await read_payload(
                    request,
                    signal,
                    held=held,
                    limit=self._settings.max_request_body_size,
                    timeout=self._settings.read_timeout,
                )
                principal = principal_of(request)
                self._gate.take(principal, len(payload.protobuf))
                receipt = await self._intake.store(
                    signal,
                    payload.protobuf,
                    request.headers.get(EXPERIMENT_HEADER),
                    only=principal.experiment,
                )
        except RequestError as error:
            return http_answer.failure(request, error)
        except ClientDisconnect:
            return Response(status_code=_CLIENT_GONE)
        receipt = replace(receipt, reason=receipt.reason or payload.warning)
        return http_answer.success(request, signal, receipt)
