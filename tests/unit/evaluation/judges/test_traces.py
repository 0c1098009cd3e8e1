import time

import pyarrow as pa
import pytest
from asking import model_of
from judged import YES
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from spanlake.collector.submission import Submission
from spanlake.collector.tabulate import tabulate_spans
from spanlake.entities import Feedback
from spanlake.scorers import Correctness
from spanlake.testing import Answer, ModelServer, Usage


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """Where the spans of the test go."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    return exporter


def stored(exporter: InMemorySpanExporter) -> pa.Table:
    """The spans as the lake stores them, by their start."""
    payload = encode_spans(exporter.get_finished_spans()).SerializeToString()
    submission = Submission.of(payload, experiment=None, received_ns=time.time_ns())
    return tabulate_spans([submission]).rows.sort_by("start_time_ns")


def judged(exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch) -> Feedback:
    with (
        ModelServer(Answer(YES, usage=Usage(1000, 100))) as server,
        trace.get_tracer("app").start_as_current_span("the app"),
    ):
        judge = Correctness(model=model_of(server, "openai", monkeypatch))
        feedback: Feedback = judge(outputs="Paris", expectations={"expected_response": "Paris"})
    del exporter
    return feedback


def test_a_judgement_is_a_trace_of_its_own_in_the_lake(
    exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is apart from the trace of the app, in its own experiment, and priced as any call."""
    feedback = judged(exporter, monkeypatch)
    app, root, call = stored(exporter).to_pylist()
    assert app["name"] == "the app"
    assert root["parent_span_id"] is None
    assert root["trace_id"] != app["trace_id"]
    assert root["trace_id"] == call["trace_id"]
    assert call["parent_span_id"] == root["span_id"]
    assert (root["span_type"], call["span_type"]) == ("EVALUATOR", "LLM")
    assert root["output"] == "yes: it is so"
    assert {root["experiment"], call["experiment"]} == {"spanlake.judges"}
    assert (call["provider"], call["input_tokens"], call["output_tokens"]) == ("openai", 1000, 100)
    assert call["cost_usd"] == pytest.approx(float(feedback.metadata["judge_cost_usd"]))
    assert call["semconv_errors"] is None


def test_a_feedback_names_the_trace_of_its_judgement(
    exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever doubts a verdict finds what the judge was told and said."""
    feedback = judged(exporter, monkeypatch)
    (root,) = (each for each in exporter.get_finished_spans() if each.name == "judge correctness")
    assert feedback.metadata["judge_trace_id"] == trace.format_trace_id(root.context.trace_id)
