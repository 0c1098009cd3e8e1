"""A TCP proxy in front of a server whose connections come to grief, each as a seed decides."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from random import Random

from chance import chance
from server import RunningServer

from spanlake.testing.otlp_conformance.endpoint import Endpoint

_RESET = struct.pack("ii", 1, 0)
_PIECE = 4096
_SLOW_PIECE, _SLOW_SECONDS = 200, 0.002
_HALF_OPEN_SECONDS = 0.5


class Mishap(Enum):
    """What becomes of a connection after some bytes.

    LOST_ANSWER is the cruel one: the server has stored the request, and nobody is told.
    """

    NONE = "none"
    RESET = "reset"
    LOST_ANSWER = "the answer is lost"
    HALF_OPEN = "half open"
    SLOW = "slow"


class Proxy:
    """Listens on loopback in front of one address. mishaps: how many connections had one."""

    def __init__(self, target: tuple[str, int], seed: int | str) -> None:
        self._target = target
        self._source = chance(seed)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._threads: list[threading.Thread] = []
        self._is_over = threading.Event()
        self.mishaps = 0
        self.address: tuple[str, int] = self._listener.getsockname()[:2]

    def serve(self) -> None:
        """Take connections until stopped, and carry those on that there are."""
        self._listener.settimeout(0.1)
        with self._listener:
            self._take()
        for thread in self._threads:
            thread.join()

    def _take(self) -> None:
        while not self._is_over.is_set():
            with contextlib.suppress(TimeoutError):
                client, _ = self._listener.accept()
                client.settimeout(None)
                mishap = self._source.choice(list(Mishap))
                self.mishaps += mishap is not Mishap.NONE
                own = Random(self._source.getrandbits(64))  # noqa: S311  # to be repeated
                thread = threading.Thread(target=self._carry, args=(client, mishap, own))
                thread.start()
                self._threads.append(thread)

    def stop(self) -> None:
        """Take no more connections, and give up those that wait."""
        self._is_over.set()

    def _carry(self, client: socket.socket, mishap: Mishap, source: Random) -> None:
        with contextlib.closing(client):
            try:
                server = socket.create_connection(self._target, timeout=5)
            except OSError:
                return
            server.settimeout(None)
            with contextlib.closing(server):
                # Where the mishap comes: somewhere in the first few requests.
                left = source.choice((0, 50, 500, 5_000, 50_000))
                back = threading.Thread(target=self._back, args=(server, client, mishap, left))
                back.start()
                self._forth(client, server, mishap, left)
                back.join()

    def _forth(
        self, client: socket.socket, server: socket.socket, mishap: Mishap, left: int
    ) -> None:
        with contextlib.suppress(OSError):
            while piece := client.recv(_SLOW_PIECE if mishap is Mishap.SLOW else _PIECE):
                if mishap is Mishap.SLOW:
                    time.sleep(_SLOW_SECONDS)
                left -= len(piece)
                if mishap is Mishap.RESET and left < 0:
                    _reset(client, server)
                    return
                if mishap is Mishap.HALF_OPEN and left < 0:
                    # Nothing more comes, and nobody says so, for a while.
                    self._is_over.wait(_HALF_OPEN_SECONDS)
                    _reset(client, server)
                    return
                server.sendall(piece)
            server.shutdown(socket.SHUT_WR)

    def _back(
        self, server: socket.socket, client: socket.socket, mishap: Mishap, left: int
    ) -> None:
        with contextlib.suppress(OSError):
            while piece := server.recv(_PIECE):
                left -= len(piece)
                if mishap is Mishap.LOST_ANSWER and left < 0:
                    _reset(client, server)
                    return
                client.sendall(piece)
            client.shutdown(socket.SHUT_WR)


def _reset(*connections: socket.socket) -> None:
    for connection in connections:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            # The other thread may wait in recv, which close alone does not end.
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()


class Proxied:
    """A server as its clients reach it, through a proxy for each protocol."""

    def __init__(self, grpc: Proxy, http: Proxy) -> None:
        self._http = http
        self._grpc = grpc
        self.endpoint = Endpoint(
            grpc=f"127.0.0.1:{grpc.address[1]}", http=f"http://127.0.0.1:{http.address[1]}"
        )

    @property
    def mishaps(self) -> int:
        """How many connections came to grief."""
        return self._http.mishaps + self._grpc.mishaps


@contextmanager
def proxied(server: RunningServer, seed: int) -> Iterator[Proxied]:
    """A server through proxies."""
    with _proxy(server.grpc, f"grpc {seed}") as grpc, _proxy(server.http, f"http {seed}") as http:
        yield Proxied(grpc, http)


@contextmanager
def _proxy(target: str, seed: str) -> Iterator[Proxy]:
    host, _, port = target.rpartition(":")
    proxy = Proxy((host, int(port)), seed)
    thread = threading.Thread(target=proxy.serve)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.stop()
        thread.join()
