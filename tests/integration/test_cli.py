"""The commands as programs, beside a server that runs."""

import json
import os
import subprocess
import sys
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp_requests import corpus_requests, items_of
from samples import sample
from server import RunningServer
from wire import Client, Transport

from spanlake.entities import Signal


def spanlake(*arguments: str, data: Path, status: int = 0, stdin: str | None = None) -> bytes:
    """Run a command in a process of its own; what it prints to stdout."""
    done = subprocess.run(
        [sys.executable, "-m", "spanlake", *arguments],
        input=None if stdin is None else stdin.encode(),
        stdin=subprocess.DEVNULL if stdin is None else None,
        check=False,
        capture_output=True,
        timeout=30,
        env={**os.environ, "SPANLAKE_DATA": str(data)},
    )
    assert done.returncode == status, done.stderr.decode()
    return done.stdout


def test_the_life_of_a_trace(data: Path) -> None:
    """A trace is asked for, exported as it was sent, and deleted so that no retry revives it."""
    (payload, *_) = corpus_requests("manual-otel-grpc", Signal.TRACES)
    sent = ExportTraceServiceRequest.FromString(payload)
    trace_id = sent.resource_spans[0].scope_spans[0].spans[0].trace_id.hex()
    with RunningServer(data) as server, Client(server) as client:
        client.send(Transport.GRPC, Signal.TRACES, sent)
        client.send(Transport.GRPC, Signal.TRACES, sample(Signal.TRACES, 2).request)

        count = sum(len(s.spans) for r in sent.resource_spans for s in r.scope_spans)
        query = "SELECT count(*) AS n FROM spans"
        answer = spanlake("sql", "--format", "json", data=data, stdin=query)
        assert json.loads(answer) == [{"n": count + 2}]

        exported = spanlake("traces", "export", trace_id, "--format", "otlp-proto", data=data)
        request = ExportTraceServiceRequest.FromString(exported)
        assert items_of(Signal.TRACES, request) == items_of(Signal.TRACES, sent)

        spanlake("traces", "delete", trace_id[:16], "--yes", data=data)
        client.send(Transport.GRPC, Signal.TRACES, sent)
    with RunningServer(data) as server, Client(server) as client:
        client.send(Transport.PROTOBUF, Signal.TRACES, sent)
    (left,) = json.loads(spanlake("traces", "list", "--format", "json", data=data))
    assert left["span_count"] == 2


def test_doctor_knows_a_running_server(server: RunningServer, tmp_path: Path) -> None:
    """Doctor finds the server that the configuration speaks of, and that it is ready."""
    (tmp_path / "otel-config.yaml").write_text(
        "receivers: {otlp: {protocols: {"
        f"grpc: {{endpoint: '{server.grpc}'}}, http: {{endpoint: '{server.http}'}}}}}}}}",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "spanlake", "doctor", "--format", "json"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        timeout=30,
        env={**os.environ, "SPANLAKE_DATA": str(server.data)},
    )
    facts = {check["name"]: check["fact"] for check in json.loads(done.stdout)}
    assert facts["grpc port"] == f"{server.grpc}: a running Spanlake is ready"
    assert facts["http port"] == f"{server.http}: a running Spanlake is ready"
    assert done.returncode == 0


def test_a_reader_that_leaves_early(data: Path) -> None:
    """When whoever reads the output has had enough, the command ends without a word."""
    data.mkdir()
    query = "SELECT range AS n FROM range(10000000)"
    command = [sys.executable, "-m", "spanlake", "sql", query, "--format", "csv"]
    with subprocess.Popen(
        [*command, "--data", str(data)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"n\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(20) == 1
