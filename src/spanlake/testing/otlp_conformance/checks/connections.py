"""Statements 1 to 12 and 54 to 57: protocols, paths, media types, connections."""

import contextlib
import gzip
import socket
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from spanlake.entities import Signal
from spanlake.testing.otlp_conformance.client import body_of
from spanlake.testing.otlp_conformance.payloads import other_sample, sample
from spanlake.testing.otlp_conformance.probe import Probe, checks, expect
from spanlake.testing.otlp_conformance.raw import RawConnection, chunk, raw_connection
from spanlake.testing.otlp_conformance.statement import Transport

_IDLE_CONNECTIONS = 50
_ELSEWHERE = "https://elsewhere.example"
_LOOPBACK = {"127.0.0.1", "localhost"}


@checks(1)
@checks(2)
def every_signal_is_taken(probe: Probe) -> None:
    """Each of the three signals has its service, or its path."""
    for signal in Signal:
        answer = probe.send(other_sample(signal), signal=signal)
        expect(answer.accepted, f"{signal}: {answer}")


@checks(3)
def both_encodings_come_to_one_port(probe: Probe) -> None:
    """Content-Type alone tells protobuf from JSON."""
    for transport in (Transport.PROTOBUF, Transport.JSON):
        answer = probe.client.send(transport, sample().request)
        expect(answer.accepted, f"{transport}: {answer}")


@checks(4)
def the_answer_has_the_media_type_of_the_request(probe: Probe) -> None:
    """Of a success."""
    answer = probe.send(sample().request)
    expect(answer.accepted and answer.http is not None, answer)
    found = answer.http.media_type if answer.http else ""
    expect(found == probe.transport.media_type, f"Content-Type is {found!r}")


@checks(5)
def parameters_of_the_media_type_do_not_matter(probe: Probe) -> None:
    """Nor does its case."""
    body = body_of(probe.transport, sample().request)
    media_type = probe.transport.media_type
    for written in (f"{media_type}; charset=utf-8", media_type.title()):
        answer = probe.post(body, Content_Type=written)
        expect(answer.accepted, f"{written}: {answer}")


@checks(6)
def other_media_types_are_refused(probe: Probe) -> None:
    """With 415, and words."""
    body = body_of(probe.transport, sample().request)
    for fields in ({}, {"Content_Type": "text/plain"}):
        answer = probe.post(body, **fields)
        expect(answer.http and answer.http.status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE, answer)
        expect(answer.http and answer.http.body.strip(), "the answer says nothing")


@checks(7)
def other_methods_are_refused(probe: Probe) -> None:
    """With 405, and the method that is allowed."""
    fields = {**probe.endpoint.headers, "Content-Type": probe.transport.media_type}
    for method in ("GET", "PUT", "DELETE"):
        answer = probe.client.request(method, "/v1/traces", headers=fields)
        expect(answer.status == HTTPStatus.METHOD_NOT_ALLOWED, f"{method}: {answer.status}")
        expect("POST" in answer.headers.get("allow", ""), f"{method}: no Allow: POST")


@checks(8)
def gzip_is_accepted(probe: Probe) -> None:
    """And plain bytes, too."""
    for gzipped in (False, True):
        probe.accept(sample().request, gzipped=gzipped)


@checks(9)
def other_content_encodings_are_refused(probe: Probe) -> None:
    """With a 4xx."""
    body = body_of(probe.transport, sample().request)
    answer = probe.post(body, Content_Type=probe.transport.media_type, Content_Encoding="x-made-up")
    refusals = {HTTPStatus.UNSUPPORTED_MEDIA_TYPE, HTTPStatus.BAD_REQUEST}
    expect(answer.http and answer.http.status in refusals, answer)


