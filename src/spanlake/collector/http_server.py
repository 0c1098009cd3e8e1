"""The HTTP server: uvicorn inside our event loop."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Generator, Sequence
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from spanlake import log
from spanlake.access.routes import check_guarded
from spanlake.collector import http_answer
from spanlake.collector.http_protocol import bounded_protocol
from spanlake.collector.tls import http_context
from spanlake.config import Endpoint, HttpProtocol

_log = log.get(__name__)
_BACKLOG = 512
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class HttpServer:
    """Serves routes on one endpoint, until told to stop."""

    def __init__(
        self, settings: HttpProtocol, routes: Sequence[BaseRoute], middleware: Sequence[Middleware]
    ) -> None:
        self._settings = settings
        check_guarded(routes)
        config = uvicorn.Config(
            Starlette(
                routes=routes,
                middleware=middleware,
                exception_handlers={
                    404: http_answer.unrouted,
                    405: http_answer.unrouted,
                    500: http_answer.server_error,
                },
            ),
            http=bounded_protocol(settings.read_timeout),
            ws="none",
            lifespan="off",
            access_log=False,
            proxy_headers=False,
            log_config=None,
            server_header=False,
            backlog=_BACKLOG,
            timeout_keep_alive=round(settings.idle_timeout),
        )
        if settings.tls is not None:
            context = http_context(settings.tls)
            config.ssl_context_factory = lambda _, __: context
        self._server = _Server(config)
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> Endpoint:
        """Listen; return where. OSError when the port cannot be had."""
        listener = _listen(self._settings.endpoint)
        asyncio.get_running_loop().set_exception_handler(_ExhaustionReporter())
        self._serving = asyncio.create_task(self._server.serve([listener]))
        while not self._server.started:
            if self._serving.done():
                await self._serving
            await asyncio.sleep(0.005)
        host, port = listener.getsockname()[:2]
        return Endpoint(host, port)

    async def stop(self, grace: float) -> None:
        """Take no more requests, and give clients `grace` seconds to finish. Safe before start."""
        if self._serving is None:
            return
        self._server.should_exit = True
        done, _ = await asyncio.wait([self._serving], timeout=grace)
        if not done:
            self._server.hang_up()
        await self._serving


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Signals are the service's to handle."""
        yield

    def hang_up(self) -> None:
        """Close every connection; a request that was still coming ends as if its client had."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()


class _ExhaustionReporter:
    """Says once a second that no connection can be taken, which asyncio says `_BACKLOG` times."""

    def __init__(self) -> None:
        self._quiet_until = 0.0

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not isinstance(error, OSError) or error.errno not in _EXHAUSTED:
            loop.default_exception_handler(context)
        elif loop.time() >= self._quiet_until:
            self._quiet_until = loop.time() + 1.0
            _log.error("collector.cannot_accept", reason=error.strerror)


def _listen(endpoint: Endpoint) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        endpoint.host, endpoint.port, type=socket.SOCK_STREAM
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
