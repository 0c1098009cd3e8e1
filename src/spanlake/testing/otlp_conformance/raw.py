"""HTTP spoken byte by byte, for what no HTTP library would send."""

import contextlib
import http.client
import itertools
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from spanlake.testing.otlp_conformance.client import HttpAnswer, read_answer
from spanlake.testing.otlp_conformance.endpoint import Endpoint

_ANSWER_SECONDS = 30
_DRIP_SECONDS = 0.1
_RESET = b"\1\0\0\0\0\0\0\0"  # linger, for no time at all


class RawConnection:
    """A connection to an endpoint's HTTP port."""

    def __init__(self, endpoint: Endpoint, connected: socket.socket) -> None:
        self._endpoint = endpoint
        self._socket = connected

    def head(self, *fields: str) -> bytes:
        """The head of an export of spans, with the endpoint's own headers and these fields."""
        host, port = self._endpoint.address
        first = f"POST {self._endpoint.path('/v1/traces')} HTTP/1.1"
        own = [f"{name}: {value}" for name, value in self._endpoint.headers.items()]
        return "\r\n".join([first, f"Host: {host}:{port}", *own, *fields, "", ""]).encode()

    def send(self, *pieces: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(b"".join(pieces))

    def answer(self, *, timeout: float = _ANSWER_SECONDS) -> HttpAnswer:
        """Read one answer. TimeoutError or ConnectionError when none comes."""
        self._socket.settimeout(timeout)
        response = http.client.HTTPResponse(self._socket)
        response.begin()
        return read_answer(response)

    def interim(self) -> bytes:
        """Read the head of an answer that is to be followed by another."""
        self._socket.settimeout(_ANSWER_SECONDS)
        read = b""
        while not read.endswith(b"\r\n\r\n") and (byte := self._socket.recv(1)):
            read += byte
        return read

    def is_closed_within(self, seconds: float, *, dripping: bytes = b"") -> bool:
        """Whether the server hangs up in this time, though a byte of the drip comes all along."""
        drip = itertools.cycle(dripping)
        deadline = time.monotonic() + seconds
        self._socket.settimeout(_DRIP_SECONDS)
        try:
            while time.monotonic() < deadline:
                if dripping:
                    self._socket.send(bytes([next(drip)]))
                with contextlib.suppress(TimeoutError):
                    if not self._socket.recv(65536):
                        return True
        except ConnectionError:
            return True
        return False

    def end(self) -> None:
        """Say that nothing more will come."""
        self._socket.shutdown(socket.SHUT_WR)

    def break_off(self) -> None:
        """Hang up as a crash would, with a reset."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._socket.close()


@contextmanager
def raw_connection(endpoint: Endpoint) -> Iterator[RawConnection]:
    """Connect, and hang up at the end."""
    with contextlib.closing(endpoint.socket()) as connected:
        yield RawConnection(endpoint, connected)


def chunk(data: bytes) -> bytes:
    """One chunk of a body in chunks; the empty one is its end."""
    return b"%x\r\n%b\r\n" % (len(data), data)
