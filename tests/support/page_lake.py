"""Spans of our own making for the pages, stored as if they had been sent."""

import json
import time
from collections.abc import Mapping
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from spanlake.collector.submission import Submission
from spanlake.collector.tabulate import tabulate_spans
from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout
from spanlake.storage.parquet import encode

START_NS = 1_795_208_000_000_000_000
LONG = "A line of a long text.\n" * 20_000


class SpanFile:
    """Spans of one request; `store` commits them."""

    def __init__(self, resource: Mapping[str, str] | None = None) -> None:
        self._request = ExportTraceServiceRequest()
        of_resource = self._request.resource_spans.add()
        for key, text in (resource or {}).items():
            of_resource.resource.attributes.add(key=key).value.string_value = text
        self._spans = of_resource.scope_spans.add().spans

    def add(  # noqa: PLR0913  # what a span is made of
        self,
        trace: int,
        span: int,
        name: str,
        *,
        parent: int | None = None,
        start_ms: float = 0.0,
        duration_ms: float = 1.0,
        attributes: Mapping[str, object] | None = None,
        error: str | None = None,
    ) -> Span:
        """A span; ids are numbers, an attribute that is no text is sent as JSON."""
        made = self._spans.add(
            trace_id=trace.to_bytes(16, "big"), span_id=span.to_bytes(8, "big"), name=name
        )
        if parent is not None:
            made.parent_span_id = parent.to_bytes(8, "big")
        made.start_time_unix_nano = START_NS + int(start_ms * 1e6)
        made.end_time_unix_nano = made.start_time_unix_nano + int(duration_ms * 1e6)
        for key, value in (attributes or {}).items():
            text = value if isinstance(value, str) else json.dumps(value)
            made.attributes.add(key=key).value.string_value = text
        if error is not None:
            made.status.code = Status.STATUS_CODE_ERROR
            made.status.message = error
        return made

    def store(self, data: Path) -> None:
        """Commit what was added."""
        payload = self._request.SerializeToString()
        submission = Submission.of(payload, experiment=None, received_ns=time.time_ns())
        with HotWriter(Layout(data)) as writer:
            writer.open_table("spans")
            rows = tabulate_spans([submission]).rows
            writer.commit("spans", encode(rows, [], compression_level=1))


def trace_id(number: int) -> str:
    """As the views have it."""
    return f"{number:032x}"


def span_id(number: int) -> str:
    """As the views have it."""
    return f"{number:016x}"


def own_traces() -> SpanFile:
    """1: a gap. 2: 700 steps in a chain. 3: a long message. 4: a failed tool. 5, 6: a session."""
    spans = SpanFile({"service.name": "page-tests"})
    spans.add(1, 1, "root of the gap", duration_ms=20)
    spans.add(1, 2, "orphan", parent=99, start_ms=1)
    for number in range(700):
        spans.add(
            2,
            number + 1,
            f"step {number}",
            parent=number or None,
            start_ms=number,
            duration_ms=700 - number,
        )
    said = [{"role": "user", "parts": [{"type": "text", "content": LONG}]}]
    answer = [{"role": "assistant", "parts": [{"type": "text", "content": "Short."}]}]
    chat: dict[str, object] = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"}
    messages: dict[str, object] = {"gen_ai.input.messages": said, "gen_ai.output.messages": answer}
    spans.add(3, 1, "chat gpt-4o", attributes=chat | messages)
    spans.add(4, 1, "invoke_agent shop", duration_ms=90, attributes=_AGENT)
    spans.add(4, 2, "chat gpt-4o", parent=1, start_ms=5, duration_ms=40, attributes=chat | _CALL)
    spans.add(
        4,
        3,
        "execute_tool refund",
        parent=1,
        start_ms=50,
        duration_ms=30,
        attributes=_TOOL,
        error="PaymentError: the bank does not answer",
    )
    for turn, question in ((5, "How are you?"), (6, "And your dog?")):
        spans.add(
            turn,
            1,
            "chat",
            start_ms=turn * 1000,
            attributes=chat
            | {
                "gen_ai.conversation.id": "two/turns",
                "gen_ai.input.messages": [
                    {"role": "user", "parts": [{"type": "text", "content": question}]}
                ],
                "gen_ai.output.messages": answer,
            },
        )
    return spans


_AGENT: dict[str, object] = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "shop"}
_TOOL: dict[str, object] = {
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": "refund",
    "gen_ai.tool.call.id": "call-1",
    "gen_ai.tool.call.arguments": {"order": "A-1"},
    "gen_ai.tool.call.result": {"state": "refused"},
}
_CALL: dict[str, object] = {
    "gen_ai.input.messages": [
        {"role": "user", "parts": [{"type": "text", "content": "Refund A-1, please."}]}
    ],
    "gen_ai.output.messages": [
        {
            "role": "assistant",
            "parts": [
                {
                    "type": "tool_call",
                    "id": "call-1",
                    "name": "refund",
                    "arguments": {"order": "A-1"},
                }
            ],
        }
    ],
}
