"""Two traces that are hard to show: one of very many spans, and one with a very long message."""

import itertools
import json
import time
import urllib.request
from collections.abc import Iterator

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

import workload

MANY_SPANS = bytes.fromhex("30000000000000000000000000000001")
LONG_MESSAGE = bytes.fromhex("05000000000000000000000000000001")
# Agents called by an agent: so are trees as deep as large ones are.
_CALLED_BY_ONE = 4
_WORDS = "what the customer wrote, and the model answered, "


def many_spans(spans: int) -> Iterator[bytes]:
    """Requests of one trace with so many spans: agents that call agents, models and tools.

    It has whole requests of spans, so some hundreds less than asked for.
    """
    agents: list[bytes] = []
    for payload in workload.requests(spans, seed=2):
        request = ExportTraceServiceRequest.FromString(payload)
        for span in request.resource_spans[0].scope_spans[0].spans:
            span.trace_id = MANY_SPANS
            if not span.parent_span_id:
                if agents:
                    span.parent_span_id = agents[(len(agents) - 1) // _CALLED_BY_ONE]
                agents.append(span.span_id)
        yield request.SerializeToString()


def long_message(characters: int) -> bytes:
    """A request of one call of a model that was sent a message of so many characters."""
    request = ExportTraceServiceRequest()
    text = "".join(itertools.islice(itertools.cycle(_WORDS), characters))
    sent = [{"role": "user", "parts": [{"type": "text", "content": text}]}]
    now = time.time_ns()
    span = (
        request.resource_spans.add()
        .scope_spans.add()
        .spans.add(
            trace_id=LONG_MESSAGE,
            span_id=LONG_MESSAGE[:8],
            name="chat gpt-5-mini",
            start_time_unix_nano=now - 10**9,
            end_time_unix_nano=now,
        )
    )
    for key, value in (
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.request.model", "gpt-5-mini"),
        ("gen_ai.input.messages", json.dumps(sent)),
    ):
        span.attributes.add(key=key).value.string_value = value
    return request.SerializeToString()


def send(base: str, payload: bytes) -> None:
    """Export a request over HTTP; it is stored when this returns."""
    headers = {"content-type": "application/x-protobuf"}
    request = urllib.request.Request(f"{base}/v1/traces", payload, headers)  # noqa: S310  # our own server
    with urllib.request.urlopen(request, timeout=120) as response:  # noqa: S310
        response.read()
