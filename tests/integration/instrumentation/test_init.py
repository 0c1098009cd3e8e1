"""Programs that call `spanlake.init`, and what a collector has of them once they have ended."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from server import RunningServer

import spanlake

pytestmark = pytest.mark.timeout(180)  # programs start and end, and a collector restarts

PROLOGUE = """
import logging, os, sys
import spanlake

@spanlake.trace
def step(number):
    return number
"""


def run(code: str, *, server: RunningServer | None = None, **variables: str) -> tuple[str, str]:
    """Run a program to its end; return the experiment it is for, and what it wrote to stderr."""
    experiment = uuid4().hex
    known = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "SPANLAKE_"))}
    endpoint = {} if server is None else {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{server.http}"}
    done = subprocess.run(
        [sys.executable, "-c", PROLOGUE + code],
        env={**known, "EXPERIMENT": experiment, **endpoint, **variables},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return experiment, done.stderr


def ask(server: RunningServer, query: str, *parameters: str) -> list[tuple[Any, ...]]:
    with spanlake.connect(server.data) as lake:
        return lake.sql(query, list(parameters)).fetchall()


COUNT = "SELECT count(*), count(DISTINCT output) FROM spans WHERE experiment = ?"


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_nothing_is_lost_at_the_end(server: RunningServer, protocol: str) -> None:
    """A program that ends without a flush has sent every span, over either protocol."""
    experiment, said = run(
        f"""
spanlake.init("bot", os.environ["EXPERIMENT"], "{getattr(server, protocol)}",
              protocol={"grpc" if protocol == "grpc" else "http/protobuf"!r}, instrument=False)
for number in range(3000):
    step(number)
"""
    )
    assert ask(server, COUNT, experiment) == [(3000, 3000)]
    assert said == ""


def test_what_a_flush_reports(server: RunningServer) -> None:
    """Once flushed, everything is in the lake; a second init does nothing but say so."""
    experiment, said = run(
        """
assert spanlake.flush().reasons == {"spanlake.init has not been called": 0}
for service in ("bot", "bot", "other"):
    spanlake.init(service, os.environ["EXPERIMENT"], instrument=False)
step(1)
report = spanlake.flush()
assert (report.sent, report.queued, report.dropped, bool(report)) == (1, 0, 0, True), report
""",
        server=server,
    )
    assert ask(server, COUNT, experiment) == [(1, 1)]
    assert said.count("spanlake.init was called again") == 1


@pytest.mark.parametrize("method", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_worker_processes(server: RunningServer, method: str, tmp_path: Path) -> None:
    """The spans of processes that a program starts are sent, and none of the parent's twice."""
    program = tmp_path / "program.py"
    program.write_text(
        PROLOGUE
        + f"""
import multiprocessing
if multiprocessing.parent_process() is None or {method!r} == "spawn":
    spanlake.init("bot", os.environ["EXPERIMENT"], instrument=False)

if __name__ == "__main__":
    step(100)
    context = multiprocessing.get_context({method!r})
    workers = [context.Process(target=step, args=(number,)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
""",
        "utf-8",
    )
    code = f"import runpy; runpy.run_path({str(program)!r}, run_name='__main__')"
    if method == "spawn":
        code = f"import subprocess; subprocess.run([sys.executable, {str(program)!r}], check=True)"
    experiment, _ = run(code, server=server)
    assert ask(server, COUNT, experiment) == [(4, 4)]


def test_providers_of_the_app_are_extended(server: RunningServer) -> None:
    """An app's own exporters go on getting its spans, and the collector gets them too."""
    experiment, _ = run(
        """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
memory = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(memory))
trace.set_tracer_provider(provider)
spanlake.init(experiment=os.environ["EXPERIMENT"], environment="test", instrument=False)
step(1)
assert trace.get_tracer_provider() is provider
assert len(memory.get_finished_spans()) == 1
""",
        server=server,
        OTEL_SERVICE_NAME="of the app",
    )
    query = "SELECT service_name, environment FROM spans WHERE experiment = ?"
    assert ask(server, query, experiment) == [("of the app", "test")]


