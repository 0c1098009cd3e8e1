"""OTLP/HTTP: paths, methods, content types and encodings, and what of HTTP/1.1 is spoken."""

import gzip
import socket

import grpc
import pytest
from samples import sample
from server import RunningServer
from stored import stored
from wire import JSON, PROTOBUF, Client, Transport, body_of, rpc_status

from spanlake.entities import Signal
from spanlake.testing.otlp_conformance.raw import chunk, raw_connection

ENCODED = pytest.mark.parametrize("transport", [Transport.PROTOBUF, Transport.JSON])
EVERY_SIGNAL = pytest.mark.parametrize("signal", Signal)
_PROFILES = "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export"


@ENCODED
def test_profiles_are_not_found(client: Client, transport: Transport) -> None:
    """OTLP 2, 28: the path for profiles is not there, and says so in the request's encoding."""
    answer = client.request(
        "POST", "/v1development/profiles", b"", {"Content-Type": transport.media_type}
    )
    assert answer.status == 404
    assert answer.headers["content-type"] == transport.media_type
    status = rpc_status(answer)
    assert status.code == grpc.StatusCode.UNIMPLEMENTED.value[0]
    assert "/v1development/profiles" in status.message


def test_profiles_are_unimplemented(server: RunningServer) -> None:
    """OTLP 2: the gRPC service for profiles is UNIMPLEMENTED."""
    with grpc.insecure_channel(server.grpc) as channel:
        export: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(_PROFILES)
        with pytest.raises(grpc.RpcError) as caught:
            export(b"", timeout=10)
    assert isinstance(caught.value, grpc.Call)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize(
    "declared",
    [
        "application/json",
        "application/json; charset=utf-8",
        "APPLICATION/JSON;charset=UTF-8",
        " application/json ; a=b; c=d",
        "application/x-protobuf",
        "Application/X-Protobuf; version=1",
    ],
)
@pytest.mark.parametrize("bad", [0, 1])
def test_an_answer_is_in_the_encoding_of_its_request(
    server: RunningServer, client: Client, declared: str, bad: int
) -> None:
    """OTLP 3, 4, 5: the media type, whatever its case and parameters, decides both encodings."""
    sent = sample(Signal.TRACES, 1, bad=bad)
    transport = Transport.JSON if "json" in declared.lower() else Transport.PROTOBUF
    body = body_of(transport, sent.request)
    answer = client.request("POST", "/v1/traces", body, {"Content-Type": declared})
    assert answer.status == 200
    assert answer.headers["content-type"] == transport.media_type
    assert len(stored(server.data, Signal.TRACES, sent.mark)) == 1


@EVERY_SIGNAL
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": ""},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/protobuf"},
        {"Content-Type": "application/json5"},
        {"Content-Type": "application/grpc"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "x" * 10_000},
    ],
    ids=lambda headers: headers.get("Content-Type", "none")[:20],
)
def test_other_content_types_are_refused(
    client: Client, signal: Signal, headers: dict[str, str]
) -> None:
    """OTLP 6, 28: a content type that is missing or not OTLP's is 415, explained in JSON."""
    answer = client.request("POST", f"/v1/{signal}", sample(signal).payload, headers)
    assert answer.status == 415
    assert answer.headers["content-type"] == JSON
    message = rpc_status(answer).message
    assert "must be application/x-protobuf or application/json" in message
    assert len(message) < 200


@EVERY_SIGNAL
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"])
def test_only_post_is_allowed(client: Client, signal: Signal, method: str) -> None:
    """OTLP 7, 28, 56: any method but POST is 405 with Allow, and a preflight gets nothing."""
    headers = {
        "Content-Type": PROTOBUF,
        "Origin": "https://app.example.com",
        "Access-Control-Request-Method": "POST",
    }
    answer = client.request(method, f"/v1/{signal}", headers=headers)
    assert answer.status == 405
    assert answer.headers["allow"] == "POST"
    assert not any(name.startswith("access-control-") for name in answer.headers)
    if method != "HEAD":
        assert "Method Not Allowed" in rpc_status(answer).message


