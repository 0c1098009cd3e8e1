"""The ways in which one model call is told several times; every one of them is billed once."""

from collections.abc import Sequence
from itertools import count
from pathlib import Path

import pytest
from bills import Bill, BillOf, bill, llm, rollup
from captures import Capture, store
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span
from otlp_requests import CORPUS
from rows import Ask, Row, span, write

from spanlake.collector.submission import Submission
from spanlake.collector.tabulate import tabulate_spans
from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout
from spanlake.storage.parquet import encode

TOKENS = "SELECT sum(llm_call_count), sum(input_tokens), sum(output_tokens) FROM traces"


def test_llm_in_llm(bill_of: BillOf) -> None:
    """Of a wrapper and the call inside it only the innermost is billed, at any distance."""
    bill = bill_of(
        span("root"),
        llm("gateway", "root", 100),
        llm("framework", "gateway", 105),
        span("http", "framework"),
        llm("client", "http", 90),
    )
    assert bill == Bill({"client": None}, 1, 90, 90.0, 0, 0)


def test_agent_rollup(bill_of: BillOf) -> None:
    """An agent's usage is the sum over its calls, and is not added to it."""
    bill = bill_of(rollup("agent", None, 30), llm("a", "agent", 10), llm("b", "agent", 20))
    assert bill == Bill({"a": None, "b": None}, 2, 30, 30.0, 0, 0)


def test_agent_rollup_without_children(bill_of: BillOf) -> None:
    """Where nothing below reports usage, the lowest rollup is billed, as one call."""
    bill = bill_of(rollup("workflow", None, 50), rollup("agent", "workflow", 50))
    assert bill == Bill({"agent": None}, 1, 50, None, 1, 0)


def test_strands_triple_spelling(tmp_path: Path, ask: Ask) -> None:
    """Strands spells each number up to three times, on every span up to the agent."""
    capture = stored("strands-agents/agent_tools", tmp_path)
    expected = capture.expected
    assert expected["llm_calls"] > 1
    assert ask(TOKENS) == [
        (expected["llm_calls"], expected["input_tokens"], expected["output_tokens"])
    ]


def test_adk_call_llm(bill_of: BillOf) -> None:
    """A framework's call span with the client's below it is one call, as ADK's `call_llm` is."""
    bill = bill_of(
        rollup("invocation"), llm("call_llm", "invocation", 7), llm("generate", "call_llm", 7)
    )
    assert bill == Bill({"generate": None}, 1, 7, 7.0, 0, 0)


def test_dual_instrumentation_siblings(bill_of: BillOf) -> None:
    """Two instrumentors of one call, seen by its response id, are billed once: the shorter span."""
    twin: Row = {"provider": "openai", "response_id": "r1"}
    bill = bill_of(
        span("root"),
        llm("long", "root", 10, duration_ms=30, **twin),
        llm("short", "root", 10, duration_ms=20, **twin),
    )
    assert bill == Bill({"short": None}, 1, 10, 10.0, 0, 0)


def test_retried_export(bill_of: BillOf, tmp_path: Path, ask: Ask) -> None:
    """Of a span that came several times the last to end counts, then the last to come; once."""
    write(tmp_path, span("root"), llm("a", "root", 1, duration_ms=0), span("root"))
    bill = bill_of(
        llm("a", "root", 5, duration_ms=50, received_ms=1),
        llm("a", "root", 6, duration_ms=50, received_ms=2),
        llm("a", "root", 9, duration_ms=40, received_ms=3),
    )
    assert bill == Bill({"a": None}, 1, 6, 6.0, 0, 0)
    assert ask(
        "SELECT total_tokens, duration_ms, span_count FROM llm_calls JOIN "
        "(SELECT trace_id, span_count FROM traces) USING (trace_id)"
    ) == [(6, 50.0, 2)]


def test_retried_export_in_one_file(bill_of: BillOf) -> None:
    """A span that is in one file twice, equal in everything, counts once."""
    bill = bill_of(span("root"), llm("a", "root", 3), llm("a", "root", 3), span("root"))
    assert bill == Bill({"a": None}, 1, 3, 3.0, 0, 0)


