"""OTLP where something is wrong: what is refused, how much of it, and in which words."""

import json
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest, RetryInfo
from samples import sample, span, traces
from server import RunningServer
from stored import stored
from wire import Client, Transport

from spanlake.entities import Signal
from spanlake.otlp.messages import REQUESTS

EVERY_WAY = pytest.mark.parametrize("transport", Transport)
EVERY_SIGNAL = pytest.mark.parametrize("signal", Signal)
WITH_IDS = pytest.mark.parametrize("signal", [Signal.TRACES, Signal.LOGS])


@EVERY_WAY
@WITH_IDS
def test_bad_items_are_counted_and_good_ones_kept(
    server: RunningServer, client: Client, transport: Transport, signal: Signal
) -> None:
    """OTLP 21: a request with bad items is accepted with their exact count; the good are stored."""
    sent = sample(signal, 5, bad=3)
    answer = client.send(transport, signal, sent.request)
    assert answer.code is grpc.StatusCode.OK
    assert answer.rejected == 3
    assert len(stored(server.data, signal, sent.mark)) == 5


@EVERY_WAY
@WITH_IDS
def test_the_reason_names_the_first_bad_item(
    client: Client, transport: Transport, signal: Signal
) -> None:
    """OTLP 22: the message of a partial success says which item broke which rule, and its value."""
    answer = client.send(transport, signal, sample(signal, 1, bad=2).request)
    assert "'bad 0': trace_id is '73686f7274': it must be 16 bytes" in answer.message


@EVERY_WAY
@WITH_IDS
def test_a_request_of_bad_items_only_is_accepted(
    server: RunningServer, client: Client, transport: Transport, signal: Signal
) -> None:
    """OTLP 24: bad items alone are a partial success without rows, and again when sent again."""
    sent = sample(signal, 0, bad=4)
    for _ in range(2):
        answer = client.send(transport, signal, sent.request)
        assert (answer.code, answer.rejected) == (grpc.StatusCode.OK, 4)
    assert len(stored(server.data, signal, sent.mark)) == 0


@EVERY_WAY
def test_spans_without_proper_ids_are_rejected_alone(
    server: RunningServer, client: Client, transport: Transport
) -> None:
    """OTLP 25: a span whose id is missing, all zeros or of another length is rejected alone."""
    spoiled = [
        span("bad", **{field: id_bytes})
        for field, length in (("trace_id", 16), ("span_id", 8))
        for id_bytes in (b"", bytes(length), *(b"x" * n for n in range(1, 20) if n != length))
    ]
    sent = traces(span("good"), *spoiled, span("good, too"))
    answer = client.send(transport, Signal.TRACES, sent.request)
    assert answer.rejected == len(spoiled) == 40
    assert "'bad': trace_id is ''" in answer.message
    kept = stored(server.data, Signal.TRACES, sent.mark)
    assert kept["name"].to_pylist() == ["good", "good, too"]


_UNDECODABLE = {
    Transport.GRPC: [b"\xff", b"\x0a\x05ab", b"not protobuf", b"\x0a" + b"\xff" * 11],
    Transport.PROTOBUF: [b"\xff", b"\x0a\x05ab", b"not protobuf", b'{"resourceSpans":[]}'],
    Transport.JSON: [b"{", b"[]", b'"text"', b"\x0a\x00", b'{"resourceSpans":{}} x', b"null x"],
}


@pytest.mark.parametrize(
    ("transport", "body"),
    [(transport, body) for transport, bodies in _UNDECODABLE.items() for body in bodies],
)
@EVERY_SIGNAL
def test_what_cannot_be_decoded_is_a_bad_request(
    client: Client, transport: Transport, signal: Signal, body: bytes
) -> None:
    """OTLP 26, 27, 28: an undecodable body is INVALID_ARGUMENT or 400, with a BadRequest why."""
    answer = client.send(transport, signal, body)
    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
    assert answer.status is not None
    assert answer.status.message
    assert answer.detail(RetryInfo) is None
    violation = answer.detail(BadRequest)
    assert violation is not None
    assert violation.field_violations[0].description == answer.status.message
    if answer.http is not None:
        assert answer.http.status == 400
        assert answer.http.headers["content-type"] == transport.media_type