def test_there_is_no_cross_origin_access(client: Client) -> None:
    """OTLP 56: without origins in the configuration, a page elsewhere can neither send nor read."""
    headers = {"Content-Type": JSON, "Origin": "https://app.example.com"}
    answer = client.request("POST", "/v1/traces", b"{}", headers)
    assert answer.status == 403
    assert not any(name.startswith("access-control-") for name in answer.headers)


@ENCODED
@pytest.mark.parametrize("declared", ["br", "zstd", "deflate", "gzip, gzip", "x", "*"])
def test_other_content_encodings_are_refused(
    client: Client, transport: Transport, declared: str
) -> None:
    """OTLP 9, 28: a content encoding other than gzip is 415, in the request's encoding."""
    headers = {"Content-Type": transport.media_type, "Content-Encoding": declared}
    answer = client.request("POST", "/v1/traces", b"whatever", headers)
    assert answer.status == 415
    assert answer.headers["content-type"] == transport.media_type
    assert f"Content-Encoding is {declared!r}" in rpc_status(answer).message


@pytest.mark.parametrize("declared", ["gzip", "GZip", " gzip ", "identity", ""])
def test_gzip_may_be_spelt_in_any_case(client: Client, declared: str) -> None:
    """OTLP 8: gzip and identity are known in any case, and an empty encoding is none."""
    body = sample(Signal.TRACES).payload
    if "gzip" in declared.lower():
        body = gzip.compress(body)
    headers = {"Content-Type": PROTOBUF, "Content-Encoding": declared}
    assert client.request("POST", "/v1/traces", body, headers).status == 200


_ZIPPED = gzip.compress(sample(Signal.TRACES, 50).payload)


@ENCODED
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not gzip",
        b"\x1f",
        _ZIPPED[:10],
        _ZIPPED[: len(_ZIPPED) // 2],
        _ZIPPED[:-1],
        _ZIPPED[:-8] + b"\0" * 8,
        _ZIPPED[:20] + b"\xff" + _ZIPPED[21:],
        _ZIPPED + b"garbage",
        _ZIPPED + b"\x1f\x8b",
    ],
    ids=["empty", "other", "byte", "head", "half", "cut", "sum", "flipped", "garbage", "second"],
)
def test_damaged_gzip_is_a_bad_request(client: Client, transport: Transport, body: bytes) -> None:
    """OTLP 10, 28: gzip that is corrupted, cut short or followed by garbage is 400."""
    headers = {"Content-Type": transport.media_type, "Content-Encoding": "gzip"}
    answer = client.request("POST", "/v1/traces", body, headers)
    assert answer.status == 400
    assert "Content-Encoding is gzip, but the body" in rpc_status(answer).message


def test_gzip_of_several_members_is_read_to_the_end(server: RunningServer, client: Client) -> None:
    """OTLP 10: gzip of several members, some of them empty, is all of them."""
    sent = sample(Signal.TRACES, 30)
    half = len(sent.payload) // 2
    parts = (b"", sent.payload[:half], b"", sent.payload[half:], b"")
    headers = {"Content-Type": PROTOBUF, "Content-Encoding": "gzip"}
    answer = client.request("POST", "/v1/traces", b"".join(map(gzip.compress, parts)), headers)
    assert answer.status == 200
    assert len(stored(server.data, Signal.TRACES, sent.mark)) == 30


def test_an_answer_is_plain_also_for_who_takes_gzip(client: Client) -> None:
    """OTLP 11: Accept-Encoding changes nothing, as the answer is shorter than its gzip."""
    headers = {"Content-Type": JSON, "Accept-Encoding": "gzip, deflate, br"}
    answer = client.request("POST", "/v1/traces", b"{}", headers)
    assert "content-encoding" not in answer.headers
    assert answer.body == b"{}"


