"""Forwarding to other backends: everything arrives, whatever dies, and nothing waits for it."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from google.protobuf.message import Message
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp_recorder import OtlpRecorder
from samples import sample
from server import RunningServer
from stored import exported, stored_marks
from wire import Client, Transport

from spanlake.collector.budget import Budget
from spanlake.collector.forwarding.exporters import forwarders
from spanlake.collector.metrics import CollectorMetrics
from spanlake.config import Settings
from spanlake.entities import Signal
from spanlake.errors import ConfigError
from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout

_SECONDS = 90.0
_PIPELINE = "{{receivers: [otlp], exporters: [lake, {name}]}}"


def _config(name: str, endpoint: str, further: str = "") -> str:
    pipelines = "\n".join(f"    {signal}: {_PIPELINE.format(name=name)}" for signal in Signal)
    return f"""
exporters:
  lake:
  {name}:
    endpoint: {endpoint}
    retry_on_failure: {{initial_interval: 100ms, max_interval: 200ms}}
    {further}
service:
  pipelines:
{pipelines}
"""


def _wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + _SECONDS
    while not condition():
        assert time.monotonic() < end, "it did not arrive"
        time.sleep(0.05)


def _span_ids(requests: list[tuple[Signal, bytes]]) -> Counter[bytes]:
    found: Counter[bytes] = Counter()
    for _, payload in requests:
        for resource in ExportTraceServiceRequest.FromString(payload).resource_spans:
            for scope in resource.scope_spans:
                found.update(span.span_id for span in scope.spans)
    return found


def _ids(request: Message) -> Counter[bytes]:
    return _span_ids([(Signal.TRACES, request.SerializeToString())])


def test_that_all_signals_arrive_as_they_were_sent(tmp_path: Path) -> None:
    """What a backend gets over gRPC exports to the same requests as what was sent."""
    sent = {signal: sample(signal, 3) for signal in Signal}
    with RunningServer(tmp_path / "backend") as backend:
        config = _config("otlp", backend.grpc, "tls: {insecure: true}")
        with RunningServer(tmp_path / "lake", config=config) as server, Client(server) as client:
            for signal, each in sent.items():
                answer = client.send(Transport.GRPC, signal, each.request)
                assert answer.code is grpc.StatusCode.OK
            for signal, each in sent.items():
                _wait_for(lambda s=signal, e=each: e.mark in stored_marks(backend.data, s))  # type: ignore[misc]  # of a loop
            _wait_for(
                lambda: b'spanlake_forwarded_items_total{exporter="' in server.get("/metrics")[1]
            )
        for signal, each in sent.items():
            assert exported(backend.data, signal, each.mark) == each.request
    assert not list((tmp_path / "lake" / "forwarding").rglob("*.parquet"))


def test_that_a_crash_while_the_backend_is_away_loses_nothing(tmp_path: Path) -> None:
    """What was acknowledged arrives after kill -9 and a new start, when the backend is back."""
    sent: Counter[bytes] = Counter()
    with OtlpRecorder() as backend:
        config = _config("otlphttp", backend.url)
        backend.is_away = True
        for _ in range(2):
            server = RunningServer(tmp_path / "lake", config=config)
            with Client(server) as client:
                for _ in range(4):
                    request = sample(Signal.TRACES, 5).request
                    answer = client.send(Transport.GRPC, Signal.TRACES, request)
                    assert answer.code is grpc.StatusCode.OK
                    sent += _ids(request)
            server.kill()
        backend.is_away = False
        with RunningServer(tmp_path / "lake", config=config):
            _wait_for(lambda: set(sent) <= set(_span_ids(backend.requests)))
    assert set(_span_ids(backend.requests)) == set(sent)


@pytest.mark.parametrize(
    ("exporter", "expected"),
    [
        ({"endpoint": "http://localhost:4318"}, "exporters.otlphttp.endpoint is .* must not be"),
        (None, "exporters.otlphttp has no endpoint: must have one"),
    ],
)
def test_that_a_backend_must_be_another(
    tmp_path: Path, exporter: dict[str, str] | None, expected: str
) -> None:
    """An endpoint that is the server's own, and none at all, are refused at the start."""
    pipeline = {"receivers": ("otlp",), "exporters": ("lake", "otlphttp")}
    settings = Settings.model_validate(
        {
            "exporters": {"otlphttp": exporter},
            "service": {"pipelines": {"traces": pipeline}},
        }
    )
    layout = Layout(tmp_path)
    metrics = CollectorMetrics(Budget(1, retry_after=1.0))
    with HotWriter(layout) as writer, pytest.raises(ConfigError, match=expected):
        forwarders(settings, layout, writer, metrics)
