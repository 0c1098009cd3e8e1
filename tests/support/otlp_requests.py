"""Export requests of every signal: real ones, any ones, and the items in them."""

import math
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from spanlake.entities import Signal
from spanlake.otlp.json_decode import json_to_protobuf
from spanlake.otlp.messages import REQUESTS

CORPUS = Path(__file__).parents[1] / "data" / "corpus"
FOLDERS = sorted(path.name for path in CORPUS.iterdir() if path.is_dir())

_LEVELS = {
    Signal.TRACES: ("resource_spans", "scope_spans", "spans"),
    Signal.LOGS: ("resource_logs", "scope_logs", "log_records"),
    Signal.METRICS: ("resource_metrics", "scope_metrics", "metrics"),
}
_ENVELOPES = {name for names in _LEVELS.values() for name in names}
_ID_LENGTHS = {"trace_id": 16, "span_id": 8, "parent_span_id": 8}
# Indices into the string table that only profiles have; everywhere else they mean nothing.
_FOR_PROFILES = {"key_strindex", "string_value_strindex"}


def corpus_requests(folder: str, signal: Signal) -> list[bytes]:
    """Every request of one signal in a folder of the corpus, in protobuf."""
    infix = {Signal.TRACES: ".otlp.", Signal.LOGS: ".otlp-logs."}[signal]
    return [
        json_to_protobuf(signal, path.read_bytes()) if path.suffix == ".json" else path.read_bytes()
        for path in sorted((CORPUS / folder).glob(f"*{infix}*"))
    ]


def _wire(field: int, content: bytes) -> bytes:
    """A field of bytes as protobuf writes it, for messages that protobuf would not write."""
    assert field < 16
    assert len(content) < 2**14
    return bytes([field << 3 | 2, len(content) & 127 | 128, len(content) >> 7]) + content


def span_with_value(value: bytes) -> bytes:
    """Encode a request of one span with one attribute whose AnyValue is encoded already."""
    attribute = _wire(1, b"key") + _wire(2, value)
    span = _wire(1, b"\1" * 16) + _wire(2, b"\2" * 8) + _wire(9, attribute)
    return _wire(1, _wire(2, _wire(2, span)))


class Item(NamedTuple):
    """A span, log record or data point with all that surrounds it, as protobuf writes them."""

    resource: bytes | None
    resource_schema_url: str
    scope: bytes | None
    scope_schema_url: str
    item: bytes


def items_of(signal: Signal, *requests: Message) -> Counter[Item]:
    """All items of some requests, whatever their order and grouping."""
    found: Counter[Item] = Counter()
    for request in requests:
        settled = type(request)()
        settled.CopyFrom(request)
        _settle(settled)
        found.update(_items(signal, settled))
    return found


def _items(signal: Signal, request: Message) -> Iterator[Item]:
    resources, scopes, items = _LEVELS[signal]
    for of_resource in getattr(request, resources):
        resource = _encoded(of_resource, "resource")
        for of_scope in getattr(of_resource, scopes):
            scope = _encoded(of_scope, "scope")
            for item in getattr(of_scope, items):
                for single in _one_a_point(item) if signal is Signal.METRICS else [item]:
                    yield Item(
                        resource,
                        of_resource.schema_url,
                        scope,
                        of_scope.schema_url,
                        single.SerializeToString(),
                    )


def _settle(message: Message) -> None:
    """Spell alike what OTLP does not tell apart: no id and one of zeros, no value and an empty."""
    if isinstance(message, KeyValue):
        message.value.SetInParent()
    for field, value in message.ListFields():
        if field.message_type is not None:
            for child in value if field.is_repeated else [value]:
                _settle(child)
        elif field.name in _ID_LENGTHS and len(value) in _ID_LENGTHS.values() and not any(value):
            message.ClearField(field.name)


def _encoded(owner: Message, field: str) -> bytes | None:
    return getattr(owner, field).SerializeToString() if owner.HasField(field) else None


def _one_a_point(metric: Metric) -> Iterator[Metric]:
    """Split a metric into metrics of one data point each."""
    kind = metric.WhichOneof("data")
    if kind is None:
        return
    for point in getattr(metric, kind).data_points:
        alone = Metric()
        alone.CopyFrom(metric)
        data = getattr(alone, kind)
        del data.data_points[:]
        data.data_points.append(point)
        yield alone


def _ids(length: int) -> st.SearchStrategy[bytes]:
    """Ids most of which are good; the others are none, all zeros, or of a wrong length."""
    good = [bytes([number]) * length for number in (1, 2, 3)]
    return st.sampled_from([*good * 4, b"", bytes(length), b"\x01", bytes(5), b"\x01" * 20])


_KEYS = st.sampled_from(
    [
        "",
        "key",
        "service.name",
        "spanlake.experiment",
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.system_instructions",
        "gen_ai.tool.call.result",
        "session.id",
    ]
)
_STRINGS = st.sampled_from(["", "0", "[]", '[{"role":"user"}]', '["']) | st.text(max_size=5)
FIELD_VALUES: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.CPPTYPE_BOOL: st.booleans(),
    FieldDescriptor.CPPTYPE_DOUBLE: st.floats(allow_nan=False) | st.just(math.nan),
    FieldDescriptor.CPPTYPE_ENUM: st.integers(0, 5) | st.integers(-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_UINT32: st.integers(0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT64: st.integers(0, 2**64 - 1),
}
"""Any value of each type of field, but for texts."""


def _values(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    values: st.SearchStrategy[Any]
    if field.message_type is not None:
        values = _messages(field.message_type)
    elif field.name in _ID_LENGTHS:
        values = _ids(_ID_LENGTHS[field.name])
    elif field.type == FieldDescriptor.TYPE_BYTES:
        values = st.binary(max_size=5)
    elif field.name == "key":
        values = _KEYS
    else:
        values = FIELD_VALUES.get(field.cpp_type, _STRINGS)
    if not field.is_repeated:
        return values
    return st.lists(values, min_size=1 if field.name in _ENVELOPES else 0, max_size=3)


@cache
def _messages(descriptor: Descriptor) -> st.SearchStrategy[Message]:
    of_message = message_factory.GetMessageClass(descriptor)
    fields = [field for field in descriptor.fields if field.name not in _FOR_PROFILES]
    free = [field for field in fields if field.containing_oneof is None]
    oneofs = [[field for field in fields if field.containing_oneof is o] for o in descriptor.oneofs]

    @st.composite
    def build(draw: st.DrawFn) -> Message:
        # Lists say themselves whether they are empty.
        chosen = [field for field in free if field.is_repeated or draw(st.booleans())]
        chosen += [draw(st.sampled_from(group)) for group in oneofs if draw(st.integers(0, 3))]
        return of_message(**{field.name: draw(_values(field)) for field in chosen})

    return build()


def any_message(kind: type[Message]) -> st.SearchStrategy[Message]:
    """Messages of a kind with any of their fields set, and of every oneof at most one."""
    return _messages(kind.DESCRIPTOR)


def any_request(signal: Signal) -> st.SearchStrategy[Message]:
    """Any export request of a signal."""
    return any_message(REQUESTS[signal])
