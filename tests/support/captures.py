"""The captures of the corpus: what was sent, what the app really did, and a lake with all of it."""

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from otlp_requests import CORPUS, FOLDERS

from spanlake.collector.submission import Submission, Tabulate
from spanlake.collector.tabulate import tabulate_logs, tabulate_spans
from spanlake.entities import Signal
from spanlake.otlp.json_decode import json_to_protobuf
from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout
from spanlake.storage.parquet import encode
from spanlake.storage.schema import TABLE_OF

_TABULATE: dict[Signal, Tabulate] = {
    Signal.TRACES: tabulate_spans,
    Signal.LOGS: tabulate_logs,
}


@dataclass(frozen=True, slots=True)
class Capture:
    """One scenario of an instrumentor.

    requests: in protobuf, in the order of their arrival. expected: what the app did, as the README
    of the corpus describes it. trace_ids: hex; no other capture has any of them.
    """

    folder: str
    scenario: str
    requests: tuple[tuple[Signal, bytes], ...]
    expected: dict[str, Any]
    trace_ids: frozenset[str]

    @property
    def name(self) -> str:
        """Folder and scenario."""
        return f"{self.folder}/{self.scenario}"

    @property
    def true_values(self) -> dict[str, Any]:
        """What is known of facts that were not sent."""
        values: dict[str, Any] = self.expected.get("true_values_of_not_exported") or {}
        return values

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the capture that `<scenario>.expected.json` belongs to."""
        expected = json.loads(path.read_text("utf-8"))
        requests = tuple(_request(path.parent / name) for name in expected["files"])
        trace_ids = frozenset(span.trace_id.hex() for span in spans_in(requests))
        scenario = path.name.removesuffix(".expected.json")
        return cls(path.parent.name, scenario, requests, expected, trace_ids)


def spans_in(requests: Iterable[tuple[Signal, bytes]]) -> list[Span]:
    """All spans of the requests for traces."""
    return [
        span
        for signal, payload in requests
        if signal is Signal.TRACES
        for of_resource in ExportTraceServiceRequest.FromString(payload).resource_spans
        for of_scope in of_resource.scope_spans
        for span in of_scope.spans
    ]


def _request(path: Path) -> tuple[Signal, bytes]:
    signal = Signal.LOGS if ".otlp-logs." in path.name else Signal.TRACES
    body = path.read_bytes()
    return signal, json_to_protobuf(signal, body) if path.suffix == ".json" else body


def captures_of(folder: str) -> Iterator[Capture]:
    """The captures of one instrumentor, by name of their scenarios."""
    for path in sorted((CORPUS / folder).glob("*.expected.json")):
        yield Capture.read(path)


@cache
def every_capture() -> tuple[Capture, ...]:
    """All captures there are."""
    return tuple(capture for folder in FOLDERS for capture in captures_of(folder))


def store(captures: Iterable[Capture], data: Path) -> None:
    """Commit what was sent to the data directory, one file a signal."""
    requests = [request for capture in captures for request in capture.requests]
    now = time.time_ns()
    with HotWriter(Layout(data)) as writer:
        for signal, tabulate in _TABULATE.items():
            submissions = [
                Submission.of(payload, experiment=None, received_ns=now)
                for of, payload in requests
                if of is signal
            ]
            if submissions:
                writer.open_table(TABLE_OF[signal])
                rows = tabulate(submissions).rows
                writer.commit(TABLE_OF[signal], encode(rows, [], compression_level=1))
