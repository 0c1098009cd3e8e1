import json

import pytest
from asking import QUICK, model_of, request, with_port
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from spanlake.evaluation.models.cache import MemoryStore
from spanlake.evaluation.models.port import ModelPort
from spanlake.testing import Answer, Fault, ModelServer, Usage


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """Where the spans of the test go."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    return exporter


def attributes(span: ReadableSpan) -> dict[str, object]:
    return dict(span.attributes or {})


def test_every_call_is_a_span_by_the_conventions(
    exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A span says who was asked what, what came back, and how many tokens that took."""
    with ModelServer(Answer("fine", usage=Usage(10, 2, cache_read_tokens=4))) as server:
        name = model_of(server, "openai", monkeypatch)
        with_port(ModelPort(), lambda port: port.model(name).complete(request("hi")))
    (span,) = exporter.get_finished_spans()
    found = attributes(span)
    assert span.name == "chat gpt-4o-mini"
    assert span.kind is trace.SpanKind.CLIENT
    assert found["spanlake.experiment"] == "spanlake.judges"
    assert found["gen_ai.operation.name"] == "chat"
    assert found["gen_ai.provider.name"] == "openai"
    assert found["gen_ai.request.model"] == "gpt-4o-mini"
    assert found["gen_ai.response.finish_reasons"] == ("stop",)
    assert found["gen_ai.usage.input_tokens"] == 10
    assert found["gen_ai.usage.output_tokens"] == 2
    assert found["gen_ai.usage.cache_read.input_tokens"] == 4
    assert found["server.address"] == "127.0.0.1"
    assert json.loads(str(found["gen_ai.input.messages"])) == [
        {"role": "user", "parts": [{"type": "text", "content": "hi"}]}
    ]
    assert json.loads(str(found["gen_ai.output.messages"]))[0]["finish_reason"] == "stop"
    assert "secret" not in json.dumps(found, default=str)


def test_each_attempt_is_a_span_and_a_cached_reply_is_none(
    exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Failed calls are seen with their error; where no model was called there is no call."""
    with ModelServer([Fault(500), "fine"]) as server:
        name = model_of(server, "anthropic", monkeypatch)
        port = ModelPort(retry=QUICK, store=MemoryStore())

        async def twice(port: ModelPort) -> None:
            for _ in range(2):
                await port.model(name).complete(request())

        with_port(port, twice)
    failed, answered = exporter.get_finished_spans()
    assert attributes(failed)["error.type"] == "MODEL_UNAVAILABLE"
    assert failed.status.status_code is trace.StatusCode.ERROR
    assert answered.status.status_code is trace.StatusCode.UNSET
