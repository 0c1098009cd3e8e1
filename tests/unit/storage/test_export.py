"""Export of stored traces, as they were sent."""

import io
import json
from pathlib import Path

import pytest
from in_process import InProcess, Post
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp_requests import FOLDERS, corpus_requests, items_of

from spanlake.entities import Signal
from spanlake.otlp.json_decode import json_to_protobuf
from spanlake.storage import export
from spanlake.storage.export import OtlpFormat, write_otlp, write_spans
from spanlake.storage.lake import Lake
from spanlake.storage.traces import all_ids

_PROTOBUF = "application/x-protobuf"


@pytest.fixture(scope="module")
def sent() -> list[ExportTraceServiceRequest]:
    """Real requests of every instrumentor in the corpus."""
    return [
        ExportTraceServiceRequest.FromString(payload)
        for folder in FOLDERS
        for payload in corpus_requests(folder, Signal.TRACES)
    ]


@pytest.fixture(scope="module")
def data(sent: list[ExportTraceServiceRequest], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake that these were sent to."""
    folder = tmp_path_factory.mktemp("export") / "lake"
    with InProcess(folder) as collector:
        posts = [Post(Signal.TRACES, each.SerializeToString(), _PROTOBUF) for each in sent]
        assert {answer.status for answer in collector.send(posts)} == {200}
    return folder


def exported(data: Path, output_format: OtlpFormat) -> bytes:
    """All traces in a format."""
    sink = io.BytesIO()
    with Lake(data) as lake:
        write_otlp(lake, all_ids(lake), output_format, sink)
    return sink.getvalue()


def test_protobuf_is_what_was_sent(sent: list[ExportTraceServiceRequest], data: Path) -> None:
    """One request has every span that was sent, with its scope, resource and attributes."""
    request = ExportTraceServiceRequest.FromString(exported(data, "otlp-proto"))
    assert items_of(Signal.TRACES, request) == items_of(Signal.TRACES, *sent)


def test_json_is_what_was_sent(
    sent: list[ExportTraceServiceRequest], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line is a request in OTLP/JSON; all of them together have what was sent."""
    monkeypatch.setattr(export, "_SPANS_A_REQUEST", 50)
    lines = exported(data, "otlp-json").splitlines()
    requests = [
        ExportTraceServiceRequest.FromString(json_to_protobuf(Signal.TRACES, line))
        for line in lines
    ]
    assert len(lines) > 1
    assert items_of(Signal.TRACES, *requests) == items_of(Signal.TRACES, *sent)


def test_rows_are_those_of_the_view(data: Path) -> None:
    """As JSON lines the export has the rows and columns of the view spans."""
    sink = io.BytesIO()
    with Lake(data) as lake:
        columns = lake.sql("FROM spans").columns
        (count,) = lake.sql("SELECT count(*) FROM spans").fetchall()[0]
        write_spans(lake, all_ids(lake), "jsonl", sink)
    rows = [json.loads(line) for line in sink.getvalue().splitlines()]
    assert len(rows) == count
    assert list(rows[0]) == columns
