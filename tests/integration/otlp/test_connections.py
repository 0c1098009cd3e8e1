"""OTLP/HTTP with clients that are slow, that go away, or that are web pages."""

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from samples import sample
from server import RunningServer, wait_until
from stored import stored
from wire import JSON, PROTOBUF, Client, Transport, rpc_status

from spanlake.entities import Signal
from spanlake.testing.otlp_conformance.raw import RawConnection, chunk, raw_connection

TYPE = f"Content-Type: {PROTOBUF}"
Start = Callable[[RawConnection], bytes]
ORIGIN = "https://app.example.com"


@pytest.mark.parametrize("is_reset", [True, False], ids=["reset", "end"])
@pytest.mark.parametrize(
    "framing", ["Content-Length: 1000000", "Transfer-Encoding: chunked"], ids=["length", "chunked"]
)
def test_a_body_that_breaks_off_leaves_nothing(
    small_server: RunningServer, framing: str, *, is_reset: bool
) -> None:
    """OTLP 54: when the client goes away within a body, nothing is stored and no memory kept."""
    sent = sample(Signal.TRACES, 3)
    answered = small_server.metric("spanlake_requests_total", answer="499")
    with raw_connection(small_server.endpoint) as connection:
        is_chunked = framing.startswith("Transfer")
        # What there is of it would be a whole request.
        body = chunk(sent.payload) if is_chunked else sent.payload
        connection.send(connection.head(TYPE, framing), body)
        wait_until(lambda: small_server.metric("spanlake_queue_bytes") >= len(sent.payload))
        connection.break_off() if is_reset else connection.end()
        wait_until(lambda: small_server.metric("spanlake_queue_bytes") == 0)
    wait_until(lambda: small_server.metric("spanlake_requests_total", answer="499") == answered + 1)
    assert len(stored(small_server.data, Signal.TRACES, sent.mark)) == 0


def test_what_is_left_of_a_refused_body_may_be_garbage(server: RunningServer) -> None:
    """OTLP 29: a body that was refused unread and then breaks HTTP ends the connection, no more."""
    with raw_connection(server.endpoint) as connection:
        fields = ("Content-Type: text/plain", "Transfer-Encoding: chunked")
        connection.send(connection.head(*fields), chunk(b"begun"))
        assert connection.answer().status == 415
        connection.send(b"no chunk\r\n")
        assert connection.is_closed_within(10)


def test_a_client_that_does_not_wait_for_its_answer_is_served(small_server: RunningServer) -> None:
    """OTLP 54: a request that came whole is stored also when the client has gone by then."""
    sent = sample(Signal.TRACES, 3)
    with raw_connection(small_server.endpoint) as connection:
        length = f"Content-Length: {len(sent.payload)}"
        connection.send(connection.head(TYPE, length), sent.payload)
        connection.end()
    wait_until(lambda: len(stored(small_server.data, Signal.TRACES, sent.mark)) == 3)
    wait_until(lambda: small_server.metric("spanlake_queue_bytes") == 0)


def start_silent(_: RawConnection) -> bytes:
    """Say nothing at all."""
    return b""