def test_partial_children(bill_of: BillOf) -> None:
    """A rollup that says more than its calls leaves the rest unattributed, counted at the top."""
    bill = bill_of(
        rollup("workflow", None, 100),
        rollup("agent", "workflow", 60),
        llm("a", "agent", 30),
        llm("b", "agent", 20),
        llm("silent", "workflow"),
    )
    assert bill == Bill({"a": None, "b": None, "silent": None}, 3, 50, 50.0, 1, 50)


@pytest.mark.parametrize(
    "nested", ["", "OpenInference in OpenLLMetry", "OpenLLMetry in OpenInference"]
)
def test_dual_instrumented_app(nested: str, tmp_path: Path) -> None:
    """An app with OpenInference and OpenLLMetry is billed once, nested or side by side."""
    openinference = call_in("openinference-openai/single_chat")
    openllmetry = call_in("traceloop-openai/single_chat")
    for of_app, span_id in ((openinference, b"inferenc"), (openllmetry, b"llmetry!")):
        of_app.span_id, of_app.parent_span_id = span_id, b"the root"
    if nested == "OpenInference in OpenLLMetry":
        openinference.parent_span_id = openllmetry.span_id
    elif nested:
        openllmetry.parent_span_id = openinference.span_id
    # The two captures are of two runs.
    answer = next(a.value.string_value for a in openllmetry.attributes if a.key.endswith(".id"))
    for attribute in openinference.attributes:
        if attribute.key == "output.value":
            text = attribute.value.string_value.replace("chatcmpl-fake00001", answer)
            attribute.value.string_value = text
    root = Span(span_id=b"the root", name="request")
    commit([root, openinference, openllmetry], tmp_path)
    total = bill(tmp_path, (b"a" * 16).hex())
    assert (total.llm_call_count, total.total_tokens) == (1, 21 + 10)


def test_client_that_traces_itself(tmp_path: Path, ask: Ask) -> None:
    """A call that its client tells of in a trace of its own is billed where its texts are."""
    capture = stored("openinference-anthropic/streaming", tmp_path)
    expected = capture.expected
    assert ask(TOKENS) == [(1, expected["input_tokens"], expected["output_tokens"])]
    assert ask("SELECT input, output FROM llm_calls") == [
        (expected["input_text"], expected["output_text"])
    ]


def test_client_that_traces_itself_below_the_call(tmp_path: Path, ask: Ask) -> None:
    """Where the client's own span has no texts, the call has those of the span around it."""
    capture = stored("openinference-anthropic/chat", tmp_path)
    expected = capture.expected
    assert ask(
        "SELECT scope_name, llm_calls.input, llm_calls.output, input_messages IS NOT NULL "
        "FROM llm_calls JOIN (SELECT span_id, scope_name FROM spans) USING (span_id)"
    ) == [("com.anthropic.sdk.python", expected["input_text"], expected["output_text"], True)]


def stored(name: str, data: Path) -> Capture:
    """A capture of the corpus, committed to the lake in `data`."""
    capture = Capture.read(CORPUS / f"{name}.expected.json")
    store([capture], data)
    return capture


def call_in(name: str) -> Span:
    """The one span of a capture."""
    ((_, payload),) = Capture.read(CORPUS / f"{name}.expected.json").requests
    (of_resource,) = ExportTraceServiceRequest.FromString(payload).resource_spans
    (of_scope,) = of_resource.scope_spans
    (call,) = of_scope.spans
    return call


def commit(spans: Sequence[Span], data: Path) -> None:
    """Commit spans as one trace, each within those before it."""
    clock = count(1_790_000_000_000_000_000, 1_000_000)
    for each in spans:
        each.trace_id = b"a" * 16
        each.start_time_unix_nano = next(clock)
    for each in reversed(spans):
        each.end_time_unix_nano = next(clock)
    request = ExportTraceServiceRequest(
        resource_spans=[ResourceSpans(scope_spans=[ScopeSpans(spans=spans)])]
    )
    submission = Submission.of(
        request.SerializeToString(), experiment=None, received_ns=next(clock)
    )
    with HotWriter(Layout(data)) as writer:
        writer.open_table("spans")
        rows = tabulate_spans([submission]).rows
        writer.commit("spans", encode(rows, [], compression_level=1))
