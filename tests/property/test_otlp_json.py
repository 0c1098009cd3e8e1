"""OTLP/JSON: any request survives the round trip, and no input breaks the decoder."""

import base64
import json
from functools import cache
from typing import Any

import pytest
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from otlp_requests import CORPUS, FIELD_VALUES

from spanlake.entities import Signal
from spanlake.errors import MalformedError
from spanlake.otlp.json_decode import json_to_protobuf
from spanlake.otlp.json_encode import protobuf_to_json
from spanlake.otlp.messages import REQUESTS, parse

DOCUMENTS = [path.read_bytes() for path in sorted(CORPUS.glob("*/*.otlp.json"))]
ID_KEYS = ("traceId", "spanId", "parentSpanId")
TEXTS = st.text(max_size=5)


def field_values(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    values: st.SearchStrategy[Any]
    if field.message_type is not None:
        values = messages(field.message_type)
    elif field.type == FieldDescriptor.TYPE_BYTES:
        values = st.binary(max_size=17)
    else:
        values = FIELD_VALUES.get(field.cpp_type, TEXTS)
    return st.lists(values, min_size=1, max_size=2) if field.is_repeated else values


def is_list_of_messages(field: FieldDescriptor) -> bool:
    return field.is_repeated and field.message_type is not None


@cache
def messages(descriptor: Descriptor) -> st.SearchStrategy[Message]:
    """Messages with any of their fields set, and of every oneof at most one."""
    of_message = message_factory.GetMessageClass(descriptor)
    free = [field for field in descriptor.fields if field.containing_oneof is None]
    oneofs = [list(oneof.fields) for oneof in descriptor.oneofs]

    @st.composite
    def build(draw: st.DrawFn) -> Message:
        # Lists of messages are never left out, or few examples would reach the innermost ones.
        chosen = [field for field in free if is_list_of_messages(field) or draw(st.booleans())]
        chosen += [draw(st.sampled_from(group)) for group in oneofs if draw(st.integers(0, 3))]
        return of_message(**{field.name: draw(field_values(field)) for field in chosen})

    return build()


def ids_in_base64(members: dict[str, Any]) -> dict[str, Any]:
    for key in ID_KEYS:
        if key in members:
            members[key] = base64.b64encode(bytes.fromhex(members[key])).decode()
    return members


NUMBERS = st.integers(-(2**70), 2**70) | st.floats()
STRINGS = st.text(st.characters(codec=None), max_size=5)  # lone surrogates too
LEAVES = st.none() | st.booleans() | NUMBERS | NUMBERS.map(str) | STRINGS


def trees(keys: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        LEAVES, lambda trees: st.lists(trees, max_size=3) | st.dictionaries(keys, trees, max_size=3)
    )


def json_names(signal: Signal) -> list[str]:
    """List the names of the fields of all messages that a request may hold."""
    names: set[str] = set()
    seen: set[Descriptor] = set()
    waiting: list[Any] = [REQUESTS[signal].DESCRIPTOR]
    while waiting:
        descriptor = waiting.pop()
        seen.add(descriptor)
        names.update(field.json_name for field in descriptor.fields)
        inner = {field.message_type for field in descriptor.fields} - {None}
        waiting.extend(inner - seen)
    return sorted(names)


@st.composite
def altered_documents(draw: st.DrawFn) -> object:
    """Replace one value of a real request, at any level, by anything."""
    document: Any = json.loads(draw(st.sampled_from(DOCUMENTS)))
    node = document
    while True:
        key = draw(st.sampled_from(list(node) if isinstance(node, dict) else range(len(node))))
        if not (isinstance(node[key], dict | list) and node[key] and draw(st.integers(0, 5))):
            node[key] = draw(trees(STRINGS))
            return document
        node = node[key]


def assert_bytes_or_malformed(signal: Signal, body: bytes) -> None:
    try:
        payload = json_to_protobuf(signal, body)
    except MalformedError:
        return
    parse(signal, payload)


@pytest.mark.parametrize("signal", Signal)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_request_survives_json(signal: Signal, data: st.DataObject) -> None:
    """A request written as JSON is read back the same to the byte, by protobuf's reader too."""
    request = data.draw(messages(REQUESTS[signal].DESCRIPTOR))
    body = protobuf_to_json(request)
    assert json_to_protobuf(signal, body) == request.SerializeToString()
    # Protobuf's reader expects ids in base64; in all else the two mappings agree.
    document = json.loads(body, object_hook=ids_in_base64)
    read = json_format.ParseDict(document, REQUESTS[signal]())
    assert read.SerializeToString() == request.SerializeToString()


@pytest.mark.parametrize("signal", Signal)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_json_is_read_or_refused(signal: Signal, data: st.DataObject) -> None:
    """Any JSON, with the names of real fields, gives a request or a MalformedError."""
    keys = st.sampled_from(json_names(signal))
    assert_bytes_or_malformed(signal, json.dumps(data.draw(trees(keys))).encode())


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=altered_documents())
def test_any_altered_request_is_read_or_refused(document: object) -> None:
    """A real request with one value replaced gives a request or a MalformedError."""
    assert_bytes_or_malformed(Signal.TRACES, json.dumps(document).encode())


@settings(max_examples=300, deadline=None)
@given(
    document=st.sampled_from(DOCUMENTS),
    start=st.integers(0, 5000),
    length=st.integers(0, 50),
    inserted=st.binary(max_size=20),
)
def test_any_bytes_are_read_or_refused(
    document: bytes, start: int, length: int, inserted: bytes
) -> None:
    """Bytes of any kind, alone or inside a real request, give a request or a MalformedError."""
    assert_bytes_or_malformed(Signal.TRACES, inserted)
    damaged = document[:start] + inserted + document[start + length :]
    assert_bytes_or_malformed(Signal.TRACES, damaged)
