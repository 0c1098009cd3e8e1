"""OTLP as it is meant to go: accepted, stored, answered, by every transport and signal."""

from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from filled import filled
from google.protobuf import json_format
from google.protobuf.message import Message
from otlp_requests import items_of
from samples import MARK, resource_of, sample, span, text, traces
from server import RunningServer
from stored import exported, seen, stored
from wire import Client, Transport

from spanlake.entities import Signal
from spanlake.otlp.messages import REQUESTS

EVERY_WAY = pytest.mark.parametrize("transport", Transport)
EVERY_SIGNAL = pytest.mark.parametrize("signal", Signal)


@EVERY_WAY
@EVERY_SIGNAL
@pytest.mark.parametrize("gzipped", [False, True], ids=["plain", "gzip"])
def test_a_request_is_stored_when_it_is_answered(
    server: RunningServer, client: Client, transport: Transport, signal: Signal, *, gzipped: bool
) -> None:
    """OTLP 1, 3, 8, 53: a request, gzipped or not, is answered OK once its items are stored."""
    sent = sample(signal, 3)
    answer = client.send(transport, signal, sent.request, gzipped=gzipped)
    assert answer.code is grpc.StatusCode.OK
    kept = exported(server.data, signal, sent.mark)
    assert items_of(signal, kept) == items_of(signal, sent.request)


@EVERY_WAY
@EVERY_SIGNAL
def test_full_success_says_nothing(client: Client, transport: Transport, signal: Signal) -> None:
    """OTLP 18: the answer to a request without a fault leaves partial_success unset."""
    answer = client.send(transport, signal, sample(signal, 2).request)
    assert answer.response == b""
    if answer.http is not None:
        assert answer.http.body == (b"{}" if transport is Transport.JSON else b"")


@EVERY_WAY
@EVERY_SIGNAL
def test_an_empty_request_succeeds(client: Client, transport: Transport, signal: Signal) -> None:
    """OTLP 19: a request without a resource is a success, and so is a body of no bytes."""
    assert client.send(transport, signal, REQUESTS[signal]()).response == b""
    assert client.send(transport, signal, b"").response == b""


@EVERY_WAY
@pytest.mark.parametrize(
    ("signal", "body"),
    [
        (Signal.TRACES, '{"resourceSpans":[{}]}'),
        (Signal.TRACES, '{"resourceSpans":[{"scopeSpans":[{"scope":{"name":"a"}}]}]}'),
        (Signal.LOGS, '{"resourceLogs":[{"resource":{}},{"scopeLogs":[]}]}'),
        (Signal.METRICS, '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{}]}]}]}'),
        (Signal.METRICS, '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":{}}]}]}]}'),
    ],
)
def test_empty_envelopes_succeed_and_leave_no_row(
    server: RunningServer, client: Client, transport: Transport, signal: Signal, body: str
) -> None:
    """OTLP 20: a resource without scopes, or a scope without items, is a success without rows."""
    before = server.metric("spanlake_committed_items_total")
    request = json_format.Parse(body, REQUESTS[signal]())
    assert client.send(transport, signal, request).response == b""
    assert server.metric("spanlake_committed_items_total") == before


@EVERY_WAY
@EVERY_SIGNAL
def test_every_field_is_kept(
    server: RunningServer, client: Client, transport: Transport, signal: Signal
) -> None:
    """OTLP 50: every field there is in OTLP comes out again as it went in."""
    request = filled(signal)
    mark = f"{transport} {signal}"
    resource_of(request).attributes.append(text(MARK, mark))
    assert client.send(transport, signal, request).response == b""
    assert items_of(signal, exported(server.data, signal, mark)) == items_of(signal, request)


@EVERY_SIGNAL
def test_rows_do_not_tell_how_they_came(
    server: RunningServer, client: Client, signal: Signal
) -> None:
    """OTLP 58: the same request by gRPC, protobuf or JSON becomes the same rows."""
    rows = []
    for transport in Transport:
        mark = f"by {transport}"
        request = filled(signal)
        resource_of(request).attributes.append(text(MARK, mark))
        assert client.send(transport, signal, request).response == b""
        rows.append(str(seen(server.data, signal, mark)).replace(mark, ""))
    assert len(rows[0]) > 1000
    assert rows[0] == rows[1] == rows[2]


@EVERY_WAY
@EVERY_SIGNAL
@pytest.mark.parametrize(
    "named",
    [(" canary ", "canary"), ("x" * 1000, "x" * 200), ("", "tests"), (None, "tests")],
    ids=["name", "long", "empty", "none"],
)
def test_a_header_may_name_the_experiment(
    server: RunningServer,
    client: Client,
    transport: Transport,
    signal: Signal,
    named: tuple[str | None, str],
) -> None:
    """Items are of the experiment that the request's header names, else of their service's."""
    header, experiment = named
    sent = sample(signal, 2)
    headers = {} if header is None else {"x-spanlake-experiment": header}
    assert client.send(transport, signal, sent.request, headers=headers).response == b""
    kept = stored(server.data, signal, sent.mark)
    assert kept["experiment"].to_pylist() == [experiment] * 2


@EVERY_WAY
def test_odd_spans_are_kept(server: RunningServer, client: Client, transport: Transport) -> None:
    """OTLP 25: a span that ends before it starts, has no name or is to come is kept as it is."""
    odd = [
        span("backwards", start_time_unix_nano=2_000, end_time_unix_nano=1_000),
        span(""),
        span("timeless", start_time_unix_nano=0, end_time_unix_nano=0),
        span("to come", start_time_unix_nano=2**63 - 1, end_time_unix_nano=2**64 - 1),
        span("unheard of", kind=77, flags=2**32 - 1),
    ]
    sent = traces(*odd)
    assert client.send(transport, Signal.TRACES, sent.request).response == b""
    kept = exported(server.data, Signal.TRACES, sent.mark)
    assert items_of(Signal.TRACES, kept) == items_of(Signal.TRACES, sent.request)


@EVERY_WAY
@EVERY_SIGNAL
def test_a_request_sent_again_is_stored_once(
    server: RunningServer, client: Client, transport: Transport, signal: Signal
) -> None:
    """OTLP 51: a request sent again gets the same answer, and its items are there once."""
    sent = sample(signal, 4, bad=1)
    answers = [client.send(transport, signal, sent.request) for _ in range(3)]
    assert {answer.response for answer in answers} == {answers[0].response}
    assert len(stored(server.data, signal, sent.mark)) == 4


@EVERY_WAY
def test_a_hundred_calls_at_once_are_all_stored(
    server: RunningServer, client: Client, transport: Transport
) -> None:
    """OTLP 52: a hundred requests at the same time are each answered and stored."""
    sent = [sample(Signal.TRACES, 2) for _ in range(100)]

    def send(request: Message) -> grpc.StatusCode | None:
        return client.send(transport, Signal.TRACES, request).code

    with ThreadPoolExecutor(100) as pool:
        codes = list(pool.map(send, [each.request for each in sent]))
    assert codes == [grpc.StatusCode.OK] * 100
    assert sum(len(stored(server.data, Signal.TRACES, each.mark)) for each in sent[::25]) == 8
