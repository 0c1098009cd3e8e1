"""The server: on loopback, on a free port, in threads of the program's own."""

import itertools
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType, TracebackType
from typing import Self

import orjson
from pydantic import ValidationError

from spanlake.evaluation.models.double import anthropic_wire, openai_wire
from spanlake.evaluation.models.double.wire import WireError
from spanlake.evaluation.models.message import ChatRequest
from spanlake.evaluation.models.offline import error_body
from spanlake.evaluation.models.overlap import overlap
from spanlake.evaluation.models.script import Breakage, Fault, Said, Script, as_said, as_script

_BACKLOG = 1024
_FLOOD = b'{"id": "' + b"x" * (1 << 16)
_FLOOD_CHUNKS = 4096


@dataclass(frozen=True, slots=True)
class ServedRequest:
    """A request that came. path, key: where to, and the API key it carried."""

    path: str
    key: str | None
    model: str
    request: ChatRequest


class ModelServer:
    """Answers OpenAI's chat completions and Anthropic's messages as a script says.

    From entering the context until leaving it, on `url`. Requests are checked as the provider
    checks them. script: a function of a ChatRequest, one answer, or several in their order;
    without one it compares words.

        with ModelServer({"rationale": "as expected", "verdict": "yes"}) as server:
            judge = Correctness(model=server.model("judge"))
    """

    def __init__(self, script: Script | Said | Iterable[Said] = overlap) -> None:
        self.script = as_script(script)
        self.served: list[ServedRequest] = []
        self.numbers = itertools.count(1)
        self._http = _Server(self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        """Where it listens; Anthropic's base URL."""
        host, port = self._http.server_address[:2]
        return f"http://{host!s}:{port}"

    @property
    def openai_url(self) -> str:
        """OpenAI's base URL."""
        return f"{self.url}/v1"

    def model(self, model: str = "double") -> str:
        """Return the name under which judges find a model here; any model is served."""
        return f"{self.openai_url}#{model}"

    @property
    def requests(self) -> list[ChatRequest]:
        """What it was asked, in the order it came."""
        return [each.request for each in self.served]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a script may be told to hang
    request_queue_size = _BACKLOG

    def __init__(self, owner: ModelServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.owner = owner

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that went away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    # A small reply is two writes, and the second must not wait for the first to be acknowledged.
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # so it is inherited
        """Say nothing: the output is the user's."""

    def do_POST(self) -> None:
        wire, key = self._protocol()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if wire is None:
            self._send_fault(Fault(HTTPStatus.NOT_FOUND, f"there is no {self.path}"))
            return
        try:
            model, request = wire.read_request(body)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            self._send_fault(Fault(400, f"{where}: {first['msg']}", parameter=where or None))
            return
        except WireError as error:
            self._send_fault(Fault(400, str(error), parameter=error.parameter))
            return
        owner = self.server.owner
        owner.served.append(ServedRequest(self.path, key, model, request))
        said = as_said(owner.script(request))
        time.sleep(said.delay)
        if isinstance(said, Fault):
            self._send_fault(said)
            return
        reply = said.reply(request, model, next(owner.numbers))
        self._send(HTTPStatus.OK, orjson.dumps(wire.write_reply(reply)))

    def _protocol(self) -> tuple[ModuleType | None, str | None]:
        """Which protocol a request speaks, and the key it carries."""
        if self.path.endswith(openai_wire.PATH):
            bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
            return openai_wire, bearer or self.headers.get("api-key")
        if self.path == anthropic_wire.PATH and self.headers.get("anthropic-version"):
            return anthropic_wire, self.headers.get("x-api-key")
        return None, None

    def _send_fault(self, fault: Fault) -> None:
        match fault.breakage:
            case None:
                headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
                self._send(fault.status, error_body(fault), headers)
            case Breakage.CLOSED:
                self.close_connection = True
            case Breakage.CUT_OFF:
                self._send(HTTPStatus.OK, b'{"id": "half', length=1000)
                self.close_connection = True
            case Breakage.NO_JSON:
                self._send(HTTPStatus.OK, b"<html>502 Bad Gateway</html>")
            case Breakage.FLOOD:
                self._send(HTTPStatus.OK, _FLOOD, length=_FLOOD_CHUNKS * len(_FLOOD))
                for _ in range(_FLOOD_CHUNKS - 1):
                    self.wfile.write(_FLOOD)

    def _send(
        self,
        status: int,
        body: bytes,
        headers: dict[str, float | str] | None = None,
        length: int | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in (headers or {}).items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
