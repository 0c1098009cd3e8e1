"""Spoilt and hostile requests by the ten thousand: each gets the answer it deserves."""

import os
from pathlib import Path

import pytest
from chance import chance
from in_process import InProcess
from judge import Case, Judge
from mutations import altered, spoilt
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp_requests import FOLDERS, corpus_requests
from tally import Family, Tally
from wire import JSON

from spanlake.entities import Signal
from spanlake.otlp.json_encode import protobuf_to_json

MANY = int(os.environ.get("SPANLAKE_INPUTS") or 30_000)
AT_ONCE = 32
LARGEST = 8000


@pytest.fixture(scope="module")
def originals() -> list[ExportTraceServiceRequest]:
    """What instrumentors really sent, but for the longest."""
    real = [body for folder in FOLDERS for body in corpus_requests(folder, Signal.TRACES)]
    return [ExportTraceServiceRequest.FromString(body) for body in real if len(body) <= LARGEST]


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", ["protobuf", "json", "altered"])
def test_many_spoilt_requests(
    tmp_path: Path, originals: list[ExportTraceServiceRequest], kind: str, tally: Tally
) -> None:
    """Real requests with bytes or values changed are taken or refused, never a fault of ours."""
    source = chance(f"many {kind}")
    binary = [each.SerializeToString() for each in originals]
    texts = [protobuf_to_json(each) for each in originals]

    def case() -> Case:
        match kind:
            case "protobuf":
                return Case(spoilt(source, binary))
            case "json":
                return Case(spoilt(source, texts), JSON)
            case _:
                return Case(altered(source, originals).SerializeToString())

    with InProcess(tmp_path / "data") as collector:
        judge = Judge(collector)
        while judge.sent < MANY:
            judge.judge([case() for _ in range(AT_ONCE)])
        judge.check_lake()
    tally(Family.INPUT, judge.sent, seeds=[f"many {kind}"])
