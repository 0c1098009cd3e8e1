"""Spans of what dialects read, in the shapes they read, with anything whatever in them."""

from collections.abc import Iterator, Sequence
from random import Random

import pyarrow as pa
import shapes
from hostile import KNOWN_KEYS, attribute
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from samples import span

from spanlake.otlp.spans import decode_spans
from spanlake.semconv.message_events import NAMES
from spanlake.semconv.tables import SPAN, Source, load_dialects

_MOST_ATTRIBUTES = 14
_MOST_EVENTS = 3
# What follows a prefix: structures as dialects flatten them, and indices that are none.
_FLATTENED = (
    "0.message.role", "0.message.content", "0.message.contents.0.message_content.text",
    "0.message.tool_calls.0.tool_call.function.name", "1.message.content", "0.role", "0.content",
    "0.tool_calls.0.name", "0", "0.document.content", "1.document.score", "0.tool.json_schema",
    "0.annotation.name", "0.annotation.score", "1.evaluation.metadata", "0.prompt.text", "text",
    "toolCalls", "finishReason", "finishReason.x", "model", "01.message.content", "-1.role",
    "٣.content", "999999999.content", "1000000.content", "__proto__.content", "0..content", "",
)  # fmt: skip
_EVALUATIONS = ("annotations.", "trace.evaluations.", "session.annotations.")
_EVENT_KEYS = (
    "content", "message", "role", "id", "tool_calls", "finish_reason", "gen_ai.prompt",
    "gen_ai.completion", "gen_ai.event.content", "event_content", "body", "messages",
    "gen_ai.evaluation.name", "gen_ai.evaluation.score.value", "exception.escaped",
)  # fmt: skip


def _sources() -> Iterator[Source]:
    for dialect in load_dialects():
        for table in (dialect.columns, dialect.usage):
            for sources in table.values():
                yield from sources


PREFIXES = sorted({source.key[:-1] for source in _sources() if source.key.endswith("*")})
"""What the keys start with that are read together."""

_PLACES = {source.place for source in _sources()} - {SPAN}
_EVENTS = sorted({*NAMES, *_PLACES, "gen_ai.evaluation.result", "exception"})
SCOPES = sorted({"", *(scope for each in load_dialects() for scope in each.speakers.scopes)})


def _key(source: Random) -> str:
    if source.random() < 0.5:
        return source.choice(KNOWN_KEYS)
    return source.choice((*PREFIXES, *_EVALUATIONS)) + source.choice(_FLATTENED)


def _attribute(source: Random) -> KeyValue:
    """An attribute that may be read, of text in a shape that may be read or of anything else."""
    anything = attribute(source)
    if source.random() < 0.3:
        return anything
    if source.random() < 0.3:
        return KeyValue(key=_key(source), value=anything.value)
    return KeyValue(key=_key(source), value=AnyValue(string_value=shapes.text(source)))


def _event(source: Random) -> Span.Event:
    told = [
        KeyValue(key=source.choice(_EVENT_KEYS), value=AnyValue(string_value=shapes.text(source)))
        for _ in range(source.randrange(3))
    ]
    others = [_attribute(source) for _ in range(source.randrange(3))]
    return Span.Event(name=source.choice(_EVENTS), attributes=[*told, *others])


def hostile_span(source: Random) -> Span:
    """A span that any dialect may read anything of."""
    return span(
        source.choice(("step", "execute_tool x", "chat gpt-4o", "")),
        attributes=[_attribute(source) for _ in range(source.randrange(_MOST_ATTRIBUTES))],
        events=[_event(source) for _ in range(source.randrange(_MOST_EVENTS))],
    )


def raw(spans: Sequence[Span], scopes: Sequence[str]) -> pa.Table:
    """The raw columns of spans, each of an instrumentation scope."""
    request = ExportTraceServiceRequest()
    for each, scope in zip(spans, scopes, strict=True):
        of_scope = request.resource_spans.add().scope_spans.add(spans=[each])
        of_scope.scope.name = scope
    return decode_spans([request.SerializeToString()]).table
