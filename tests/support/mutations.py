"""Real requests spoilt: byte by byte, or value by value. What is done is the source's choice."""

from collections.abc import Sequence
from random import Random
from typing import Any

from hostile import any_value, attribute, text
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

_LENGTHS = (1, 2, 8, 100)
_TIMES = (0, 1, 1_790_000_000_000_000_000, 2**63 - 1, 2**63, 2**64 - 1)
_IDS = (b"", bytes(8), b"\1" * 8, bytes(16), b"\1" * 16, b"\1" * 17)
_ENUMS: tuple[Any, ...] = (-1, 0, 1, 2, 5, 6, 2**31 - 1)


def spoilt(source: Random, originals: Sequence[bytes]) -> bytes:
    """One of these bodies with a few of its bytes changed, taken out, put in or cut off."""
    body = bytearray(source.choice(originals))
    for _ in range(source.choice((1, 1, 1, 2, 5))):
        at = source.randrange(len(body) or 1)
        match source.randrange(6):
            case 0 if body:
                body[at] ^= 1 << source.randrange(8)
            case 1 if body:
                body[at] = source.randrange(256)
            case 2:
                del body[at : at + source.choice(_LENGTHS)]
            case 3:
                body[at:at] = source.randbytes(source.randrange(9))
            case 4:
                other = source.choice(originals)
                start = source.randrange(len(other))
                body[at:at] = other[start : start + source.choice(_LENGTHS)]
            case _:
                del body[at:]
    return bytes(body)


def altered(
    source: Random, originals: Sequence[ExportTraceServiceRequest]
) -> ExportTraceServiceRequest:
    """One of these requests with some values of its spans, and of its resource, replaced."""
    request = ExportTraceServiceRequest()
    request.CopyFrom(source.choice(originals))
    for span in source.choices(spans_of(request), k=source.randint(1, 3)):
        _alter(source, span)
    if source.random() < 0.2:
        request.resource_spans[0].resource.attributes.append(attribute(source))
    return request


def spans_of(request: ExportTraceServiceRequest) -> list[Span]:
    """All spans in a request."""
    return [
        span
        for of_resource in request.resource_spans
        for of_scope in of_resource.scope_spans
        for span in of_scope.spans
    ]


def _alter(source: Random, span: Span) -> None:
    match source.randrange(8):
        case 0:
            field = source.choice(("trace_id", "span_id", "parent_span_id"))
            setattr(span, field, source.choice(_IDS))
        case 1:
            field = source.choice(("start_time_unix_nano", "end_time_unix_nano"))
            setattr(span, field, source.choice(_TIMES))
        case 2:
            span.kind, span.status.code = source.choice(_ENUMS), source.choice(_ENUMS)
        case 3:
            span.name = text(source)
            span.links.add(trace_id=source.choice(_IDS), span_id=source.choice(_IDS))
        case 4:
            event = span.events.add(name=source.choice(("exception", "", "x")))
            event.attributes.append(attribute(source))
            event.attributes.add(key="exception.type", value=any_value(source))
        case 5 | 6 if span.attributes:
            source.choice(span.attributes).value.CopyFrom(any_value(source))
        case _:
            span.attributes.extend(attribute(source) for _ in range(source.randint(1, 5)))