def test_a_bad_request_takes_no_other_with_it(server: RunningServer, client: Client) -> None:
    """OTLP 21, 26: good requests sent among undecodable ones are stored."""
    sent = [sample(Signal.TRACES, 2) for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        bad = pool.map(
            lambda _: client.send(Transport.GRPC, Signal.TRACES, b"not protobuf").code,
            range(20),
        )
        good = pool.map(
            lambda each: client.send(Transport.GRPC, Signal.TRACES, each.request).code, sent
        )
    assert set(bad) == {grpc.StatusCode.INVALID_ARGUMENT}
    assert set(good) == {grpc.StatusCode.OK}
    assert all(len(stored(server.data, Signal.TRACES, each.mark)) == 2 for each in sent[::5])


@pytest.mark.parametrize("transport", [Transport.GRPC, Transport.PROTOBUF])
def test_log_records_sent_as_spans_are_rejected(
    server: RunningServer, client: Client, transport: Transport
) -> None:
    """OTLP 49: log records at the door for spans are rejected, all of them, with a reason."""
    sent = sample(Signal.LOGS, 3)
    answer = client.send(transport, Signal.TRACES, sent.payload)
    assert (answer.code, answer.rejected) == (grpc.StatusCode.OK, 3)
    assert "trace_id is '': it must be 16 bytes" in answer.message
    assert len(stored(server.data, Signal.TRACES, sent.mark)) == 0


@pytest.mark.parametrize("transport", [Transport.GRPC, Transport.PROTOBUF])
@pytest.mark.parametrize(
    ("of", "to"),
    [
        (Signal.TRACES, Signal.LOGS),
        (Signal.TRACES, Signal.METRICS),
        (Signal.LOGS, Signal.METRICS),
        (Signal.METRICS, Signal.TRACES),
        (Signal.METRICS, Signal.LOGS),
    ],
)
def test_other_signals_at_the_wrong_door_are_refused(
    client: Client, transport: Transport, of: Signal, to: Signal
) -> None:
    """OTLP 49: a request of another signal that cannot be decoded is told what it was taken for."""
    answer = client.send(transport, to, sample(of, 3).payload)
    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
    assert answer.status is not None
    assert f"not a protobuf {REQUESTS[to].DESCRIPTOR.name}" in answer.status.message


@EVERY_SIGNAL
@pytest.mark.parametrize(
    ("body", "stranger"),
    [
        (b'{"resourceProfiles":[{}]}', "resourceProfiles"),
        (b'{"resource_spans":[{"scope_spans":[]}],"resource_logs":[]}', "resource_spans"),
        (b'{"batches":[],"more":1}', "batches, more"),
    ],
)
def test_json_that_holds_nothing_of_the_signal_is_answered_with_a_warning(
    client: Client, signal: Signal, body: bytes, stranger: str
) -> None:
    """OTLP 23, 49: JSON without a member of its signal is accepted, and the sender is told."""
    answer = client.send(Transport.JSON, signal, body)
    assert (answer.code, answer.rejected) == (grpc.StatusCode.OK, 0)
    assert f"nothing is stored: a request for {signal} has no member {stranger}" in answer.message


def test_the_warning_is_no_longer_than_need_be(client: Client) -> None:
    """OTLP 17, 23: however many strange members there are, and how long, the answer is short."""
    body = json.dumps({f"{n} {'x' * 10_000}": n for n in range(100)}).encode()
    answer = client.send(Transport.JSON, Signal.TRACES, body)
    assert 100 < len(answer.message) < 300


@EVERY_WAY
def test_a_long_reason_is_cut(client: Client, transport: Transport) -> None:
    """OTLP 17: a reason that quotes from the request stays short, whatever there is to quote."""
    sent = traces(span("x" * 2_000_000, trace_id=b"y" * 2_000_000))
    answer = client.send(transport, Signal.TRACES, sent.request)
    assert answer.rejected == 1
    assert 50 < len(answer.message) < 1000