def test_an_app_that_exports_to_the_collector_already(server: RunningServer) -> None:
    """Its exporter goes on alone, so that nothing is sent twice, and the log and a flush say so."""
    experiment, said = run(
        """
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
spanlake.init("bot", os.environ["EXPERIMENT"], mask=str.upper, instrument=False)
step(1)
report = spanlake.flush()
assert (report.sent, report.queued, report.dropped) == (0, 0, 0), report
assert list(report.reasons) == [
    "spans are sent by the app's own exporter, which counts nothing"
], report
""",
        server=server,
        OTEL_SERVICE_NAME="of the app",
    )
    assert ask(server, COUNT, experiment) == [(1, 1)]
    sends = f"the app's own exporter sends spans to http://{server.http}/v1/traces already"
    assert said.count(sends) == 1
    assert "mask= does not reach them" in said
    assert "service.name stays 'of the app', not 'bot'" in said


def test_arguments_win_over_variables(server: RunningServer) -> None:
    """OpenTelemetry's variables are honoured, but for what an argument says."""
    experiment, _ = run(
        """
spanlake.init(experiment=os.environ["EXPERIMENT"], environment="staging", app_version="v3",
              resource_attributes={"team": "support"}, instrument=False)
step("x" * 1000)
""",
        server=server,
        OTEL_SERVICE_NAME="from-variable",
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=production,team=none,zone=eu",
        OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT="100",
    )
    query = """
    SELECT service_name, environment, app_version, resource['team'], resource['zone'], len(output)
    FROM spans WHERE experiment = ?
    """
    assert ask(server, query, experiment) == [
        ("from-variable", "staging", "v3", "support", "eu", 100)
    ]


def test_switched_off(server: RunningServer) -> None:
    """OTEL_SDK_DISABLED leaves the app as it is, feedback included."""
    experiment, _ = run(
        """
spanlake.init(experiment=os.environ["EXPERIMENT"], instrument=False)
assert step(1) == 1
with spanlake.span("block") as block:
    spanlake.update_current_trace(session_id="s")
spanlake.log_feedback(trace_id="1" * 32, value=1)
assert spanlake.flush()
""",
        server=server,
        OTEL_SDK_DISABLED="true",
    )
    assert ask(server, COUNT, experiment) == [(0, 0)]


@pytest.mark.slow
def test_other_exporters(server: RunningServer) -> None:
    """OTEL_TRACES_EXPORTER may name other exporters, and none."""
    code = """
spanlake.init("bot", os.environ["EXPERIMENT"], instrument=False)
step(1)
"""
    experiment, _ = run(code, server=server, OTEL_TRACES_EXPORTER="console,otlp")
    assert ask(server, COUNT, experiment) == [(1, 1)]
    experiment, _ = run(code, server=server, OTEL_TRACES_EXPORTER="none")
    assert ask(server, COUNT, experiment) == [(0, 0)]


def test_what_a_mask_hides_never_leaves(server: RunningServer) -> None:
    """The collector has no text that the mask has taken out, in spans or in feedback."""
    experiment, _ = run(
        """
spanlake.init("bot", os.environ["EXPERIMENT"], instrument=False,
              mask=lambda text: text.replace("secret", "***"))
with spanlake.span("a secret step", inputs="my secret") as block:
    block.set_outputs({"key": "secret"})
    spanlake.log_feedback(value="secret", rationale="a secret")
""",
        server=server,
    )
    query = "SELECT name, input, output FROM spans WHERE experiment = ?"
    assert ask(server, query, experiment) == [("a *** step", "my ***", "***")]
    query = "SELECT value_string, rationale FROM assessments WHERE experiment = ?"
    assert ask(server, query, experiment) == [("***", "a ***")]


def test_content_can_be_kept_out(server: RunningServer) -> None:
    """Without content, spans have their names, types and times, and nothing that was said."""
    experiment, _ = run(
        """
spanlake.init("bot", os.environ["EXPERIMENT"], instrument=False, capture_content=False)
step("private")
""",
        server=server,
    )
    query = "SELECT name, input, output FROM spans WHERE experiment = ?"
    assert ask(server, query, experiment) == [("step", None, None)]