def test_a_connection_is_kept_for_the_next_request(server: RunningServer) -> None:
    """OTLP 12: requests may follow one another on a connection, refused ones among them."""
    typed = f"Content-Type: {PROTOBUF}"
    with raw_connection(server.endpoint) as connection:
        for status, type_line in [(200, typed), (415, "X: y"), (200, typed), (200, typed)]:
            payload = sample(Signal.TRACES).payload
            length = f"Content-Length: {len(payload)}"
            connection.send(connection.head(type_line, length), payload)
            assert connection.answer().status == status


def test_requests_may_be_sent_before_answers_are_read(server: RunningServer) -> None:
    """OTLP 12: pipelined requests are answered, each in its turn."""
    sent = [sample(Signal.TRACES) for _ in range(5)]
    with raw_connection(server.endpoint) as connection:
        for each in sent:
            length = f"Content-Length: {len(each.payload)}"
            connection.send(connection.head(f"Content-Type: {PROTOBUF}", length), each.payload)
        assert [connection.answer().status for _ in sent] == [200] * 5
    assert all(len(stored(server.data, Signal.TRACES, each.mark)) == 1 for each in sent)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_body_may_come_in_chunks(server: RunningServer, size: int) -> None:
    """OTLP 12: a chunked body of unknown length is taken, whatever the chunks."""
    sent = sample(Signal.TRACES, 5)
    pieces = [sent.payload[at : at + size] for at in range(0, len(sent.payload), size)]
    with raw_connection(server.endpoint) as connection:
        connection.send(
            connection.head(f"Content-Type: {PROTOBUF}", "Transfer-Encoding: chunked"),
            *map(chunk, [*pieces, b""]),
        )
        assert connection.answer().status == 200
    assert len(stored(server.data, Signal.TRACES, sent.mark)) == 5


def test_who_asks_first_is_told_to_go_on(server: RunningServer) -> None:
    """OTLP 12: Expect: 100-continue is answered, and then the body is."""
    payload = sample(Signal.TRACES).payload
    fields = (f"Content-Type: {PROTOBUF}", f"Content-Length: {len(payload)}")
    with raw_connection(server.endpoint) as connection:
        connection.send(connection.head(*fields, "Expect: 100-continue"))
        assert connection.interim().startswith(b"HTTP/1.1 100 ")
        connection.send(payload)
        assert connection.answer().status == 200


def test_who_asks_first_may_be_refused_without_a_body(server: RunningServer) -> None:
    """OTLP 12: who waits for 100-continue is spared the body that would be refused."""
    fields = ("Content-Type: text/plain", "Content-Length: 1000", "Expect: 100-continue")
    with raw_connection(server.endpoint) as connection:
        connection.send(connection.head(*fields))
        assert connection.answer().status == 415


@pytest.mark.parametrize(
    "fields",
    [
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: -1",),
        ("Content-Length: 0x10",),
        (f"Content-Length: {'9' * 5000}",),
        ("Content-Length: 5", "Transfer-Encoding: chunked, identity"),
        ("Transfer-Encoding: gzip",),
        ("Bad Header: 1",),
    ],
)
def test_what_is_not_http_is_refused(server: RunningServer, fields: tuple[str, ...]) -> None:
    """OTLP 29: a request that breaks HTTP itself ends with a 4xx and the connection."""
    with raw_connection(server.endpoint) as connection:
        connection.send(connection.head(f"Content-Type: {PROTOBUF}", *fields), b"01234")
        assert 400 <= connection.answer().status < 500
        assert connection.is_closed_within(5)


def test_the_server_listens_on_loopback_only(server: RunningServer) -> None:
    """OTLP 57: by default both ports are bound to 127.0.0.1, and no other address has them."""
    for where in (server.grpc, server.http):
        host, _, port = where.rpartition(":")
        assert host == "127.0.0.1"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", int(port)), timeout=5)
