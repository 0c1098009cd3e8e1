"""Spoilt requests and mere noise over real sockets: the server answers, lives and goes on."""

import contextlib
import socket

import grpc
import pytest
from chance import chance
from judge import Case, deserved_by
from mutations import spoilt
from otlp_requests import corpus_requests
from samples import sample
from server import RunningServer
from wire import Client, Transport

from spanlake.entities import Signal
from spanlake.otlp.json_encode import protobuf_to_json
from spanlake.otlp.messages import parse

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\0\0\0\4\0\0\0\0\0"
STARTS = {
    "grpc": (b"", PREFACE, PREFACE + SETTINGS, PREFACE + b"\0\xff\xff\1\5\0\0\0\1"),
    "http": (
        b"",
        b"POST /v1/traces HTTP/1.1\r\n",
        b"POST /v1/traces HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
    ),
}


@pytest.mark.parametrize("transport", Transport)
def test_spoilt_requests_get_the_answers_they_deserve(client: Client, transport: Transport) -> None:
    """What decodes is OK and what does not is a bad request, on every transport, one by one."""
    source = chance(transport)
    originals = corpus_requests("openinference-openai", Signal.TRACES)
    if transport is Transport.JSON:
        originals = [protobuf_to_json(parse(Signal.TRACES, body)) for body in originals]
    for _ in range(100):
        body = spoilt(source, originals)
        deserved = deserved_by(Case(body, transport.media_type))
        answer = client.send(transport, Signal.TRACES, body)
        if deserved is None:
            assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
        else:
            assert answer.code is grpc.StatusCode.OK
            assert answer.rejected == deserved.rejected
    good = client.send(transport, Signal.TRACES, sample(Signal.TRACES).request)
    assert good.code is grpc.StatusCode.OK


@pytest.mark.parametrize("protocol", STARTS)
def test_noise_does_no_harm(server: RunningServer, client: Client, protocol: str) -> None:
    """Connections that bring noise, whatever they begin with, harm no other."""
    source = chance(protocol)
    host, _, port = getattr(server, protocol).rpartition(":")
    for _ in range(60):
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            noise = source.choice(STARTS[protocol]) + source.randbytes(source.randrange(3000))
            with contextlib.suppress(ConnectionError):
                connection.sendall(noise)
    for transport in Transport:
        answer = client.send(transport, Signal.TRACES, sample(Signal.TRACES).request)
        assert answer.code is grpc.StatusCode.OK
    assert server.get("/healthz")[0] == 200
