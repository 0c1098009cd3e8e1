"""What answers of a backend mean, over HTTP, and what becomes of items it does not take."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import pytest
from http_double import Handler, HttpDouble
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from samples import span, text, traces

from spanlake.collector.budget import Budget
from spanlake.collector.forwarding.backend import HttpBackend, LaterError, RefusedError
from spanlake.collector.forwarding.forwarder import Forwarder
from spanlake.collector.metrics import CollectorMetrics
from spanlake.collector.submission import Submission
from spanlake.collector.tabulate import tabulate_spans
from spanlake.config import OtlpHttpExporter
from spanlake.entities import Signal
from spanlake.storage.delete import delete_traces
from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout
from spanlake.storage.outgoing import OutgoingQueue, rows_of
from spanlake.storage.parquet import encode


class _Answering(Handler):
    status: int
    fields: ClassVar[dict[str, str]]
    content: bytes
    seen: ClassVar[list[dict[str, str]]]

    def reply(self) -> None:
        self.body()
        self.seen.append({"path": self.path, **{k.lower(): v for k, v in self.headers.items()}})
        self.answer(self.status, self.content, self.fields)


@contextmanager
def _answering(
    status: int, headers: dict[str, str] | None = None, body: bytes = b""
) -> Iterator[tuple[str, list[dict[str, str]]]]:
    seen: list[dict[str, str]] = []
    known = {"status": status, "fields": headers or {}, "content": body, "seen": seen}
    with HttpDouble(_Answering, **known) as double:
        yield double.url, seen


@pytest.mark.parametrize("status", [429, 502, 503, 504, 401, 403, 404])
def test_that_a_backend_is_asked_again_later(status: int) -> None:
    """What OTLP calls retryable, and what somebody will correct, is tried again when it says."""
    with _answering(status, {"Retry-After": "7"}) as (endpoint, _):
        backend = HttpBackend(OtlpHttpExporter(endpoint=endpoint))
        with pytest.raises(LaterError) as caught:
            backend.send(Signal.TRACES, b"x")
        backend.close()
    assert caught.value.wait == 7.0


@pytest.mark.parametrize("status", [400, 413, 500, 302])
def test_that_a_refusal_is_final(status: int) -> None:
    """Any other answer means that the request will never be taken; no redirect is followed."""
    with _answering(status, {"Location": "http://127.0.0.1:1/"}) as (endpoint, _):
        backend = HttpBackend(OtlpHttpExporter(endpoint=endpoint))
        with pytest.raises(RefusedError):
            backend.send(Signal.TRACES, b"x")
        backend.close()


def test_that_a_backend_that_is_away_is_asked_again() -> None:
    """No connection is no answer."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and nobody listens
        endpoint = f"http://127.0.0.1:{held.getsockname()[1]}"
        backend = HttpBackend(OtlpHttpExporter(endpoint=endpoint))
        with pytest.raises(LaterError):
            backend.send(Signal.TRACES, b"x")
        backend.close()


def test_that_rejected_items_are_told() -> None:
    """A partial success says how many items the backend did not take."""
    response = ExportTraceServiceResponse()
    response.partial_success.rejected_spans = 3
    headers = {"Content-Type": "application/x-protobuf"}
    with _answering(200, headers, response.SerializeToString()) as (endpoint, seen):
        settings = OtlpHttpExporter(endpoint=f"{endpoint}/otlp/", headers={"X-Key": "k"})
        backend = HttpBackend(settings)
        assert backend.send(Signal.TRACES, b"x") == 3
        backend.close()
    assert seen[0]["path"] == "/otlp/v1/traces"
    assert (seen[0]["x-key"], seen[0]["content-encoding"]) == ("k", "gzip")


class _Away:
    """A backend that never takes anything."""

    def send(self, signal: Signal, payload: bytes) -> int:  # noqa: ARG002  # of the protocol
        raise LaterError("away", wait=0.01)

    def close(self) -> None:
        """Nothing is open."""


class _Dropped(CollectorMetrics):
    """Says when something has been dropped."""

    def __init__(self) -> None:
        super().__init__(Budget(1, retry_after=1.0))
        self.happened = threading.Event()
        self.drops: list[tuple[str, int]] = []

    def not_forwarded(self, exporter: str, signal: Signal, items: int, reason: str) -> None:
        super().not_forwarded(exporter, signal, items, reason)
        self.drops.append((reason, items))
        self.happened.set()


def _commit(writer: HotWriter) -> None:
    """Commit two spans of 400 kB that no compression makes smaller."""
    spans = [span(attributes=[text("note", os.urandom(200_000).hex())]) for _ in range(2)]
    submission = Submission.of(traces(*spans).payload, experiment=None, received_ns=0)
    writer.commit("spans", encode(tabulate_spans([submission]).rows, [], compression_level=1))


def test_that_a_full_queue_drops_what_waits_and_says_so(tmp_path: Path) -> None:
    """Above its size the queue gives up what waits longest, counts it, and the lake keeps all."""
    layout = Layout(tmp_path)
    settings = OtlpHttpExporter.model_validate(
        {"endpoint": "http://unused:1", "sending_queue": {"size_mib": 1}}
    )
    dropped = _Dropped()
    with HotWriter(layout) as writer:
        writer.open_table("spans")
        queue = OutgoingQueue(layout, "otlphttp", writer.name, {"spans": 0})
        for _ in range(4):
            _commit(writer)
        forwarder = Forwarder("otlphttp", _Away(), queue, settings, dropped)
        forwarder.start()
        assert dropped.happened.wait(60)
        forwarder.stop()
    assert set(dropped.drops) == {("overflow", 2)}
    assert len(layout.hot_files("spans")) == 4


def test_that_a_queue_goes_on_where_it_was(tmp_path: Path) -> None:
    """A new queue begins behind what is there; an old one takes in what it has not seen, once."""
    layout = Layout(tmp_path)
    with HotWriter(layout) as writer:
        writer.open_table("spans")
        _commit(writer)

        def queue() -> OutgoingQueue:
            return OutgoingQueue(
                layout, "otlp", writer.name, {"spans": writer.durable_up_to("spans")}
            )

        first = queue()
        first.take_in()
        assert first.waiting() == []
        _commit(writer)
        again = queue()
        again.take_in()
        (waiting,) = again.waiting()
        layout.hot_files("spans")[-1].unlink()  # sealed, and gone
        assert waiting.path.stat().st_size == waiting.size
        again.done(waiting)
        again.take_in()
        assert again.waiting() == queue().waiting() == []


def test_that_a_deleted_trace_does_not_wait(tmp_path: Path) -> None:
    """Deleting a trace takes it out of what is still to be sent."""
    layout = Layout(tmp_path)
    with HotWriter(layout) as writer:
        writer.open_table("spans")
        queue = OutgoingQueue(layout, "otlp", writer.name, {"spans": 0})
        _commit(writer)
        queue.take_in()
    (waiting,) = queue.waiting()
    first, second = rows_of(waiting)["trace_id"].to_pylist()
    delete_traces(layout, [first], progress=lambda *_: None)
    (waiting,) = queue.waiting()
    assert rows_of(waiting)["trace_id"].to_pylist() == [second]
