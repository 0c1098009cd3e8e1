"""OTLP in protobuf, over gRPC and HTTP: what the encoding allows beyond what writers produce."""

import grpc
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from otlp_requests import items_of
from samples import MARK, resource_of, sample, span, text, traces
from server import RunningServer
from stored import exported, stored
from wire import Client, Transport

from spanlake.entities import Signal

BINARY = pytest.mark.parametrize("transport", [Transport.GRPC, Transport.PROTOBUF])
EVERY_SIGNAL = pytest.mark.parametrize("signal", Signal)
# Every signal's way down to an attribute of a resource: resource_…, resource, attributes, value.
_TO_VALUE = (1, 1, 1, 2)
_LIST = (5, 1)


def wrapped(content: bytes, *numbers: int) -> bytes:
    """Nest content in messages by the numbers of their fields, the outermost first."""
    for number in reversed(numbers):
        content = bytes([number << 3 | 2]) + varint(len(content)) + content
    return content


def varint(number: int) -> bytes:
    """Encode a number as protobuf does a length."""
    low, rest = number & 127, number >> 7
    return bytes([low | 128]) + varint(rest) if rest else bytes([low])


@BINARY
@EVERY_SIGNAL
def test_unknown_fields_are_ignored(
    server: RunningServer, client: Client, transport: Transport, signal: Signal
) -> None:
    """OTLP 46: fields that OTLP does not have are ignored, wherever they stand."""
    sent = sample(signal, 2)
    unknown = b"\xfa\x3f\x03new\xf8\x3f\x01"  # field 1023 of bytes, and again as a number
    resource_only = wrapped(unknown, 1)
    body = unknown + sent.payload + resource_only + unknown
    assert client.send(transport, signal, body).response == b""
    kept = exported(server.data, signal, sent.mark)
    assert items_of(signal, kept) == items_of(signal, sent.request)


@BINARY
def test_fields_may_come_in_any_order(
    server: RunningServer, client: Client, transport: Transport
) -> None:
    """OTLP 46: a span whose fields are written last to first is the same span."""
    turned = span("turned")
    sent = traces(turned)
    fields = [type(turned)(**{field.name: value}) for field, value in turned.ListFields()]
    backwards = b"".join(field.SerializeToString() for field in reversed(fields))
    body = sent.payload.replace(turned.SerializeToString(), backwards)
    assert body != sent.payload
    assert client.send(transport, Signal.TRACES, body).response == b""
    kept = exported(server.data, Signal.TRACES, sent.mark)
    assert items_of(Signal.TRACES, kept) == items_of(Signal.TRACES, sent.request)


@BINARY
@pytest.mark.parametrize("is_packed", [True, False], ids=["packed", "unpacked"])
def test_numbers_may_be_packed_or_not(
    server: RunningServer, client: Client, transport: Transport, *, is_packed: bool
) -> None:
    """OTLP 46: the counts of a histogram are the same as one field or as one field each."""
    mark = f"{transport} {is_packed}"
    counts = [number.to_bytes(8, "little") for number in (3, 1, 4)]
    field = b"\x32\x18" + b"".join(counts) if is_packed else b"".join(b"\x31" + c for c in counts)
    resource = Resource(attributes=[text(MARK, mark)]).SerializeToString()
    body = wrapped(wrapped(resource, 1) + wrapped(field, 2, 2, 9, 1), 1)
    as_meant = ExportMetricsServiceRequest.FromString(body)
    assert client.send(transport, Signal.METRICS, body).response == b""
    assert stored(server.data, Signal.METRICS, mark)["bucket_counts"].to_pylist() == [[3, 1, 4]]
    kept = exported(server.data, Signal.METRICS, mark)
    assert items_of(Signal.METRICS, kept) == items_of(Signal.METRICS, as_meant)


@BINARY
def test_text_that_is_not_utf8_is_refused(client: Client, transport: Transport) -> None:
    """OTLP 47: invalid UTF-8 in a field of text makes the request undecodable."""
    body = traces(span("plain text")).payload.replace(b"plain text", b"plain t\xffxt")
    answer = client.send(transport, Signal.TRACES, body)
    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT


@BINARY
@EVERY_SIGNAL
def test_values_nest_but_not_without_end(
    server: RunningServer, client: Client, transport: Transport, signal: Signal
) -> None:
    """OTLP 44, 48: a value nested 40 lists deep is kept as it is; one of 60 is refused."""
    sent = sample(signal, 1)
    value = AnyValue.FromString(wrapped(b"\x18\x01", *_LIST * 40))
    resource_of(sent.request).attributes.append(KeyValue(key="deep", value=value))
    assert client.send(transport, signal, sent.request).response == b""
    kept = exported(server.data, signal, sent.mark)
    assert items_of(signal, kept) == items_of(signal, sent.request)
    for depth in (60, 1_000, 10_000):
        body = wrapped(b"\x18\x01", *_TO_VALUE, *_LIST * depth)
        answer = client.send(transport, signal, body)
        assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
