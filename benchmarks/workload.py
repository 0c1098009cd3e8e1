"""Agent traces as pre-serialised OTLP requests, about 1.9 KB a span.

A trace is a root agent, two chats, one retriever and two tools: six spans, children first, as a
batch processor exports them. Attributes are those of OpenTelemetry GenAI and OpenInference
together, which is what a dual-instrumented app sends. Texts follow a Zipf-like distribution.

All ids begin with four bytes that occur nowhere else, so that replacing them makes the same bytes
a request of new traces.
"""

import itertools
import json
import random
import struct
import time
from collections.abc import Iterator
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

SPANS_PER_REQUEST = 512
_MODELS = (
    ("openai", "gpt-4o-mini"),
    ("openai", "gpt-5-mini"),
    ("anthropic", "claude-sonnet-4-5"),
    ("google", "gemini-2.5-flash"),
    ("meta", "llama-3.3-70b"),
)
_SERVICES = ("support-agent", "travel-agent", "rag-search", "code-helper")
_TOOLS = ("web_search", "sql_query", "calculator", "get_weather", "send_email", "lookup_order")
_SYLLABLES = [c + v for c in "bcdfghjklmnprstvwz" for v in "aeiou"] + ["tion", "ment", "ness"]
_VOCABULARY = 6000
_MS = 1_000_000
_DAY_NS = 86_400 * 1_000_000_000


def marker(number: int) -> bytes:
    """The four bytes that every id of pass `number` begins with."""
    chosen = random.Random(f"marker:{number}")  # noqa: S311  # no secret
    return bytes(chosen.randrange(0x80, 0x100) for _ in range(4))


def fresh(request: bytes, number: int) -> bytes:
    """The same request with new traces: those of pass `number`."""
    return request.replace(marker(0), marker(number))


