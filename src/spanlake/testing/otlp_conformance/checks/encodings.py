"""Statements 44 and 46 to 49: values, and what protobuf allows beyond what writers produce."""

from http import HTTPStatus

import grpc
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList

from spanlake.entities import Signal
from spanlake.testing.otlp_conformance.client import body_of
from spanlake.testing.otlp_conformance.payloads import (
    new_trace_id,
    other_sample,
    request_of,
    sample,
    span,
)
from spanlake.testing.otlp_conformance.probe import Probe, checks, expect

_UNKNOWN = b"\xfa\x3f\x03new\xf8\x3f\x01"  # field 1023 of bytes, and again as a number
# From a request down to the value of an attribute of its resource, and into a list.
_TO_VALUE, _LIST = (1, 1, 1, 2), (5, 1)


@checks(44)
def values_may_be_of_any_kind(probe: Probe) -> None:
    """Empty, bytes, mixed, nested; what JSON can say of them is what was sent."""
    integer, words = AnyValue(int_value=7), AnyValue(string_value="words")
    nested = KeyValueList(values=[KeyValue(key="k", value=integer)])
    mixed = ArrayValue(values=[words, integer, AnyValue(kvlist_value=nested)])
    values = {
        "empty": AnyValue(),
        "bytes": AnyValue(bytes_value=b"\xfb\xff"),
        "mixed": AnyValue(array_value=mixed),
        "nested": AnyValue(kvlist_value=nested),
        "text": AnyValue(string_value=""),
    }
    trace_id = new_trace_id()
    attributes = [KeyValue(key=key, value=value) for key, value in values.items()]
    probe.accept(request_of(span(trace_id, attributes=attributes)))
    if probe.reader is None:
        return
    stored = probe.stored_one(trace_id.hex())
    expect(stored.has("mixed", ["words", 7, {"k": 7}]), f"mixed: {stored.attributes.get('mixed')}")
    is_kept = stored.has("nested", {"k": 7}) or stored.has("nested.k", 7)
    expect(is_kept, f"nested: {stored.attributes.get('nested')}")


@checks(46)
def unknown_fields_are_ignored(probe: Probe) -> None:
    """And a span whose fields are written last to first is the same span."""
    sent = sample()
    body = sent.request.SerializeToString()
    probe.accept(_UNKNOWN + body + _wrapped(_UNKNOWN, 1) + _UNKNOWN)
    trace_id = new_trace_id()
    turned = span(trace_id)
    fields = [type(turned)(**{field.name: value}) for field, value in turned.ListFields()]
    backwards = b"".join(field.SerializeToString() for field in reversed(fields))
    forwards = request_of(turned).SerializeToString()
    probe.accept(forwards.replace(turned.SerializeToString(), backwards))
    if probe.reader is not None:
        probe.stored(sent.trace_id)
        probe.stored(trace_id.hex())


@checks(47)
def text_that_is_none_is_refused(probe: Probe) -> None:
    """A string field holds UTF-8."""
    body = request_of(span(new_trace_id(), "plain text")).SerializeToString()
    _expect_bad(probe, body.replace(b"plain text", b"plain t\xffxt"))


@checks(48)
def nesting_ends_somewhere(probe: Probe) -> None:
    """And a few levels are fine."""
    deep = AnyValue.FromString(_wrapped(b"\x18\x01", *_LIST * 10))
    probe.accept(sample(attribute=KeyValue(key="deep", value=deep)).request)
    for depth in (60, 1_000, 10_000):
        _expect_bad(probe, _wrapped(b"\x18\x01", *_TO_VALUE, *_LIST * depth))


@checks(49)
def another_signal_is_not_taken_in_silence(probe: Probe) -> None:
    """Log records decode as spans without ids."""
    body = body_of(probe.transport, other_sample(Signal.LOGS))
    answer = probe.send(body)
    expect(not answer.accepted or answer.rejected or answer.message, "accepted without a word")


def _expect_bad(probe: Probe, body: bytes) -> None:
    answer = probe.send(body)
    expect(answer.is_refusal(HTTPStatus.BAD_REQUEST, grpc.StatusCode.INVALID_ARGUMENT), answer)


def _wrapped(content: bytes, *numbers: int) -> bytes:
    """Content nested in messages by the numbers of their fields, the outermost first."""
    for number in reversed(numbers):
        content = bytes([number << 3 | 2]) + _varint(len(content)) + content
    return content


def _varint(number: int) -> bytes:
    low, rest = number & 127, number >> 7
    return bytes([low | 128]) + _varint(rest) if rest else bytes([low])
