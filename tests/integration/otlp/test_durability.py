"""OTLP across the life of a server: what was acknowledged stays, once, however it ends."""

import http.client
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from samples import Sample, sample
from server import RunningServer, wait_until
from stored import seen_marks, stored, stored_marks
from wire import PROTOBUF, Client, Transport

from spanlake.entities import Signal
from spanlake.testing.otlp_conformance.raw import raw_connection

EVERY_WAY = pytest.mark.parametrize("transport", Transport)


def test_what_was_acknowledged_is_known_to_the_next_server(data: Path) -> None:
    """OTLP 51, 53: what is acknowledged outlives a kill and a stop, and is not stored again."""
    ways = [(transport, signal) for transport in Transport for signal in Signal]
    sent = [sample(signal, 3, bad=1) for _, signal in ways]
    answers = []
    for end, known in [
        (RunningServer.kill, 0),
        (RunningServer.stop, 3 * len(sent)),
        (RunningServer.stop, 3 * len(sent)),
    ]:
        server = RunningServer(data)
        with Client(server) as client:
            told = [client.send(*way, each.request) for way, each in zip(ways, sent, strict=True)]
        answers.append([answer.response for answer in told])
        assert server.metric("spanlake_deduplicated_items_total") == known
        end(server)
    assert answers[0] == answers[1] == answers[2]
    assert seen_marks(data) == {each.mark: 3 for each in sent}


class Senders:
    """Senders of spans over every transport that go on until told to stop."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._is_over = threading.Event()
        self.acknowledged: list[Sample] = []
        self.refused: list[grpc.StatusCode | None] = []

    def run(self, number: int) -> None:
        """Send, and note what became of each request."""
        transport = list(Transport)[number % 3]
        while not self._is_over.is_set():
            sent = sample(Signal.TRACES, 2)
            try:
                answer = self._client.send(transport, Signal.TRACES, sent.request)
            except (OSError, http.client.HTTPException):
                self.refused.append(grpc.StatusCode.UNAVAILABLE)
                continue
            if answer.code is grpc.StatusCode.OK:
                self.acknowledged.append(sent)
            else:
                self.refused.append(answer.code)

    def stop(self) -> None:
        """Let each finish the request it is at."""
        self._is_over.set()


def test_a_stop_under_load_loses_nothing_acknowledged(data: Path) -> None:
    """OTLP 34: told to stop under load, a server keeps what it acknowledged, and ends well."""
    server = RunningServer(data)
    with Client(server) as client, ThreadPoolExecutor(12) as pool:
        senders = Senders(client)
        running = [pool.submit(senders.run, number) for number in range(12)]
        wait_until(lambda: len(senders.acknowledged) > 200)
        server.stop()
        wait_until(lambda: len(senders.refused) > 20)
        senders.stop()
        for each in running:
            each.result()
    # OTLP lets clients retry after either; gRPC itself says CANCELLED of calls not yet begun.
    assert set(senders.refused) <= {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}
    rows = stored_marks(data, Signal.TRACES)
    assert all(rows[each.mark] == 2 for each in senders.acknowledged)
    assert set(rows.values()) == {2}


def test_a_request_within_its_body_may_still_finish(data: Path) -> None:
    """OTLP 34: who is in the middle of a body when the server is told to stop can finish it."""
    server = RunningServer(data)
    sent = sample(Signal.TRACES, 2)
    with raw_connection(server.endpoint) as connection, ThreadPoolExecutor(1) as pool:
        connection.send(
            connection.head(f"Content-Type: {PROTOBUF}", f"Content-Length: {len(sent.payload)}"),
            sent.payload[:50],
        )
        wait_until(lambda: server.metric("spanlake_queue_bytes") == 50)
        stopping = pool.submit(server.stop)
        wait_until(lambda: not is_listening(server))
        connection.send(sent.payload[50:])
        assert connection.answer().status == 200
        stopping.result()
    assert len(stored(data, Signal.TRACES, sent.mark)) == 2


@pytest.mark.slow
def test_a_stalled_client_does_not_hold_up_the_end(data: Path) -> None:
    """OTLP 34: a server told to stop waits for a body ten seconds, then ends well without it."""
    server = RunningServer(data)
    with raw_connection(server.endpoint) as connection:
        fields = (f"Content-Type: {PROTOBUF}", "Content-Length: 1000")
        connection.send(connection.head(*fields), b"x")
        wait_until(lambda: server.metric("spanlake_queue_bytes") == 1)
        began = time.monotonic()
        server.stop()
        assert 9 < time.monotonic() - began < 15


def is_listening(server: RunningServer) -> bool:
    try:
        server.get("/healthz")
    except ConnectionError:
        return False
    return True


@EVERY_WAY
@pytest.mark.parametrize("signal", Signal)
def test_the_counters_agree_with_what_clients_are_told(
    server: RunningServer, client: Client, transport: Transport, signal: Signal
) -> None:
    """What clients are told of each signal adds up to the server's own counters of it."""
    bad = 0 if signal is Signal.METRICS else 2
    sent = [sample(signal, 3), sample(signal, 4, bad=bad), sample(signal, 0, bad=bad)]
    before = counters(server, transport, signal)
    told = [client.send(transport, signal, each.request) for each in sent]
    again = [client.send(transport, signal, each.request) for each in sent[:2]]
    refused = client.send(transport, signal, b"nothing that can be decoded")
    changed = counters(server, transport, signal)
    changed.subtract(before)
    assert changed == {
        "accepted": 3 + 4,
        "rejected": sum(answer.rejected for answer in told),
        "deduplicated": 3 + 4,
        "committed": 3 + 4,
        "answered well": len(told) + len(again),
        "answered ill": 1,
    }
    assert sum(answer.rejected for answer in told) == 2 * bad
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT


def counters(server: RunningServer, transport: Transport, signal: Signal) -> Counter[str]:
    protocol = "grpc" if transport is Transport.GRPC else "http"
    well, ill = ("OK", "INVALID_ARGUMENT") if protocol == "grpc" else ("200", "400")

    def answered(code: str) -> int:
        labels = {"signal": signal, "transport": protocol, "answer": code}
        return int(server.metric("spanlake_requests_total", **labels))

    names = ("accepted", "rejected", "deduplicated", "committed")
    items = {
        name: int(server.metric(f"spanlake_{name}_items_total", signal=signal)) for name in names
    }
    return Counter(items | {"answered well": answered(well), "answered ill": answered(ill)})
