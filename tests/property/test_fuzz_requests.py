"""Whatever is sent gets the answer it deserves, and harms no request that is sent beside it."""

import gzip
from collections.abc import Iterator
from functools import cache

import pytest
from chance import chance
from in_process import InProcess, Post
from judge import Case, Judge
from mutations import altered, spoilt
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp_requests import FOLDERS, corpus_requests
from samples import sample
from wire import JSON, PROTOBUF

from spanlake.entities import Signal
from spanlake.otlp.json_encode import protobuf_to_json

pytestmark = pytest.mark.timeout(300)

AT_ONCE = 96
SOME = 0.2
LARGEST = 8000


@cache
def bodies(signal: Signal) -> list[bytes]:
    """The real requests of a signal that are not so large that few could be tried."""
    real = [body for folder in FOLDERS for body in corpus_requests(folder, signal)]
    return [body for body in real if len(body) <= LARGEST]


@cache
def requests() -> list[ExportTraceServiceRequest]:
    """Those of spans as messages."""
    return [ExportTraceServiceRequest.FromString(body) for body in bodies(Signal.TRACES)]


@cache
def texts() -> list[bytes]:
    """Those of spans in JSON."""
    return [protobuf_to_json(request) for request in requests()]


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    """One collector for all these tests."""
    with InProcess(tmp_path_factory.mktemp("fuzz") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def judge(collector: InProcess) -> Judge:
    """Its judge."""
    return Judge(collector)


def test_spoilt_protobuf(judge: Judge) -> None:
    """Real requests with bytes changed, missing or added are taken or refused as they deserve."""
    source = chance("protobuf")
    for _ in range(100):
        judge.judge([Case(spoilt(source, bodies(Signal.TRACES))) for _ in range(AT_ONCE)])


def test_spoilt_json(judge: Judge) -> None:
    """The same in JSON, some of them compressed."""
    source = chance("json")
    for _ in range(54):
        judge.judge(
            [
                Case(spoilt(source, texts()), JSON, gzipped=source.random() < SOME)
                for _ in range(AT_ONCE)
            ]
        )


def test_altered_requests(judge: Judge) -> None:
    """Real requests in which anything stands for anything else are stored, but for bad ids."""
    source = chance("altered")
    for _ in range(57):
        changed = [altered(source, requests()) for _ in range(AT_ONCE)]
        judge.judge(
            [
                Case(protobuf_to_json(request), JSON)
                if source.random() < SOME
                else Case(request.SerializeToString())
                for request in changed
            ]
        )


@pytest.mark.parametrize("signal", [Signal.LOGS, Signal.METRICS])
def test_spoilt_requests_of_other_signals(collector: InProcess, signal: Signal) -> None:
    """Logs and metrics spoilt in the same way are taken, or refused as bad requests."""
    source = chance(signal)
    originals = bodies(signal) if signal is Signal.LOGS else []
    originals = originals + [sample(signal, items).payload for items in (1, 2, 20)]
    for _ in range(7):
        posts = [Post(signal, spoilt(source, originals), PROTOBUF) for _ in range(AT_ONCE)]
        assert statuses(collector, posts) <= {200, 400}


def test_anything_at_all(collector: InProcess) -> None:
    """Bytes without any sense, whatever they are said to be, are refused by the right class."""
    source = chance("anything")
    types = ("", "text/plain", JSON, PROTOBUF, "application/json; charset=utf-16", "\xff", ";;;")
    codings = ("", "gzip", "br", "gzip, gzip", "identity", "\xff")
    for _ in range(7):
        posts = [
            Post(
                source.choice(list(Signal)),
                source.randbytes(source.choice((0, 1, 2, 10, 100, 5000))),
                source.choice(types),
                source.choice(codings),
            )
            for _ in range(AT_ONCE)
        ]
        assert statuses(collector, posts) <= {200, 400, 415}


def test_spoilt_gzip(collector: InProcess) -> None:
    """Compressed requests with bytes changed are taken, or refused as bad or too large."""
    source = chance("gzip")
    originals = [gzip.compress(body, mtime=0) for body in bodies(Signal.TRACES)]
    for _ in range(7):
        posts = [
            Post(Signal.TRACES, spoilt(source, originals), PROTOBUF, "gzip") for _ in range(AT_ONCE)
        ]
        assert statuses(collector, posts) <= {200, 400, 413}


def statuses(collector: InProcess, posts: list[Post]) -> set[int]:
    return {answer.status for answer in collector.send(posts)}


def test_all_of_it_is_in_the_lake(judge: Judge) -> None:
    """After twenty thousand of them SQL reads all rows, and finds every good span once."""
    assert judge.sent > 20_000
    assert judge.lenient < judge.sent / 1000
    judge.check_lake()