@checks(10)
def damaged_gzip_is_refused(probe: Probe) -> None:
    """Cut short, flipped, or with garbage behind it; several members are one body."""
    body = body_of(probe.transport, sample(20).request)
    zipped = gzip.compress(body)
    damaged = {
        "cut short": zipped[: len(zipped) // 2],
        "no gzip": b"no gzip at all",
        "wrong checksum": zipped[:-8] + bytes(8),
        "garbage behind": zipped + b"garbage",
    }
    fields = {"Content_Type": probe.transport.media_type, "Content_Encoding": "gzip"}
    for name, content in damaged.items():
        answer = probe.post(content, **fields)
        expect(answer.http and answer.http.status == HTTPStatus.BAD_REQUEST, f"{name}: {answer}")
    half = len(body) // 2
    answer = probe.post(gzip.compress(body[:half]) + gzip.compress(body[half:]), **fields)
    expect(answer.accepted and not answer.rejected, f"two members: {answer}")


@checks(11)
def an_answer_is_compressed_only_on_demand(probe: Probe) -> None:
    """And what is called gzip is gzip."""
    body = body_of(probe.transport, sample().request)
    fields = {**probe.endpoint.headers, "Content-Type": probe.transport.media_type}
    plain = probe.client.request("POST", "/v1/traces", body, {**fields, "Accept-Encoding": ""})
    expect("content-encoding" not in plain.headers, "compressed though not asked for")
    asked = probe.client.request("POST", "/v1/traces", body, {**fields, "Accept-Encoding": "gzip"})
    declared = asked.headers.get("content-encoding", "identity")
    expect(declared in {"identity", "gzip"}, f"Content-Encoding is {declared!r}")
    if declared == "gzip":
        with contextlib.suppress(OSError, EOFError, zlib.error):
            gzip.decompress(asked.body)
            return
        expect(condition=False, seen="what is called gzip is not")


@checks(12)
def http_1_1_is_spoken(probe: Probe) -> None:
    """Keep-alive, a body in chunks, and Expect: 100-continue."""
    typed = f"Content-Type: {probe.transport.media_type}"
    with raw_connection(probe.endpoint) as connection:
        for _ in range(3):
            body = body_of(probe.transport, sample().request)
            connection.send(connection.head(typed, f"Content-Length: {len(body)}"), body)
            _expect_ok(connection, "keep-alive")
    body = body_of(probe.transport, sample().request)
    pieces = [body[at : at + 100] for at in range(0, len(body), 100)]
    with raw_connection(probe.endpoint) as connection:
        begun = connection.head(typed, "Transfer-Encoding: chunked")
        connection.send(begun, *map(chunk, [*pieces, b""]))
        _expect_ok(connection, "chunks")
    with raw_connection(probe.endpoint) as connection:
        length = f"Content-Length: {len(body)}"
        connection.send(connection.head(typed, length, "Expect: 100-continue"))
        interim = connection.interim()
        expect(interim.startswith(b"HTTP/1.1 100"), f"Expect: {interim[:40]!r}")
        connection.send(body)
        _expect_ok(connection, "Expect")


def _expect_ok(connection: RawConnection, what: str) -> None:
    answer = connection.answer()
    expect(answer.status == HTTPStatus.OK, f"{what}: HTTP {answer.status} {answer.body[:80]!r}")


@checks(54)
def a_body_that_breaks_off_leaves_nothing(probe: Probe) -> None:
    """Though what had come of it would be a whole request."""
    sent = sample()
    body = body_of(probe.transport, sent.request)
    typed = f"Content-Type: {probe.transport.media_type}"
    with raw_connection(probe.endpoint) as connection:
        connection.send(connection.head(typed, f"Content-Length: {2 * len(body)}"), body)
        connection.break_off()
    probe.accept(sample().request)
    probe.expect_absent(sent.trace_id)


@checks(55)
def slow_clients_are_hung_up_on(probe: Probe) -> None:
    """Within the time that the endpoint gives; meanwhile others are served."""
    typed = f"Content-Type: {probe.transport.media_type}"
    starts: dict[str, tuple[Callable[[RawConnection], bytes], bytes]] = {
        "a slow head": (lambda slow: slow.head()[:-4] + b"\r\nX: ", b"x"),
        "a slow body": (lambda slow: slow.head(typed, "Content-Length: 100000"), b"x"),
        "silence": (lambda _: b"", b""),
    }

    def is_closed(start: Callable[[RawConnection], bytes], drip: bytes) -> bool:
        with raw_connection(probe.endpoint) as connection:
            connection.send(start(connection))
            return connection.is_closed_within(2 * probe.endpoint.read_timeout + 3, dripping=drip)

    with contextlib.ExitStack() as idle, ThreadPoolExecutor(len(starts)) as pool:
        closing = {name: pool.submit(is_closed, *start) for name, start in starts.items()}
        for _ in range(_IDLE_CONNECTIONS):
            idle.enter_context(raw_connection(probe.endpoint))
        probe.accept(sample().request)
        for name, closed in closing.items():
            expect(closed.result(), f"{name} is waited for without end")


@checks(56)
def other_sites_get_no_permission(probe: Probe) -> None:
    """Neither by a preflight nor by an answer."""
    fields = {**probe.endpoint.headers, "Origin": _ELSEWHERE}
    typed = {"Content-Type": probe.transport.media_type}
    asked = {"Access-Control-Request-Method": "POST"}
    body = body_of(probe.transport, sample().request)
    answers = {
        "preflight": probe.client.request("OPTIONS", "/v1/traces", headers=fields | asked),
        "answer": probe.client.request("POST", "/v1/traces", body, fields | typed),
    }
    for name, answer in answers.items():
        granted = answer.headers.get("access-control-allow-origin", "")
        expect(granted not in {"*", _ELSEWHERE}, f"{name}: allows {granted!r}")


@checks(57)
def only_loopback_is_bound(probe: Probe) -> None:
    """The port is open on 127.0.0.1, and not on every address of the machine."""
    if probe.transport is Transport.GRPC:
        host, _, port = (probe.endpoint.grpc or "").rpartition(":")
    else:
        host, port = probe.endpoint.address[0], str(probe.endpoint.address[1])
    if host not in _LOOPBACK:
        probe.skip(f"{host} was chosen to be reached from elsewhere")
    with contextlib.suppress(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", int(port)), timeout=5).close()
        expect(condition=False, seen="the port is open on every address")