def start_head(connection: RawConnection) -> bytes:
    """Begin a head, and go on with it."""
    connection.send(b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nX: ")
    return b"x"


def start_second_head(connection: RawConnection) -> bytes:
    """Begin a head after a request that was answered."""
    connection.send(connection.head(TYPE, "Content-Length: 0"))
    assert connection.answer().status == 200
    return start_head(connection)


def start_body(connection: RawConnection) -> bytes:
    """Begin a body, and go on with it."""
    connection.send(connection.head(TYPE, "Content-Length: 1000000"))
    return b"x"


def start_chunks(connection: RawConnection) -> bytes:
    """Begin a body in chunks of a byte each."""
    connection.send(connection.head(TYPE, "Transfer-Encoding: chunked"))
    return chunk(b"x")


def start_refused_body(connection: RawConnection) -> bytes:
    """Begin a body that is refused at once."""
    connection.send(connection.head("Content-Type: text/plain", "Content-Length: 1000000"))
    return b"x"


STARTS = (
    start_silent,
    start_head,
    start_second_head,
    start_body,
    start_chunks,
    start_refused_body,
)


def test_slow_clients_are_hung_up_on(small_server: RunningServer) -> None:
    """OTLP 55: who stalls or sends byte by byte, head or body, is hung up on in bounded time."""

    def is_closed(case: tuple[Start, bool]) -> bool:
        start, is_dripping = case
        with raw_connection(small_server.endpoint) as connection:
            drip = start(connection)
            return connection.is_closed_within(9, dripping=drip if is_dripping else b"")

    cases = [(start, is_dripping) for start in STARTS for is_dripping in (True, False)]
    with ThreadPoolExecutor(len(cases)) as pool:
        closed = list(pool.map(is_closed, cases))
    assert [case for case, is_done in zip(cases, closed, strict=True) if not is_done] == []
    assert small_server.metric("spanlake_queue_bytes") == 0


def test_a_slow_body_is_told_why(small_server: RunningServer) -> None:
    """OTLP 28, 55: a body that does not come in time is 408, in the request's encoding."""
    with raw_connection(small_server.endpoint) as connection:
        start_body(connection)
        answer = connection.answer()
    assert answer.status == 408
    assert rpc_status(answer).message == "the body took more than 2 s"


def test_a_slow_body_within_its_time_is_taken(small_server: RunningServer) -> None:
    """OTLP 55: a body that comes in pieces is taken when it is whole in time."""
    sent = sample(Signal.TRACES)
    with raw_connection(small_server.endpoint) as connection:
        connection.send(connection.head(TYPE, f"Content-Length: {len(sent.payload)}"))
        for at in range(0, len(sent.payload), 100):
            connection.send(sent.payload[at : at + 100])
            time.sleep(0.1)
        assert connection.answer().status == 200


def test_idle_connections_do_not_starve_others(server: RunningServer, client: Client) -> None:
    """OTLP 55: with 400 connections that say nothing, a request is answered as ever."""
    with contextlib.ExitStack() as idle:
        for _ in range(400):
            idle.enter_context(raw_connection(server.endpoint))
        for transport in Transport:
            answer = client.send(transport, Signal.TRACES, sample(Signal.TRACES).request)
            assert answer.response == b""


def test_a_head_without_end_is_refused(server: RunningServer) -> None:
    """OTLP 55: a head is refused when it grows over what heads need."""
    with raw_connection(server.endpoint) as connection:
        connection.send(b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\n")
        with contextlib.suppress(ConnectionError):
            for number in range(1000):
                connection.send(b"X-%d: %b\r\n" % (number, b"x" * 1000))
        assert connection.is_closed_within(10)


def test_a_listed_origin_may_send(small_client: Client) -> None:
    """OTLP 56: a preflight from a listed origin is granted to it by name, without credentials."""
    answer = small_client.request(
        "OPTIONS",
        "/v1/traces",
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,content-encoding,x-spanlake-experiment",
        },
    )
    assert 200 <= answer.status < 300
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in answer.headers
    sent = small_client.request(
        "POST", "/v1/traces", b"{}", {"Content-Type": JSON, "Origin": ORIGIN}
    )
    assert sent.status == 200
    assert sent.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-credentials" not in sent.headers


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com.evil.com",
        "https://APP.example.com/",
        "null",
        "*",
    ],
)
def test_other_origins_may_not(small_client: Client, origin: str) -> None:
    """OTLP 56: an origin that is not listed letter by letter is granted nothing."""
    preflight = small_client.request(
        "OPTIONS",
        "/v1/traces",
        headers={"Origin": origin, "Access-Control-Request-Method": "POST"},
    )
    assert preflight.status == 400
    sent = small_client.request(
        "POST", "/v1/traces", b"{}", {"Content-Type": JSON, "Origin": origin}
    )
    for answer in (preflight, sent):
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_other_methods_may_not(small_client: Client, method: str) -> None:
    """OTLP 56: a listed origin is granted no method but POST."""
    headers = {"Origin": ORIGIN, "Access-Control-Request-Method": method}
    assert small_client.request("OPTIONS", "/v1/traces", headers=headers).status == 400
