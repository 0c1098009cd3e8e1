"""What a check is given: one endpoint, one transport, and words for what it expects."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

from google.protobuf.message import Message

from spanlake.entities import Signal
from spanlake.testing.otlp_conformance.client import Answer, Client
from spanlake.testing.otlp_conformance.endpoint import Endpoint
from spanlake.testing.otlp_conformance.reader import Reader, StoredSpan
from spanlake.testing.otlp_conformance.statement import Transport

_POLL_SECONDS = 0.1


class NonConformance(Exception):  # noqa: N818  # no error of ours: a finding
    """The statement does not hold; the text says what was seen."""


class NotApplicable(Exception):  # noqa: N818  # no error of ours: a finding
    """The statement cannot be seen here; the text says what is missing."""


def expect(condition: object, seen: object) -> None:
    """Raise NonConformance with what was seen unless the condition holds."""
    if not condition:
        raise NonConformance(str(seen))


@dataclass(frozen=True, slots=True)
class Probe:
    """One transport of one endpoint. shared: what a check keeps for its other transports."""

    endpoint: Endpoint
    transport: Transport
    client: Client
    reader: Reader | None
    shared: dict[str, Any] = field(default_factory=dict)

    def send(
        self, request: Message | bytes, *, signal: Signal = Signal.TRACES, gzipped: bool = False
    ) -> Answer:
        """Export a request, or bytes that may be none."""
        return self.client.send(self.transport, request, signal=signal, gzipped=gzipped)

    def accept(self, request: Message | bytes, *, gzipped: bool = False) -> Answer:
        """Export what has to be accepted as a whole."""
        answer = self.send(request, gzipped=gzipped)
        expect(answer.accepted and answer.is_readable and not answer.rejected, answer)
        return answer

    def post(self, body: bytes, **headers: str) -> Answer:
        """POST to `/v1/traces` with the endpoint's headers and these, `_` in names for `-`."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        everything = {**self.endpoint.headers, **fields}
        return self.client.post(Signal.TRACES, self.transport, body, everything)

    def stored(self, trace_id: str, count: int = 1) -> list[StoredSpan]:
        """The stored spans of a trace, once there are so many or patience has ended."""
        if self.reader is None:
            raise NotApplicable("stored spans cannot be read back: choose a --reader")
        deadline = time.monotonic() + self.endpoint.patience
        while True:
            found = self.reader(self.endpoint, trace_id)
            if len(found) >= count or time.monotonic() > deadline:
                expect(len(found) == count, f"{len(found)} of {count} spans are stored")
                return found
            time.sleep(_POLL_SECONDS)

    def stored_one(self, trace_id: str) -> StoredSpan:
        """The one stored span of a trace."""
        (found,) = self.stored(trace_id)
        return found

    def expect_absent(self, trace_id: str) -> None:
        """Nothing of a trace is stored, also when there was time for it."""
        if self.reader is None:
            raise NotApplicable("stored spans cannot be read back: choose a --reader")
        found = self.reader(self.endpoint, trace_id)
        expect(not found, f"{len(found)} spans are stored")

    def skip(self, reason: str) -> NoReturn:
        """End the check: it cannot be made here."""
        raise NotApplicable(reason)


Check = Callable[[Probe], None]
"""Returns when the statement holds; NonConformance or NotApplicable when not."""

_CHECKS: dict[int, Check] = {}


def checks(number: int) -> Callable[[Check], Check]:
    """Make a function the check of the statement with this number."""

    def register(check: Check) -> Check:
        if number in _CHECKS:
            raise ValueError(f"statement {number} has two checks")
        _CHECKS[number] = check
        return check

    return register


def check_of(number: int) -> Check:
    """The check of a statement; KeyError when it has none."""
    return _CHECKS[number]
