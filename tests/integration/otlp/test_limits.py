"""OTLP under limits: what is too large, what is too much at once, and what cannot be stored."""

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from samples import sample, span, text, traces
from server import RunningServer, missing, wait_until
from stored import stored
from wire import PROTOBUF, Answer, Client, Transport, rpc_status

from spanlake.entities import Signal
from spanlake.storage.layout import Layout
from spanlake.testing.otlp_conformance.raw import chunk, raw_connection

EVERY_WAY = pytest.mark.parametrize("transport", Transport)
LIMIT = 8 << 20


def is_told_to_come_again(answer: Answer) -> bool:
    delay = answer.detail(RetryInfo)
    over_http = answer.http is None or (
        answer.http.status == 503 and answer.http.headers["retry-after"] == "1"
    )
    return (
        answer.code is grpc.StatusCode.UNAVAILABLE
        and delay is not None
        and delay.retry_delay.seconds == 1
        and over_http
    )


@EVERY_WAY
@pytest.mark.parametrize("gzipped", [False, True], ids=["plain", "gzip"])
def test_a_request_over_the_limit_is_refused_for_good(
    small_client: Client, transport: Transport, *, gzipped: bool
) -> None:
    """OTLP 13, 14, 15: over the limit, gzipped or not, is 413 or RESOURCE_EXHAUSTED, no retry."""
    request = traces(span("large", attributes=[text("text", "x" * LIMIT)])).request
    answer = small_client.send(transport, Signal.TRACES, request, gzipped=gzipped)
    assert answer.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert answer.detail(RetryInfo) is None
    if answer.http is not None:
        assert answer.http.status == 413
        assert "retry-after" not in answer.http.headers
        assert answer.http.headers["content-type"] == transport.media_type
        assert f"{LIMIT} bytes" in rpc_status(answer.http).message


@EVERY_WAY
@pytest.mark.parametrize("gzipped", [False, True], ids=["plain", "gzip"])
def test_a_request_within_the_limit_is_stored(
    small_client: Client, transport: Transport, *, gzipped: bool
) -> None:
    """OTLP 13: a request just within the limit is accepted."""
    request = traces(span("large", attributes=[text("text", "x" * (LIMIT - 1000))])).request
    answer = small_client.send(transport, Signal.TRACES, request, gzipped=gzipped)
    assert answer.code is grpc.StatusCode.OK


@EVERY_WAY
def test_a_bomb_does_not_fill_the_memory(
    small_server: RunningServer, small_client: Client, transport: Transport
) -> None:
    """OTLP 14, 15: 64 MiB in 64 KiB of gzip take less than twice the limit of 8 MiB of memory."""
    before = 0
    for size in (LIMIT + 1, 64 << 20):  # the first only warms up
        small_server.forget_peak_memory()
        before = small_server.peak_memory()
        answer = small_client.send(transport, Signal.TRACES, bytes(size), gzipped=True)
        assert answer.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert small_server.peak_memory() - before < 2 * LIMIT


def test_a_body_without_end_is_refused_at_the_limit(small_server: RunningServer) -> None:
    """OTLP 13, 14: a chunked body is refused once it is over the limit, not when it ends."""
    with raw_connection(small_server.endpoint) as connection:
        fields = (f"Content-Type: {PROTOBUF}", "Transfer-Encoding: chunked")
        connection.send(connection.head(*fields))
        for _ in range(9):
            connection.send(chunk(bytes(1 << 20)))
        assert connection.answer().status == 413


def test_a_length_over_the_limit_is_refused_before_the_body(small_server: RunningServer) -> None:
    """OTLP 16: a Content-Length over the limit is 413 though nothing of the body has come."""
    with raw_connection(small_server.endpoint) as connection:
        fields = (f"Content-Type: {PROTOBUF}", f"Content-Length: {LIMIT + 1}")
        connection.send(connection.head(*fields, "Expect: 100-continue"))
        answer = connection.answer()
    assert answer.status == 413
    assert f"Content-Length is {LIMIT + 1}" in rpc_status(answer).message


@EVERY_WAY
def test_over_the_budget_clients_are_told_to_come_again(
    small_server: RunningServer, small_client: Client, transport: Transport
) -> None:
    """OTLP 29, 30: while others fill the memory, a request gets 503 or UNAVAILABLE, and a delay."""
    sent = traces(span("later", attributes=[text("text", "x" * (4 << 20))]))
    with raw_connection(small_server.endpoint) as other:
        other.send(other.head(f"Content-Type: {PROTOBUF}", f"Content-Length: {6 << 20}"))
        other.send(bytes(5 << 20))
        wait_until(lambda: small_server.metric("spanlake_queue_bytes") >= 5 << 20)
        assert is_told_to_come_again(small_client.send(transport, Signal.TRACES, sent.request))
        other.break_off()
    wait_until(lambda: small_server.metric("spanlake_queue_bytes") == 0)
    assert small_client.send(transport, Signal.TRACES, sent.request).response == b""
    assert len(stored(small_server.data, Signal.TRACES, sent.mark)) == 1


@EVERY_WAY
@pytest.mark.parametrize("signal", Signal)
def test_what_cannot_be_stored_is_not_acknowledged(
    small_server: RunningServer, small_client: Client, transport: Transport, signal: Signal
) -> None:
    """OTLP 33: when the disk refuses, clients are told to come again, and can once it does not."""
    sent = sample(signal, 3)
    table = "spans" if signal is Signal.TRACES else str(signal)
    failures = small_server.metric("spanlake_commit_failures_total", signal=signal)
    with missing(Layout(small_server.data).hot(table, "0001")):
        answer = small_client.send(transport, signal, sent.request)
        assert is_told_to_come_again(answer)
        assert answer.status is not None
        assert "could not be stored" in answer.status.message
    assert small_server.metric("spanlake_commit_failures_total", signal=signal) == failures + 1
    assert small_client.send(transport, signal, sent.request).response == b""
    assert len(stored(small_server.data, signal, sent.mark)) == 3


def test_readiness_is_not_liveness(small_server: RunningServer) -> None:
    """OTLP 60: a server whose lake is not there lives, but is not ready until it is back."""
    assert small_server.get("/readyz") == (200, b'{"status":"ready"}')
    with missing(small_server.data):
        assert small_server.get("/healthz") == (200, b'{"status":"ok"}')
        status, body = small_server.get("/readyz")
        assert status == 503
        assert str(small_server.data) in body.decode()
    assert small_server.get("/readyz")[0] == 200
