"""A receiver of OTLP/HTTP that keeps every request as it came."""

import gzip
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from spanlake.entities import Signal


class OtlpRecorder:
    """The receiver on a free port, from entering the context until leaving it.

    requests: signal and protobuf of each, in the order of their arrival. is_away: set it to have
    everything refused for now, and kept nowhere.
    """

    def __init__(self) -> None:
        self.requests: list[tuple[Signal, bytes]] = []
        self.is_away = False
        handler = type("Handler", (_Handler,), {"recorder": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        """Where it is, without the path of a signal."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    recorder: OtlpRecorder

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        if self.recorder.is_away:
            self.send_response(HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            self.recorder.requests.append((Signal(self.path.removeprefix("/v1/")), body))
            self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # so it is inherited
        """Say nothing."""
