"""Load: senders of every transport that write down in a ledger what they send and are told."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPException
from threading import Event

import grpc
from ledger import Batch, Ledger, batches
from server import RunningServer
from wire import Client, Transport

from spanlake.entities import Signal

_A_TRANSPORT = 2


class Sender:
    """Sends batches over one transport, each until it is acknowledged or its server is gone."""

    def __init__(self, transport: Transport, number: int, seed: int, ledger: Ledger) -> None:
        self._transport = transport
        self._batches = batches(f"{transport} {number}", seed)
        self._ledger = ledger
        self._unanswered: Batch | None = None

    def send(self, server: RunningServer, enough: Event) -> None:
        """Send until told that it is enough, or until the server is gone.

        What was not answered for by the last server is sent first, the same to the byte.
        """
        with Client(server) as client:
            while not enough.is_set():
                batch = self._unanswered or self._new()
                self._unanswered = batch
                try:
                    answer = client.send(self._transport, Signal.TRACES, batch.request)
                except (OSError, HTTPException):
                    return
                if answer.code is grpc.StatusCode.UNAVAILABLE and answer.status is None:
                    return
                assert answer.code is grpc.StatusCode.OK, answer
                assert answer.rejected == 0
                self._ledger.acknowledge(batch)
                self._unanswered = None

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
def sending(team: list[Sender], server: RunningServer) -> Iterator[None]:
    """Let all of them send, until the block is left or the server is gone."""
    enough = Event()
    with ThreadPoolExecutor(len(team)) as threads:
        running = [threads.submit(sender.send, server, enough) for sender in team]
        try:
            yield
        finally:
            enough.set()
        for each in running:
            each.result()
