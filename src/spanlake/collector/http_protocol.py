"""The protocol of uvicorn, which waits for ever for the rest of a header, with a limit to that."""

import asyncio
from typing import ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol


class BoundedProtocol(H11Protocol):
    """HTTP/1.1 on one connection; it ends when a header takes longer than `header_timeout`."""

    header_timeout: ClassVar[float]
    """Seconds; of a subclass, as uvicorn makes its protocols itself."""

    _header_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first header."""
        super().connection_made(transport)  # type: ignore[arg-type]  # as uvicorn narrows it
        self._wait_for_header()

    def data_received(self, data: bytes) -> None:
        """Take a part of a header or body; between requests, it is one of the next header."""
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._wait_for_header()
        else:
            self._stop_waiting()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP; in the rest of a body whose answer has been given, hang up."""
        if self.cycle is not None and self.cycle.response_started and self.cycle.more_body:
            self.transport.close()
        else:
            super().send_400_response(msg)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the header there was to come."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait_for_header(self) -> None:
        if self._header_timer is None:
            self._header_timer = self.loop.call_later(self.header_timeout, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None


def bounded_protocol(header_timeout: float) -> type[BoundedProtocol]:
    """The protocol for one server. header_timeout: seconds."""
    return type("Protocol", (BoundedProtocol,), {"header_timeout": header_timeout})
