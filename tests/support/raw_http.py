"""HTTP spoken byte by byte, for requests that no HTTP library would send."""

import contextlib
import http.client
import itertools
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from server import RunningServer
from wire import HttpAnswer, read_answer

_DRIP_SECONDS = 0.1


class RawConnection:
    """A TCP connection to a server's HTTP port."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    def send(self, *pieces: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(b"".join(pieces))

    def answer(self) -> HttpAnswer:
        """Read one answer; http.client.RemoteDisconnected when the server hung up instead."""
        response = http.client.HTTPResponse(self._socket)
        response.begin()
        return read_answer(response)

    def line(self) -> bytes:
        """Read one line that is no answer yet."""
        read = b""
        while not read.endswith(b"\r\n\r\n"):
            read += self._socket.recv(1)
        return read

    def is_closed_within(self, seconds: float, *, dripping: bytes = b"") -> bool:
        """Whether the server hangs up in this time, though a byte of the drip comes all along.

        What the server says until then is thrown away.
        """
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
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._socket.close()


@contextmanager
def raw_connection(server: RunningServer) -> Iterator[RawConnection]:
    """Connect to a server's HTTP port, and hang up at the end."""
    with contextlib.closing(socket.create_connection(server.address, timeout=30)) as connected:
        yield RawConnection(connected)


def head(path: str, *headers: str, method: str = "POST") -> bytes:
    """Write the head of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]
    return "\r\n".join(lines).encode()


def chunk(data: bytes) -> bytes:
    """Write one chunk of a body in chunks; the empty one is its end."""
    return b"%x\r\n%b\r\n" % (len(data), data)
