"""Statements 26 to 29, 32, 34 and 35: what is refused, in which words, and when to come again."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path

import grpc
from google.rpc.error_details_pb2 import BadRequest
from google.rpc.status_pb2 import Status

from spanlake.testing.otlp_conformance.client import Answer, HttpAnswer, body_of
from spanlake.testing.otlp_conformance.payloads import sample
from spanlake.testing.otlp_conformance.probe import Probe, checks, expect
from spanlake.testing.otlp_conformance.statement import Transport

_UNDECODABLE = {
    Transport.GRPC: (b"\xff", b"\x0a\x05ab", b"not protobuf"),
    Transport.PROTOBUF: (b"\xff", b"\x0a\x05ab", b"not protobuf"),
    Transport.JSON: (b"{", b"[]", b"\x0a\x00", b"null x"),
}
# The Collector's table, and the HTTP statuses that have no code of their own in it.
_CODES = {
    HTTPStatus.BAD_REQUEST: {grpc.StatusCode.INVALID_ARGUMENT},
    HTTPStatus.UNAUTHORIZED: {grpc.StatusCode.UNAUTHENTICATED},
    HTTPStatus.FORBIDDEN: {grpc.StatusCode.PERMISSION_DENIED},
    HTTPStatus.NOT_FOUND: {grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.NOT_FOUND},
    HTTPStatus.METHOD_NOT_ALLOWED: {grpc.StatusCode.UNIMPLEMENTED},
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.UNIMPLEMENTED,
    },
}
_SENDERS, _STOP_SECONDS = 4, 30


@checks(26)
def what_cannot_be_decoded_is_a_bad_request(probe: Probe) -> None:
    """Whatever it is."""
    for body in _UNDECODABLE[probe.transport]:
        answer = probe.send(body)
        is_bad = answer.is_refusal(HTTPStatus.BAD_REQUEST, grpc.StatusCode.INVALID_ARGUMENT)
        expect(is_bad, f"{body!r}: {answer}")


@checks(27)
def a_bad_request_has_details(probe: Probe) -> None:
    """A BadRequest, which says what was wrong."""
    answer = probe.send(_UNDECODABLE[probe.transport][0])
    expect(answer.detail(BadRequest) is not None, f"no BadRequest: {answer}")


@checks(28)
def a_refusal_is_a_status(probe: Probe) -> None:
    """In the encoding of the request, whatever was refused."""
    for name, answer in _refusals(probe).items():
        expect(answer.status >= HTTPStatus.BAD_REQUEST, f"{name}: HTTP {answer.status}")
        found = answer.media_type
        expect(found == probe.transport.media_type, f"{name}: Content-Type is {found!r}")
        status = Status()
        is_status = answer.fills(status, found) and bool(status.message)
        expect(is_status, f"{name}: no google.rpc.Status: {answer.body[:80]!r}")


@checks(29)
def what_is_wrong_for_good_asks_for_no_retry(probe: Probe) -> None:
    """Nor is it a fault of the server."""
    for body in _UNDECODABLE[probe.transport]:
        answer = probe.send(body)
        expect(not answer.accepted, f"{body!r} is accepted")
        expect(not answer.asks_for_retry, answer)
        is_fault = (
            answer.http is not None and answer.http.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        )
        expect(not is_fault, answer)


@checks(32)
def both_codes_agree(probe: Probe) -> None:
    """That of HTTP and that within the Status."""
    for name, answer in _refusals(probe).items():
        status = Status()
        expect(answer.fills(status, answer.media_type), f"{name}: no google.rpc.Status")
        codes = _CODES.get(HTTPStatus(answer.status), set())
        numbers = {code.value[0] for code in codes}
        expect(status.code in numbers, f"{name}: HTTP {answer.status} with code {status.code}")


def _refusals(probe: Probe) -> dict[str, HttpAnswer]:
    """A refusal of each kind that every server can be brought to."""
    fields = {**probe.endpoint.headers, "Content-Type": probe.transport.media_type}
    body = body_of(probe.transport, sample().request)
    send = probe.client.request
    encoded = {**fields, "Content-Encoding": "x-made-up"}
    return {
        "undecodable": send("POST", "/v1/traces", _UNDECODABLE[probe.transport][0], fields),
        "unknown path": send("POST", "/v1/made-up", body, fields),
        "wrong method": send("PUT", "/v1/traces", body, fields),
        "wrong encoding": send("POST", "/v1/traces", body, encoded),
    }


@checks(35)
def credentials_are_asked_for(probe: Probe) -> None:
    """Where there are any."""
    if not any(name.lower() == "authorization" for name in probe.endpoint.headers):
        probe.skip("no credentials are given: add --header 'authorization: …'")
    others = {
        name: value
        for name, value in probe.endpoint.headers.items()
        if name.lower() != "authorization"
    }
    for credentials in ({}, {"authorization": "Bearer wrong"}):
        answer = probe.client.send(
            probe.transport, sample().request, headers={**others, **credentials}
        )
        is_told = answer.is_refusal(HTTPStatus.UNAUTHORIZED, grpc.StatusCode.UNAUTHENTICATED)
        expect(is_told, answer)


@checks(34)
def a_server_that_ends_answers_what_it_has(probe: Probe) -> None:
    """It is told to end while all transports send; no answer is a fault of its own."""
    if probe.endpoint.pid is None:
        probe.skip("the server may not be ended: give --pid")
    if "answers of the end" not in probe.shared:
        probe.shared["answers of the end"] = _end(probe, probe.endpoint.pid)
    answers: list[Answer] = probe.shared["answers of the end"][probe.transport]
    expect(any(answer.accepted for answer in answers), "nothing was accepted before the end")
    for answer in answers:
        expect(answer.accepted or answer.asks_for_retry, answer)


def _end(probe: Probe, pid: int) -> dict[Transport, list[Answer]]:
    """Send by every transport, end the server meanwhile; what was said until it was gone."""
    answers: dict[Transport, list[Answer]] = {transport: [] for transport in Transport}
    is_over = threading.Event()

    def send(transport: Transport) -> None:
        while not is_over.is_set():
            try:
                answers[transport].append(probe.client.send(transport, sample().request))
            except (OSError, HTTPException):
                return
            if answers[transport][-1].code is grpc.StatusCode.UNAVAILABLE:
                return

    ways = [
        transport
        for transport in Transport
        if (probe.endpoint.grpc if transport is Transport.GRPC else probe.endpoint.http)
    ]
    with ThreadPoolExecutor(_SENDERS * len(ways)) as pool:
        for transport in ways * _SENDERS:
            pool.submit(send, transport)
        time.sleep(0.5)
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while _is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        is_over.set()
    return answers


def _is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
