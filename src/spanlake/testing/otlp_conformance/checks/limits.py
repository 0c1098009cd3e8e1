"""Statements 13 to 17, 30, 31 and 33: sizes, overload, and a disk that refuses."""

import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import grpc
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import RetryInfo

from spanlake.testing.otlp_conformance.client import Answer
from spanlake.testing.otlp_conformance.endpoint import shell
from spanlake.testing.otlp_conformance.payloads import (
    new_trace_id,
    request_of,
    sample,
    span,
    text,
)
from spanlake.testing.otlp_conformance.probe import Probe, checks, expect
from spanlake.testing.otlp_conformance.raw import raw_connection

_SETTLE_SECONDS = 0.3
_ATTEMPTS = 5
_MOST_RESPONSE = 4 << 20
_SMALL = 1 << 20
_OVERLOAD = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}


@checks(13)
def the_limit_holds_before_and_after_decompression(probe: Probe) -> None:
    """A request over it is refused, plain or gzip; one well within it is not."""
    for gzipped in (False, True):
        answer = _send_too_large(probe, gzipped=gzipped)
        expect(not answer.accepted, "a request over the limit is accepted")
    within = min(probe.endpoint.limit // 2, _SMALL)
    probe.accept(sample(attribute=text("text", "x" * within)).request)


@checks(14)
def too_large_is_413(probe: Probe) -> None:
    """Without a word of when to come again."""
    for gzipped in (False, True):
        answer = _send_too_large(probe, gzipped=gzipped)
        expect(answer.http and answer.http.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE, answer)
        expect(answer.http and "retry-after" not in answer.http.headers, "it has Retry-After")


@checks(15)
@checks(31)
def too_large_is_resource_exhausted(probe: Probe) -> None:
    """Without RetryInfo: sending it again cannot help."""
    for gzipped in (False, True):
        answer = _send_too_large(probe, gzipped=gzipped)
        expect(answer.code is grpc.StatusCode.RESOURCE_EXHAUSTED, answer)
        expect(answer.detail(RetryInfo) is None, "it has RetryInfo")


def _send_too_large(probe: Probe, *, gzipped: bool) -> Answer:
    large = sample(attribute=text("text", "x" * (probe.endpoint.limit + 1)))
    try:
        return probe.send(large.request, gzipped=gzipped)
    except ConnectionError:
        # It hung up before the body was sent; the answer is on a connection that is lost.
        return Answer(accepted=False, message="the connection was reset before an answer")


@checks(16)
def a_length_over_the_limit_is_refused_at_once(probe: Probe) -> None:
    """Before any of the body has come."""
    typed = f"Content-Type: {probe.transport.media_type}"
    with raw_connection(probe.endpoint) as connection:
        connection.send(connection.head(typed, f"Content-Length: {probe.endpoint.limit + 1}"))
        try:
            answer = connection.answer(timeout=min(10.0, probe.endpoint.read_timeout * 0.8))
        except (TimeoutError, ConnectionError):
            expect(condition=False, seen="it waits for the body")
            return
    expect(answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"HTTP {answer.status}")


@checks(17)
def an_answer_is_short(probe: Probe) -> None:
    """However long what it could quote."""
    spoiled = span(b"short", "x" * 1_000_000, trace_state="y" * 1_000_000)
    answer = probe.send(request_of(spoiled, span(new_trace_id())))
    size = len(answer.http.body) if answer.http else len(answer.response) + len(answer.message)
    expect(size < _MOST_RESPONSE, f"{size} bytes")


@contextmanager
def _overloaded(probe: Probe, budget: int) -> Iterator[None]:
    """Fill the budget, but for half a request, with bodies that do not end."""
    limit = probe.endpoint.limit
    typed = "Content-Type: application/x-protobuf"
    left = budget - limit // 2
    with contextlib.ExitStack() as held:
        while left > 0:
            part = min(left, limit * 7 // 8)
            connection = held.enter_context(raw_connection(probe.endpoint))
            connection.send(connection.head(typed, f"Content-Length: {part + 1}"), bytes(part))
            held.callback(connection.break_off)
            left -= part
        yield


@checks(30)
def overload_is_told_with_a_delay(probe: Probe) -> None:
    """And over, the same is accepted."""
    budget = probe.endpoint.budget
    if budget is None or probe.endpoint.http is None:
        probe.skip("how much is too much at once is not known: give --budget-mib and --http")
    size = probe.endpoint.limit * 3 // 4
    for _ in range(_ATTEMPTS):
        later = sample(attribute=text("text", "x" * size)).request
        with _overloaded(probe, budget):
            time.sleep(_SETTLE_SECONDS)
            answer = probe.send(later)
        if answer.accepted:
            # What fills the budget had not come yet, or was given up already.
            continue
        _expect_come_again(answer)
        _expect_accepted_soon(probe, later)
        return
    expect(condition=False, seen=f"{budget} bytes and a request more are taken at a time")


def _expect_accepted_soon(probe: Probe, request: Message) -> None:
    for _ in range(_ATTEMPTS * 10):
        answer = probe.send(request)
        if answer.accepted:
            return
        time.sleep(_SETTLE_SECONDS)
    expect(condition=False, seen=f"when the overload is over: {answer}")


def _expect_come_again(answer: Answer) -> None:
    if answer.http is not None:
        expect(answer.http.status in _OVERLOAD, answer)
        expect(answer.http.headers.get("retry-after"), "no Retry-After")
        return
    expect(answer.asks_for_retry, answer)
    expect(answer.detail(RetryInfo) is not None, f"no RetryInfo: {answer}")


@checks(33)
def what_cannot_be_stored_is_not_acknowledged(probe: Probe) -> None:
    """Nor lost: it is asked for again, and then accepted."""
    endpoint = probe.endpoint
    if endpoint.break_storage is None or endpoint.mend_storage is None:
        probe.skip("how to break the storage is not known: give --break-storage")
    sent = sample(3)
    shell(endpoint.break_storage)
    try:
        answer = probe.send(sent.request)
    finally:
        shell(endpoint.mend_storage)
    expect(not answer.accepted, "accepted, but it could not be stored")
    _expect_come_again(answer)
    probe.accept(sent.request)
    probe.stored(sent.trace_id, 3)
