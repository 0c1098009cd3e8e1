"""Export requests in which nothing is left out, whatever fields OTLP may come to have."""

import itertools
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor, OneofDescriptor
from google.protobuf.message import Message

from spanlake.entities import Signal
from spanlake.otlp.messages import REQUESTS

_ID_LENGTHS = {"trace_id": 16, "span_id": 8, "parent_span_id": 8}
# Indices into the string table that only profiles have; everywhere else they mean nothing.
_FOR_PROFILES = {"key_strindex", "string_value_strindex"}
_DEEPEST = 12


def filled(signal: Signal) -> Message:
    """A request with every field set; a list has one element for each choice its oneofs leave.

    No two scalars in it are equal, as far as their types allow.
    """
    request = REQUESTS[signal]()
    _fill(request, itertools.count(1), choice=0, depth=0)
    return request


def _fill(message: Message, numbers: Iterator[int], *, choice: int, depth: int) -> None:
    field: Any  # which of protobuf's two kinds of descriptor, its stubs do not say
    for field in message.DESCRIPTOR.fields:
        if field.name in _FOR_PROFILES or not _is_chosen(field, choice):
            continue
        value = getattr(message, field.name)
        if field.message_type is None:
            if field.is_repeated:
                value.append(_scalar(field, next(numbers)))
            else:
                setattr(message, field.name, _scalar(field, next(numbers)))
        elif field.is_repeated:
            for number in range(_choices(field.message_type) if depth < _DEEPEST else 1):
                _fill(value.add(), numbers, choice=number, depth=depth + 1)
        else:
            value.SetInParent()
            _fill(value, numbers, choice=choice, depth=depth + 1)


def _is_chosen(field: FieldDescriptor, choice: int) -> bool:
    """Whether a field is the one to be set of its oneof; the first of them is never recursive."""
    if field.containing_oneof is None:
        return True
    members = _members(field.containing_oneof)
    return members[choice % len(members)] == field.name


def _members(oneof: OneofDescriptor) -> list[str]:
    return [field.name for field in oneof.fields if field.name not in _FOR_PROFILES]


def _choices(descriptor: Descriptor) -> int:
    """How many choices the oneofs of a message leave, and those of the value it may have."""
    own = [len(_members(oneof)) for oneof in descriptor.oneofs]
    value = descriptor.fields_by_name.get("value")
    if value is not None and value.message_type is not None:
        own.append(_choices(value.message_type))
    return max(own, default=1)


def _scalar(field: FieldDescriptor, number: int) -> object:
    if field.type == FieldDescriptor.TYPE_BYTES:
        return number.to_bytes(_ID_LENGTHS.get(field.name, 5))
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_STRING:
            return f"{field.name} {number}"
        case FieldDescriptor.CPPTYPE_DOUBLE:
            return number + 0.5
        case FieldDescriptor.CPPTYPE_BOOL:
            return True
        case FieldDescriptor.CPPTYPE_ENUM:
            return 1 + number % 2
        case _:
            return number