def requests(spans: int, seed: int = 1) -> list[bytes]:
    """Serialised requests of 512 spans, `spans` in all (rounded down to whole requests)."""
    workload = _Workload(seed, traces=spans // 6 + 1)
    stream = itertools.chain.from_iterable(workload.trace() for _ in itertools.count())
    return [
        workload.request(list(itertools.islice(stream, SPANS_PER_REQUEST)))
        for _ in range(spans // SPANS_PER_REQUEST)
    ]


def _value(value: Any) -> AnyValue:  # noqa: ANN401  # any attribute value
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case list():
            return AnyValue(array_value=ArrayValue(values=[_value(item) for item in value]))
        case _:
            return AnyValue(string_value=value)


def _attributes(values: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_value(value)) for key, value in values.items()]


class _Workload:
    def __init__(self, seed: int, traces: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  # no secret
        self._words = [
            "".join(self._random.choices(_SYLLABLES, k=self._random.randint(1, 4)))
            for _ in range(_VOCABULARY)
        ]
        self._weights = list(itertools.accumulate(1.0 / (i + 8) for i in range(_VOCABULARY)))
        self._spans = itertools.count(1)
        self._traces = itertools.count()
        self._count = traces
        self._begin = time.time_ns() - _DAY_NS

    def request(self, spans: list[Span]) -> bytes:
        request = ExportTraceServiceRequest()
        resource = request.resource_spans.add()
        resource.resource.attributes.extend(
            _attributes(
                {
                    "service.name": self._random.choice(_SERVICES),
                    "service.version": "1.4.2",
                    "telemetry.sdk.language": "python",
                    "telemetry.sdk.name": "opentelemetry",
                    "deployment.environment.name": "prod",
                    "host.name": "node-17",
                }
            )
        )
        scope = resource.scope_spans.add()
        scope.scope.name = "bench.genai"
        scope.scope.version = "0.1"
        scope.spans.extend(spans)
        return request.SerializeToString()

    def trace(self) -> Iterator[Span]:
        rnd = self._random
        start = self._begin + next(self._traces) * (_DAY_NS // self._count)
        trace_id = marker(0) + rnd.randbytes(12)
        root = self._span_id()
        context = {
            "session.id": f"sess-{rnd.randrange(max(1, self._count // 5)):06d}",
            "user.id": f"user-{rnd.randrange(500):04d}",
        }
        question = self._text(130, 420)
        at = start + rnd.randint(1, 20) * _MS
        answer = ""
        makers = (self._chat, self._retrieve, self._tool, self._tool, self._chat)
        for make in makers:
            span, said = make(question, context)
            span.trace_id, span.span_id, span.parent_span_id = trace_id, self._span_id(), root
            span.start_time_unix_nano = at
            at += int(rnd.lognormvariate(0, 0.7) * 300 * _MS)
            span.end_time_unix_nano = at
            answer = said or answer
            yield span
        yield Span(
            trace_id=trace_id,
            span_id=root,
            name="invoke_agent",
            kind=Span.SPAN_KIND_SERVER,
            start_time_unix_nano=start,
            end_time_unix_nano=at + 5 * _MS,
            attributes=_attributes(
                {
                    "openinference.span.kind": "AGENT",
                    "gen_ai.operation.name": "invoke_agent",
                    "gen_ai.agent.name": "planner",
                    **context,
                    "input.value": question,
                    "output.value": answer,
                    "tag.env": rnd.choice(["prod", "staging"]),
                    "deployment.version": f"v{rnd.randrange(20)}",
                }
            ),
            status=self._status(0.04, "AgentError"),
        )

    def _chat(self, question: str, context: dict[str, str]) -> tuple[Span, str]:
        rnd = self._random
        provider, model = rnd.choice(_MODELS)
        answer, system = self._text(300, 760), self._text(250, 560)
        tokens_in, tokens_out = rnd.randint(80, 3000), rnd.randint(20, 900)
        sent = [
            {"role": "system", "parts": [{"type": "text", "content": system}]},
            {"role": "user", "parts": [{"type": "text", "content": question}]},
        ]
        got = [
            {
                "role": "assistant",
                "parts": [{"type": "text", "content": answer}],
                "finish_reason": "stop",
            }
        ]
        values = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider,
            "gen_ai.system": provider,
            "gen_ai.request.model": model,
            "gen_ai.response.model": model,
            "gen_ai.request.temperature": 0.7,
            "gen_ai.request.max_tokens": 1024,
            "gen_ai.response.id": f"chatcmpl-{rnd.getrandbits(64):016x}",
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.usage.input_tokens": tokens_in,
            "gen_ai.usage.output_tokens": tokens_out,
            "gen_ai.conversation.id": context["session.id"],
            "gen_ai.input.messages": json.dumps(sent),
            "gen_ai.output.messages": json.dumps(got),
            "openinference.span.kind": "LLM",
            "llm.model_name": model,
            "llm.provider": provider,
            "llm.token_count.prompt": tokens_in,
            "llm.token_count.completion": tokens_out,
            "llm.token_count.total": tokens_in + tokens_out,
            "llm.invocation_parameters": '{"temperature": 0.7, "max_tokens": 1024}',
            "input.value": question,
            "input.mime_type": "text/plain",
            "output.value": answer,
            "output.mime_type": "text/plain",
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": question,
            "llm.output_messages.0.message.role": "assistant",
            **context,
        }
        span = Span(
            name=f"chat {model}",
            kind=Span.SPAN_KIND_CLIENT,
            attributes=_attributes(values),
            status=self._status(0.02, "RateLimitError: 429"),
        )
        return span, answer

    def _retrieve(self, question: str, context: dict[str, str]) -> tuple[Span, str]:
        values: dict[str, Any] = {
            "openinference.span.kind": "RETRIEVER",
            "input.value": question,
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "vector_search",
            "db.system": "faiss",
            "session.id": context["session.id"],
        }
        for i in range(3):
            document = f"retrieval.documents.{i}.document"
            values[f"{document}.id"] = f"doc-{self._random.randrange(100_000)}"
            values[f"{document}.score"] = round(self._random.random(), 4)
            values[f"{document}.content"] = self._text(150, 350)
        span = Span(name="retrieve", kind=Span.SPAN_KIND_INTERNAL, attributes=_attributes(values))
        return span, ""

    def _tool(self, _: str, context: dict[str, str]) -> tuple[Span, str]:
        rnd = self._random
        tool = rnd.choice(_TOOLS)
        values = {
            "openinference.span.kind": "TOOL",
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": tool,
            "gen_ai.tool.call.id": f"call_{rnd.getrandbits(64):016x}",
            "tool.name": tool,
            "input.value": json.dumps({"query": self._text(60, 60)}),
            "input.mime_type": "application/json",
            "output.value": self._text(60, 200),
            "session.id": context["session.id"],
        }
        span = Span(
            name=f"execute_tool {tool}",
            kind=Span.SPAN_KIND_INTERNAL,
            attributes=_attributes(values),
            status=self._status(0.03, "ToolError"),
        )
        if span.status.code == Status.STATUS_CODE_ERROR:
            stack = f"Traceback (most recent call last):\n  {self._text(250, 250)}"
            span.events.add(
                name="exception",
                attributes=_attributes(
                    {
                        "exception.type": "ToolError",
                        "exception.message": self._text(80, 80),
                        "exception.stacktrace": stack,
                    }
                ),
            )
        return span, ""

    def _status(self, failing: float, message: str) -> Status:
        if self._random.random() < failing:
            return Status(code=Status.STATUS_CODE_ERROR, message=message)
        return Status(code=Status.STATUS_CODE_OK)

    def _span_id(self) -> bytes:
        return marker(0) + struct.pack(">I", (next(self._spans) * 2654435761) & 0xFFFFFFFF)

    def _text(self, shortest: int, longest: int) -> str:
        size = self._random.randint(shortest, longest)
        words = self._random.choices(
            self._words, cum_weights=self._weights, k=max(3, int(size / 5.6))
        )
        return " ".join(words)[:size].capitalize() + "."