ASSESSMENTS = """
spanlake.init("bot", os.environ["EXPERIMENT"], instrument=False)
human = spanlake.AssessmentSource("HUMAN", "ann")
with spanlake.span("request") as block:
    tone = spanlake.log_feedback(name="tone", value=0.4, rationale="curt", source=human)
    wrong = spanlake.log_feedback(name="wrong", value=True, span_id=block.span_id)
    with spanlake.span("inner"):
        spanlake.log_expectation(trace_id=block.trace_id, name="facts", value=["a", "b"])
spanlake.override_feedback(assessment_id=tone, value=0.9, source=human, metadata={"turn": 2})
spanlake.delete_assessment(trace_id=block.trace_id, assessment_id=wrong.assessment_id)
spanlake.log_feedback(session_id="s-1", name="rude", error=spanlake.AssessmentError("timeout"))
"""


def test_assessments_over_otlp(server: RunningServer) -> None:
    """Feedback, expectations, overrides and deletions of an app are those that SQL shows."""
    experiment, _ = run(ASSESSMENTS, server=server)
    query = """
    SELECT name, kind, value, rationale, source_type, source_id, target_type,
        span_id IS NOT NULL, session_id, error_code, metadata, is_valid
    FROM assessments WHERE experiment = ? ORDER BY created_at
    """
    assert ask(server, query, experiment) == [
        ("tone", "feedback", "0.4", "curt", "HUMAN", "ann", "trace",
         False, None, None, {}, False),
        ("wrong", "feedback", "true", None, "CODE", "bot", "span",
         True, None, None, {}, False),
        ("facts", "expectation", '["a","b"]', None, "HUMAN", "default", "trace",
         False, None, None, {}, True),
        ("tone", "feedback", "0.9", None, "HUMAN", "ann", "trace",
         False, None, None, {"turn": "2"}, True),
        ("rude", "feedback", None, None, "CODE", "bot", "session",
         False, "s-1", "timeout", {}, True),
    ]  # fmt: skip
    query = "SELECT count(*) FROM assessments_history WHERE experiment = ?"
    assert ask(server, query, experiment) == [(6,)]


@pytest.mark.parametrize(
    "protocol", ["http/protobuf", pytest.param("grpc", marks=pytest.mark.slow)]
)
def test_nobody_listens(protocol: str) -> None:
    """An app whose collector is down works, ends, and says in one line what was not delivered."""
    _, said = run(
        """
logging.basicConfig(level=logging.WARNING)
spanlake.init("bot", endpoint="http://127.0.0.1:9", instrument=False)
for number in range(2000):
    assert step(number) == number
report = spanlake.flush(0.5)
assert (report.sent, report.queued, report.dropped) == (0, 2000, 0), report
assert any("refused" in reason for reason in report.reasons), report
""",
        OTEL_EXPORTER_OTLP_PROTOCOL=protocol,
    )
    lines = said.strip().splitlines()
    assert len(lines) == 1, said
    assert "2000 spans were not delivered to http://127.0.0.1:9" in said


def test_a_collector_that_restarts(tmp_path: Path) -> None:
    """Spans made while the collector is away are delivered once it is back."""
    with RunningServer(tmp_path / "data") as first:
        port = first.address[1]
    program = subprocess.Popen(
        [
            sys.executable,
            "-c",
            PROLOGUE
            + f"""
spanlake.init("bot", "away", "http://127.0.0.1:{port}", instrument=False)
for number in range(1000):
    step(number)
print(spanlake.flush(0.2).queued, flush=True)
sys.stdin.read()
report = spanlake.flush(20)
while report.queued:
    report = spanlake.flush(20)
print(report.sent, report.dropped, flush=True)
""",
        ],
        env={**os.environ, "OTEL_EXPORTER_OTLP_TIMEOUT": "1"},  # seconds to a failure
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "1000\n"
    with RunningServer(tmp_path / "data", arguments=["--http-port", str(port)]) as second:
        rest, _ = program.communicate(timeout=40)
        assert rest == "1000 0\n"
        assert ask(second, COUNT, "away") == [(1000, 1000)]
