"""What senders were told, kept outside the server: the truth that a lake is held against."""

import base64
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

from chance import chance
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    ArrayValue,
    InstrumentationScope,
    KeyValue,
    KeyValueList,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

import spanlake

_START_NS = 1_790_000_000_000_000_000
_MAX_SPANS = 40
_ALL_SPANS = """
SELECT span_id, trace_id, name, attributes, attribute_types, service_name, resource, scope_name
FROM spans
"""
_SCOPE = "ledger"


class Attribute(NamedTuple):
    """An attribute as it is sent, and the type letter and text that it is to be stored as."""

    key: str
    value: AnyValue
    letter: str
    text: str


class Content(NamedTuple):
    """What has to come back of a span: attributes as texts, and the letters of their types.

    service, resource, scope: what is said once for all spans of a batch.
    """

    trace_id: str
    name: str
    attributes: dict[str, str]
    attribute_types: str
    service: str
    resource: dict[str, str]
    scope: str


class Batch(NamedTuple):
    """One request of spans that no other batch has, and their content by span id."""

    request: ExportTraceServiceRequest
    contents: dict[str, Content]


def batches(sender: str, seed: int) -> Iterator[Batch]:
    """Batches without end, the same for the same sender and seed."""
    source = chance(f"{sender} {seed}")
    while True:
        trace_id = source.randbytes(16)
        spans = []
        contents = {}
        resource = {"service.name": sender, "host.id": source.randbytes(4).hex()}
        for number in range(source.randint(1, _MAX_SPANS)):
            attributes = list(_attributes(source))
            span_id, name = source.randbytes(8), f"{sender} {number}"
            spans.append(_span(trace_id, span_id, name, attributes))
            contents[span_id.hex()] = Content(
                trace_id.hex(),
                name,
                {each.key: each.text for each in attributes},
                "".join(each.letter for each in attributes),
                sender,
                resource,
                _SCOPE,
            )
        described = [
            KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in resource.items()
        ]
        scope_spans = ScopeSpans(scope=InstrumentationScope(name=_SCOPE), spans=spans)
        resource_spans = ResourceSpans(
            resource=Resource(attributes=described), scope_spans=[scope_spans]
        )
        yield Batch(ExportTraceServiceRequest(resource_spans=[resource_spans]), contents)


def _span(trace_id: bytes, span_id: bytes, name: str, attributes: list[Attribute]) -> Span:
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        name=name,
        start_time_unix_nano=_START_NS,
        end_time_unix_nano=_START_NS + 1,
        attributes=[KeyValue(key=each.key, value=each.value) for each in attributes],
    )


def _attributes(source: Random) -> Iterator[Attribute]:
    """An attribute of every type; the messages are among the texts that are stored in a column."""
    number = source.randint(-(2**63), 2**63 - 1)
    word = "é" + source.randbytes(source.randint(0, 200)).hex()
    messages = f'[{{"role":"user","content":"{word}"}}]'
    blob = source.randbytes(5)
    integer = AnyValue(int_value=number)
    pairs = KeyValueList(values=[KeyValue(key="k", value=integer)])
    yield Attribute("gen_ai.input.messages", AnyValue(string_value=messages), "s", messages)
    yield Attribute("text", AnyValue(string_value=word), "s", word)
    yield Attribute("empty", AnyValue(string_value=""), "s", "")
    yield Attribute("int", integer, "i", str(number))
    yield Attribute("double", AnyValue(double_value=0.125), "d", "0.125")
    yield Attribute("bool", AnyValue(bool_value=True), "b", "true")
    yield Attribute("bytes", AnyValue(bytes_value=blob), "y", base64.b64encode(blob).decode())
    listed = AnyValue(array_value=ArrayValue(values=[integer]))
    yield Attribute("list", listed, "a", f"[{number}]")
    yield Attribute("map", AnyValue(kvlist_value=pairs), "k", f'{{"k":{number}}}')


class Ledger:
    """The batches that were sent, and which of them were acknowledged.

    Each batch is written down by its one sender; lakes are checked while none of them sends.
    """

    def __init__(self) -> None:
        self._sent: list[Batch] = []
        self._acknowledged: set[str] = set()
        self._stored = 0

    @property
    def acknowledged(self) -> int:
        """How many spans were acknowledged."""
        return len(self._acknowledged)

    def send(self, batch: Batch) -> None:
        """Write down a batch before it is sent for the first time."""
        self._sent.append(batch)

    def acknowledge(self, batch: Batch) -> None:
        """Write down that a batch was acknowledged without any rejection."""
        self._acknowledged.update(batch.contents)

    def check(self, data: Path) -> None:
        """Hold the spans of a lake against what their senders know.

        Asserts that every acknowledged span is there once, that the others are once or not, whole
        batches at a time, that each is what was sent, and that there are no fewer than at the last
        check.
        """
        with spanlake.connect(data) as lake:
            rows = lake.sql(_ALL_SPANS).fetchall()
        stored = {span_id: Content(*content) for span_id, *content in rows}
        assert len(stored) == len(rows), "a span is there twice"
        assert sorted(self._acknowledged - stored.keys()) == []
        assert len(stored) >= self._stored
        self._stored = len(stored)
        sent: dict[str, Content] = {}
        for batch in self._sent:
            sent.update(batch.contents)
            there = [span_id in stored for span_id in batch.contents]
            assert all(there) or not any(there), "a batch is torn"
        assert {key: found for key, found in stored.items() if sent.get(key) != found} == {}
