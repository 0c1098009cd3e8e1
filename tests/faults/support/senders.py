"""Load: senders of every transport that write down in a ledger what they send and are told."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPException
from threading import Event

import grpc
from ledger import Batch, Ledger, batches
from wire import Answer, Client, Reachable, Transport

from spanlake.entities import Signal

_A_TRANSPORT = 2
_PAUSE_SECONDS = 0.02
# Of these, only the first comes from the server itself.
_COME_AGAIN = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.UNKNOWN,
}


class Sender:
    """Sends batches over one transport, each until it is acknowledged or its server is gone."""

    def __init__(self, transport: Transport, number: int, seed: int, ledger: Ledger) -> None:
        self._transport = transport
        self._batches = batches(f"{transport} {number}", seed)
        self._ledger = ledger
        self._unanswered: Batch | None = None

    def send(
        self, server: Reachable, enough: Event, *, persistent: bool, pause: float = 0.0
    ) -> None:
        """Send until told that it is enough, or until the server is gone.

        What was not answered for by the last server is sent first, the same to the byte.
        persistent: what is not answered for, or to come again, is sent again. pause: seconds after
        each answer.
        """
        with Client(server) as client:
            while not enough.is_set():
                batch = self._unanswered or self._new()
                self._unanswered = batch
                try:
                    answer = client.send(self._transport, Signal.TRACES, batch.request)
                except (OSError, HTTPException):
                    answer = Answer(accepted=False, code=grpc.StatusCode.UNAVAILABLE)
                if answer.code is grpc.StatusCode.OK:
                    assert answer.rejected == 0
                    self._ledger.acknowledge(batch)
                    self._unanswered = None
                    enough.wait(pause)
                elif persistent and answer.code in _COME_AGAIN:
                    enough.wait(_PAUSE_SECONDS)
                else:
                    is_gone = answer.code is grpc.StatusCode.UNAVAILABLE and answer.status is None
                    assert is_gone, answer
                    return

    def give_up(self) -> None:
        """Never again send the batch that was not answered for."""
        self._unanswered = None

    def _new(self) -> Batch:
        batch = next(self._batches)
        self._ledger.send(batch)
        return batch


def senders(ledger: Ledger, seed: int) -> list[Sender]:
    """Some senders of every transport."""
    return [
        Sender(transport, number, seed, ledger)
        for transport in Transport
        for number in range(_A_TRANSPORT)
    ]


@contextmanager
def sending(
    team: list[Sender], server: Reachable, *, persistent: bool = False, pause: float = 0.0
) -> Iterator[None]:
    """Let all of them send, until the block is left or the server is gone.

    persistent: they send again what is not answered for. pause: seconds after each answer.
    """
    enough = Event()
    with ThreadPoolExecutor(len(team)) as threads:
        running = [
            threads.submit(sender.send, server, enough, persistent=persistent, pause=pause)
            for sender in team
        ]
        try:
            yield
        finally:
            enough.set()
        for each in running:
            each.result()
