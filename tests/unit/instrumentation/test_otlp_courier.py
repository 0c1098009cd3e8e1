"""OpenTelemetry's exporters against a server that answers as a test says."""

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import grpc
import pytest
from google.rpc.status_pb2 import Status
from http_double import Handler, HttpDouble
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)
from opentelemetry.sdk.trace import ReadableSpan
from recorded import Recorded

import spanlake
from spanlake.instrumentation.outbox import Answer
from spanlake.instrumentation.pipeline import Destination, courier

PARTIAL = ExportTraceServiceResponse(
    partial_success=ExportTracePartialSuccess(rejected_spans=1, error_message="span 1: no name")
)


class Reply(NamedTuple):
    """What the server answers: an HTTP status or a code of gRPC, and a body."""

    status: Any
    body: bytes = b""


@pytest.fixture
def spans(recorded: Recorded) -> list[ReadableSpan]:
    """A batch of two spans."""
    with spanlake.span("one"), spanlake.span("two"):
        pass
    return list(recorded.all)


class Replying(Handler):
    """Gives one reply to all that is sent."""

    given: Reply

    def reply(self) -> None:
        """Give it."""
        self.body()
        self.answer(self.given.status, self.given.body)


def deliver(url: str, spans: list[ReadableSpan], protocol: str = "http/protobuf") -> Answer:
    carrier = courier("traces", Destination(url, protocol), None)
    try:
        return carrier.deliver(spans)
    finally:
        carrier.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exporters try once: an attempt of theirs has no time for another."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.7")


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        (Reply(200), Answer(delivered=True)),
        (Reply(200, b"<html>a proxy"), Answer(delivered=True)),
        (
            Reply(200, PARTIAL.SerializeToString()),
            Answer(delivered=True, rejected=1, reason="span 1: no name"),
        ),
        (
            Reply(400, Status(code=3, message="bad id").SerializeToString()),
            Answer(delivered=False, reason="HTTP 400 bad id"),
        ),
        (Reply(413), Answer(delivered=False, reason="HTTP 413 Request Entity Too Large")),
        (Reply(401, b"who?"), Answer(delivered=False, reason="HTTP 401 who?")),
        (
            Reply(503),
            Answer(delivered=False, may_retry=True, reason="HTTP 503 Service Unavailable"),
        ),
    ],
)
def test_answers_over_http(
    spans: list[ReadableSpan],
    reply: Reply,
    answer: Answer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What came of a batch is known to the item and with its reason, and nothing is logged."""
    with caplog.at_level(logging.WARNING), HttpDouble(Replying, given=reply) as double:
        assert deliver(double.url, spans) == answer
    assert not caplog.records


class Traces(TraceServiceServicer):
    """A collector over gRPC that gives a reply."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def Export(self, request: object, context: grpc.ServicerContext) -> ExportTraceServiceResponse:  # noqa: ARG002, N802  # as the service has it
        if self._reply.status is not grpc.StatusCode.OK:
            context.abort(self._reply.status, "as told")
        return ExportTraceServiceResponse.FromString(self._reply.body)


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        (Reply(grpc.StatusCode.OK), Answer(delivered=True)),
        (
            Reply(grpc.StatusCode.OK, PARTIAL.SerializeToString()),
            Answer(delivered=True, rejected=1, reason="span 1: no name"),
        ),
        (
            Reply(grpc.StatusCode.INVALID_ARGUMENT),
            Answer(delivered=False, reason="gRPC INVALID_ARGUMENT: as told"),
        ),
        (
            Reply(grpc.StatusCode.UNAVAILABLE),
            Answer(delivered=False, may_retry=True, reason="gRPC UNAVAILABLE: as told"),
        ),
    ],
)
def test_answers_over_grpc(
    spans: list[ReadableSpan], reply: Reply, answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    """The same over gRPC, also when the exporter connects anew after a failure."""
    server = grpc.server(ThreadPoolExecutor(1))
    add_TraceServiceServicer_to_server(Traces(reply), server)  # type: ignore[no-untyped-call]  # generated
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with caplog.at_level(logging.WARNING):
            assert deliver(f"http://127.0.0.1:{port}", spans, "grpc") == answer
    finally:
        server.stop(None).wait()
    assert not caplog.records


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_nobody_listens(spans: list[ReadableSpan], protocol: str) -> None:
    """A collector that cannot be reached is told from one that answers."""
    carrier = courier("traces", Destination("http://127.0.0.1:9", protocol), None)
    answer = carrier.deliver(spans)
    assert (answer.delivered, answer.may_retry) == (False, True)
    assert "refused" in answer.reason
    assert carrier.is_unreachable
    assert carrier.trouble == answer.reason
    carrier.close()


def test_what_cannot_be_encoded(recorded: Recorded) -> None:
    """A span that protobuf cannot hold is refused for good, before anything is sent."""
    with spanlake.span("half \ud83d a pair"):
        pass
    with HttpDouble(Replying, given=Reply(200)) as double:
        answer = deliver(double.url, list(recorded.all))
    assert answer == Answer(delivered=False, reason="it could not be encoded")


def test_other_exporters_of_the_app_go_on_logging(caplog: pytest.LogCaptureFixture) -> None:
    """Only what the exporters say of our own deliveries is kept back."""
    courier("traces", Destination("http://127.0.0.1:9"), None).close()
    name = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
    with caplog.at_level(logging.WARNING):
        logging.getLogger(name).warning("of another pipeline")
    assert [record.getMessage() for record in caplog.records] == ["of another pipeline"]
