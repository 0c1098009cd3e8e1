"""OTLP messages to OTLP/JSON: lowerCamelCase keys, hex ids, 64-bit integers as strings."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

import orjson
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from spanlake.otlp.json_scalars import writer


class _Field(NamedTuple):
    """How one field is written."""

    key: str
    repeated: bool
    write: Callable[..., object]


@cache
def _fields(message: Descriptor) -> Mapping[int, _Field]:
    return {
        field.number: _Field(
            key=field.json_name,
            repeated=field.is_repeated,
            write=_write_message if field.message_type else writer(field),
        )
        for field in message.fields
    }


def _write_message(message: Message) -> dict[str, object]:
    fields = _fields(message.DESCRIPTOR)
    written: dict[str, object] = {}
    # ListFields leaves out what is unset, but not an empty value chosen in a oneof.
    for descriptor, value in message.ListFields():
        key, repeated, write = fields[descriptor.number]
        written[key] = [write(item) for item in value] if repeated else write(value)
    return written


def protobuf_to_json(message: Message) -> bytes:
    """Any OTLP message, nested no deeper than protobuf's parser allows, as OTLP/JSON."""
    return orjson.dumps(_write_message(message))
