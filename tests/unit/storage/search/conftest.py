from collections.abc import Iterator

import pytest
from at_hand import at_hand
from rows import evaluation, span, usage, write

from spanlake.storage.lake import Lake

A, B, C = "a" * 32, "b" * 32, "c" * 32


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """Three traces, a minute apart.

    A: an agent that calls a model and a tool, with a session, tags, metadata and feedback. B: a
    request that failed. C: a span whose root has not arrived.
    """
    data = tmp_path_factory.mktemp("lake")
    minute = 60_000
    write(
        data,
        span(
            "1",
            trace_id=A,
            name="plan a trip",
            span_type="AGENT",
            session_id="s-1",
            user_id="ada",
            tags=["eu", "tier:gold"],
            metadata=[("plan", "pro"), ("seats", "12")],
            input="To Rome?",
            output="By train.",
            status_code="OK",
            service_name="bot",
            environment="prod",
            app_version="1.2",
            experiment="travel",
            duration_ms=3000,
        ),
        span(
            "2",
            "1",
            trace_id=A,
            name="chat",
            span_type="LLM",
            model="gpt-4o",
            provider="openai",
            cost_usd=0.5,
            prompt_name="qa",
            prompt_version="4",
            finish_reasons=["stop"],
            attributes=[("http.status_code", "200"), ("temperature", "0.7"), ("stream", "true")],
            duration_ms=1000,
            **usage(1200, 300),
        ),
        span("3", "1", trace_id=A, name="search", span_type="TOOL", tool_name="web", duration_ms=5),
        span(
            "4",
            trace_id=B,
            name="pay",
            start_ms=minute,
            is_error=True,
            status_code="ERROR",
            error_type="TimeoutError",
            error_message="no answer from the Bank",
            resource=[("k8s.pod", "p-7")],
            user_id="bob",
        ),
        span("5", "4", trace_id=B, name="chat", start_ms=minute, span_type="TOOL"),
        span("6", "gone", trace_id=C, name="late", start_ms=2 * minute, session_id="s-2"),
    )
    score, label = "gen_ai.evaluation.score.value", "gen_ai.evaluation.score.label"
    kind, value = "spanlake.assessment.kind", "spanlake.assessment.value"
    by_human = {"spanlake.assessment.source_type": "HUMAN"}
    write(
        data,
        evaluation("quality", {score: "4", label: "good", **by_human}, trace_id=A),
        evaluation("correct", {value: "true"}, trace_id=A, span_id="2"),
        evaluation("quality", {score: "1"}, trace_id=B),
        evaluation("city", {kind: "expectation", value: "Rome"}, trace_id=A),
        evaluation("broken", {"error.type": "Timeout"}, trace_id=B),
        table="logs",
    )
    with Lake(data) as opened:
        at_hand(opened)
        yield opened
