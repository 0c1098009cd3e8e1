"""What apps send, as pre-serialised requests of 512 spans: three mixes of instrumentors.

agents: the agent traces of `workload.py`, instrumented twice (OpenTelemetry GenAI, OpenInference).
genai: the same traces with the attributes of OpenTelemetry GenAI alone.
corpus: every capture of tests/data/corpus, 49 instrumentor set-ups, over and over with fresh ids.
"""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans

import workload
from spanlake.entities import Signal
from spanlake.otlp.json_decode import json_to_protobuf

_CORPUS = Path(__file__).parent.parent / "tests" / "data" / "corpus"
_OPENINFERENCE = ("openinference.", "llm.", "input.", "output.", "retrieval.", "tool.", "tag.")


def _genai(spans: int) -> list[bytes]:
    return [_without_openinference(request) for request in workload.requests(spans)]


def _without_openinference(payload: bytes) -> bytes:
    request = ExportTraceServiceRequest.FromString(payload)
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                kept = [a for a in span.attributes if not a.key.startswith(_OPENINFERENCE)]
                del span.attributes[:]
                span.attributes.extend(kept)
    return request.SerializeToString()


def _captured() -> list[ResourceSpans]:
    captured: list[ResourceSpans] = []
    for path in sorted(_CORPUS.glob("*/*.otlp.*")):
        payload = path.read_bytes()
        if path.suffix == ".json":
            payload = json_to_protobuf(Signal.TRACES, payload)
        captured.extend(ExportTraceServiceRequest.FromString(payload).resource_spans)
    return captured


def _one_by_one(captured: list[ResourceSpans]) -> Iterator[ResourceSpans]:
    """Each span in an envelope of its own, with the ids of a copy that has not been before."""
    for copy in itertools.count(1):
        unique = workload.marker(0) + copy.to_bytes(4, "big")
        for resource in captured:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    single = ResourceSpans(resource=resource.resource)
                    envelope = single.scope_spans.add(scope=scope.scope)
                    fresh = envelope.spans.add()
                    fresh.CopyFrom(span)
                    fresh.trace_id = unique + span.trace_id[8:]
                    fresh.span_id = workload.marker(0) + span.span_id[4:]
                    if span.parent_span_id:
                        fresh.parent_span_id = workload.marker(0) + span.parent_span_id[4:]
                    yield single


def _corpus(spans: int) -> list[bytes]:
    stream = _one_by_one(_captured())
    return [
        _merged(itertools.islice(stream, workload.SPANS_PER_REQUEST)).SerializeToString()
        for _ in range(spans // workload.SPANS_PER_REQUEST)
    ]


def _merged(singles: Iterator[ResourceSpans]) -> ExportTraceServiceRequest:
    """Spans in one request, neighbours of one resource and scope in one envelope, as SDKs do."""
    request = ExportTraceServiceRequest()
    for single in singles:
        (scope,) = single.scope_spans
        last = request.resource_spans[-1] if request.resource_spans else None
        if last is None or last.resource != single.resource:
            request.resource_spans.add().CopyFrom(single)
        elif last.scope_spans[-1].scope != scope.scope:
            last.scope_spans.add().CopyFrom(scope)
        else:
            last.scope_spans[-1].spans.extend(scope.spans)
    return request


MIXES: dict[str, Callable[[int], list[bytes]]] = {
    "agents": workload.requests,
    "genai": _genai,
    "corpus": _corpus,
}
"""Requests of 512 spans, so many spans in all (rounded down), by the name of the mix."""
