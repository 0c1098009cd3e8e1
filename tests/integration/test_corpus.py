"""Real export requests of real instrumentors, sent to a server, and what is there of them then."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from otlp_requests import CORPUS, FOLDERS, items_of
from server import RunningServer
from stored import request_of_rows
from wire import Answer, Client, Transport

import spanlake
from spanlake.entities import Signal
from spanlake.otlp.json_decode import json_to_protobuf
from spanlake.otlp.messages import parse
from spanlake.storage.layout import Layout
from spanlake.storage.schema import TABLE_OF

# Field 1023, which OTLP ignores, makes another request of the same items.
_STRANGER = b"\xf8\x3f\x01"


class Sending(NamedTuple):
    """One way in which a captured request is sent, and its protobuf."""

    path: Path
    signal: Signal
    transport: Transport
    body: bytes
    payload: bytes


def sendings_of(folder: str) -> Iterator[Sending]:
    """Each request of a folder as it was captured, those in protobuf over gRPC, too."""
    for path in sorted((CORPUS / folder).glob("*.otlp*")):
        signal = Signal.LOGS if ".otlp-logs." in path.name else Signal.TRACES
        body = path.read_bytes()
        if path.suffix == ".json":
            payload = json_to_protobuf(signal, body)
            yield Sending(path, signal, Transport.JSON, body, payload)
        else:
            yield Sending(path, signal, Transport.PROTOBUF, body, body)
            yield Sending(path, signal, Transport.GRPC, body + _STRANGER, body)


SENDINGS = {folder: list(sendings_of(folder)) for folder in FOLDERS}


class Outcome(NamedTuple):
    """What became of all that was sent: the answers, and where it is stored."""

    answers: dict[tuple[Path, Transport], Answer]
    data: Path


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """A lake into which a server has taken the whole corpus, and is still running."""
    everything = [sending for sendings in SENDINGS.values() for sending in sendings]
    data = tmp_path_factory.mktemp("corpus") / "data"
    with (
        RunningServer(data) as server,
        Client(server) as client,
        ThreadPoolExecutor(8) as pool,
    ):

        def send(sending: Sending) -> Answer:
            return client.send(sending.transport, sending.signal, sending.body)

        keys = [(sending.path, sending.transport) for sending in everything]
        yield Outcome(dict(zip(keys, pool.map(send, everything), strict=True)), data)


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_instrumentors_send_is_accepted(outcome: Outcome, folder: str) -> None:
    """Every captured request is accepted whole, and nothing is said against it."""
    assert SENDINGS[folder]
    for sending in SENDINGS[folder]:
        answer = outcome.answers[sending.path, sending.transport]
        assert (answer.response, answer.message) == (b"", ""), sending.path.name


@pytest.mark.parametrize("signal", [Signal.TRACES, Signal.LOGS])
def test_what_instrumentors_send_comes_back(outcome: Outcome, signal: Signal) -> None:
    """Every span and log record of the corpus comes out again with all that was in it, typed."""
    sent = [
        parse(signal, sending.payload)
        for sendings in SENDINGS.values()
        for sending in sendings
        if sending.signal is signal
    ]
    files = Layout(outcome.data).hot_files(TABLE_OF[signal])
    rows = pa.concat_tables([pq.read_table(file) for file in files])
    assert len(rows) > 300
    assert items_of(signal, request_of_rows(signal, rows)) == items_of(signal, *sent)


@pytest.fixture(scope="module")
def attributes_in_sql(outcome: Outcome) -> Counter[tuple[str, str, str, str | None]]:
    """Trace id, span id, key and text of every attribute that SQL sees on a span."""
    query = (
        "SELECT trace_id, span_id, unnest(map_entries(attributes), recursive := true) FROM spans"
    )
    with spanlake.connect(outcome.data) as lake:
        return Counter(lake.sql(query).fetchall())


def texts_of(span: Span) -> dict[str, str]:
    """The attributes of a span that are text, the last of those with the same key."""
    return {
        pair.key: pair.value.string_value
        for pair in span.attributes
        if pair.value.HasField("string_value")
    }


@pytest.mark.parametrize("folder", FOLDERS)
def test_sql_sees_every_attribute(
    attributes_in_sql: Counter[tuple[str, str, str, str | None]], folder: str
) -> None:
    """Every attribute of text on a captured span is in SQL under its key, to the letter."""
    for sending in SENDINGS[folder]:
        if sending.signal is not Signal.TRACES:
            continue
        for of_resource in ExportTraceServiceRequest.FromString(sending.payload).resource_spans:
            for span in (span for scope in of_resource.scope_spans for span in scope.spans):
                ids = (span.trace_id.hex(), span.span_id.hex())
                for key, text in texts_of(span).items():
                    assert attributes_in_sql[*ids, key, text] > 0, (sending.path.name, key)
