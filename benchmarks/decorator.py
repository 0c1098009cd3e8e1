"""What a decorated call costs, beside a bare OpenTelemetry span and other decorators.

    python benchmarks/decorator.py

Every contestant is given a span processor that drops what it gets, so that what is measured is the
app's own call. MLflow's and OpenInference's decorators run where they are installed (`pip install
mlflow-tracing openinference-instrumentation`); they share OpenTelemetry's provider with the rest.
Figures are of this machine and this run; quote the differences.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

import spanlake
from spanlake.instrumentation.pipeline import SpanPipeline
from spanlake.instrumentation.stamps import STAMPS

_CALLS, _ROUNDS, _PROCESSES = 200, 40, 7
_QUESTION = "Where is my parcel? It should have come on Monday, and it is Thursday now."
_OPENTELEMETRY = """
from opentelemetry import _logs, trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
spans, logs = TracerProvider(), LoggerProvider()
spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
trace.set_tracer_provider(spans)
_logs.set_logger_provider(logs)
"""
_SET_UPS = {
    "import spanlake": "import spanlake",
    "the same set-up by hand, in OpenTelemetry": _OPENTELEMETRY,
    "spanlake.init()": "import spanlake; spanlake.init('bot', instrument=False)",
}


def answer(question: str, top_k: int = 3) -> dict[str, Any]:
    """What is decorated: a step that does next to nothing."""
    return {"answer": "It is in Oslo.", "documents": ["d1", "d2"], "asked": len(question) + top_k}


def bare(tracer: trace.Tracer) -> Callable[..., Any]:
    """The floor: an OpenTelemetry span without any content."""

    def traced(question: str, top_k: int = 3) -> dict[str, Any]:
        with tracer.start_as_current_span("answer"):
            return answer(question, top_k)

    return traced


def contestants() -> dict[str, Callable[..., Any]]:
    """Each way to trace the step, by name."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SpanPipeline(STAMPS, None))
    trace.set_tracer_provider(provider)
    found = {
        "bare OpenTelemetry span": bare(provider.get_tracer("bare")),
        "spanlake.trace, no content": spanlake.trace(capture_inputs=False, capture_outputs=False)(
            answer
        ),
        "spanlake.trace": spanlake.trace(span_type="CHAIN")(answer),
    }
    if find_spec("openinference"):
        openinference = import_module("openinference.instrumentation")
        plain = provider.get_tracer("openinference")
        tracer = openinference.OITracer(plain, openinference.TraceConfig())
        found["OpenInference, @tracer.chain"] = tracer.chain(answer)
    if find_spec("mlflow"):
        found["mlflow.trace"] = _mlflow()
    return found


def _mlflow() -> Callable[..., Any]:
    """MLflow as it exports to a collector, but for the queue, which keeps nothing."""
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    os.environ |= {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:9/v1/traces",
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
        "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",
        "MLFLOW_EXPERIMENT_ID": "0",
    }
    BatchSpanProcessor.on_end = lambda *_: None  # type: ignore[method-assign]  # nobody else's here
    decorated: Callable[..., Any] = import_module("mlflow").trace(span_type="CHAIN")(answer)
    return decorated


def microseconds(step: Callable[..., Any]) -> float:
    """Processor time of one call, in the calling thread."""
    began = time.thread_time()
    for _ in range(_CALLS):
        step(_QUESTION, top_k=5)
    return (time.thread_time() - began) / _CALLS * 1e6


def decorators() -> None:
    """Print the table of calls; contestants take turns, so that all have the same noise."""
    found = contestants()
    times: dict[str, list[float]] = {name: [] for name in found}
    for _ in range(_ROUNDS):
        for name, step in found.items():
            times[name].append(microseconds(step))
    floor = min(times["bare OpenTelemetry span"])
    print("| call | us, best | above a bare span | us, median |")
    print("| --- | --- | --- | --- |")
    for name, spent in times.items():
        best, median = min(spent), statistics.median(spent)
        print(f"| {name} | {best:.1f} | {best - floor:+.1f} | {median:.1f} |")


def set_ups() -> None:
    """Print the table of imports and set-ups, in turns, each in a process of its own."""
    times: dict[str, list[float]] = {name: [] for name in _SET_UPS}
    for _ in range(_PROCESSES):
        for name, code in _SET_UPS.items():
            program = (
                f"import os, time\nbegan = time.process_time()\n{code}\n"
                "print((time.process_time() - began) * 1000, flush=True)\nos._exit(0)"
            )
            spent = subprocess.check_output([sys.executable, "-c", program], text=True)
            times[name].append(float(spent))
    print("\n| | ms, best | ms, median |\n| --- | --- | --- |")
    for name, all_spent in times.items():
        print(f"| {name} | {min(all_spent):.0f} | {statistics.median(all_spent):.0f} |")


if __name__ == "__main__":
    decorators()
    set_ups()
