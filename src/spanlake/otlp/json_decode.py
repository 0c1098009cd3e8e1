"""OTLP/JSON export requests to protobuf bytes, led by protobuf's own message descriptors.

Accepted beyond what OTLP/JSON's writers produce: a byte order mark, an empty body, 64-bit integers
as numbers, integers as `1.0` or `1e3`, and base64 in either alphabet without padding. Of a key that
occurs twice in an object the last counts, and the earlier is not even looked at.
"""

import codecs
from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

import orjson
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from spanlake.entities import Signal
from spanlake.errors import MalformedError
from spanlake.otlp.json_scalars import Scalar, UnreadableError, reader
from spanlake.otlp.messages import REQUESTS

# Protobuf's own parser refuses messages nested deeper, so both encodings have the same limit.
_MAX_DEPTH = 100
# How much of a value and of a path an error message shows.
_VALUE_LENGTH = 60
_PATH_LENGTH = 200


class _ScalarField(NamedTuple):
    name: str
    repeated: bool
    read: Callable[[object], Scalar]


class _MessageField(NamedTuple):
    name: str
    repeated: bool
    message: Descriptor


class _Schema(NamedTuple):
    """The fields of a message by JSON name, and the groups of which only one may be set."""

    scalars: Mapping[str, _ScalarField]
    messages: Mapping[str, _MessageField]
    oneofs: tuple[frozenset[str], ...]


@cache
def _schema(message: Descriptor) -> _Schema:
    return _Schema(
        scalars={
            field.json_name: _ScalarField(field.name, field.is_repeated, reader(field))
            for field in message.fields
            if field.message_type is None
        },
        messages={
            field.json_name: _MessageField(field.name, field.is_repeated, field.message_type)
            for field in message.fields
            if field.message_type is not None
        },
        oneofs=tuple(
            frozenset(field.json_name for field in oneof.fields) for oneof in message.oneofs
        ),
    )


def _fill(message: Message, schema: _Schema, value: object, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise UnreadableError(value, f"is nested more than {_MAX_DEPTH} messages deep")
    scalars, messages, oneofs = schema
    members = _object(value)
    for key, item in members.items():
        if item is None:
            continue
        try:
            if scalar := scalars.get(key):
                if scalar.repeated:
                    _append_scalars(message, scalar, item)
                else:
                    setattr(message, scalar.name, scalar.read(item))
            elif field := messages.get(key):
                if field.repeated:
                    _append_messages(message, field, item, depth + 1)
                else:
                    child = getattr(message, field.name)
                    child.SetInParent()
                    _fill(child, _schema(field.message), item, depth + 1)
        except UnreadableError as error:
            error.path.append(f".{key}")
            raise
    if oneofs and len(members) > 1:
        _check_oneofs(oneofs, members)


def _append_scalars(message: Message, field: _ScalarField, value: object) -> None:
    items = getattr(message, field.name)
    for index, item in enumerate(_array(value)):
        try:
            items.append(field.read(item))
        except UnreadableError as error:
            error.path.append(f"[{index}]")
            raise


def _append_messages(message: Message, field: _MessageField, value: object, depth: int) -> None:
    items = getattr(message, field.name)
    schema = _schema(field.message)
    for index, item in enumerate(_array(value)):
        try:
            _fill(items.add(), schema, item, depth)
        except UnreadableError as error:
            error.path.append(f"[{index}]")
            raise


def _object(value: object) -> dict[str, object]:
    if type(value) is not dict:
        raise UnreadableError(value, "is not an object")
    return value


def _array(value: object) -> list[object]:
    if type(value) is not list:
        raise UnreadableError(value, "is not an array")
    return value


def _check_oneofs(oneofs: tuple[frozenset[str], ...], value: Mapping[str, object]) -> None:
    for oneof in oneofs:
        present = [key for key in value if key in oneof and value[key] is not None]
        if len(present) > 1:
            rule = f"sets {' and '.join(present)}, but only one of them may be set"
            raise UnreadableError(value, rule)


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _explained(error: UnreadableError) -> str:
    """Say on one line where in the document which value breaks which rule."""
    path = "".join(reversed(error.path)).lstrip(".") or "the document"
    match error.value:
        case dict():
            shown = "an object"
        case list():
            shown = "an array"
        case str(text):
            shown = orjson.dumps(_shortened(text, _VALUE_LENGTH)).decode()
        case value:
            shown = orjson.dumps(value).decode()
    return f"{_shortened(path, _PATH_LENGTH)}: {shown} {error.rule}"


def json_to_protobuf(signal: Signal, body: bytes) -> bytes:
    """One export request in OTLP/JSON as the same request in protobuf.

    Raises MalformedError with the path in the document, the value there, and the rule it breaks.
    An id of the wrong length is left to whoever judges single items; unknown fields are ignored.
    """
    request = REQUESTS[signal]()
    try:
        document = _document(body)
        _fill(request, _schema(request.DESCRIPTOR), document, depth=0)
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise MalformedError(f"the body is not JSON: {error.msg} at {where}") from None
    except UnreadableError as error:
        raise MalformedError(_explained(error)) from None
    return request.SerializeToString()


def unused_members(signal: Signal, body: bytes) -> list[str]:
    """What stands in a request that `json_to_protobuf` accepts, but is for none of this signal."""
    known = _schema(REQUESTS[signal].DESCRIPTOR).messages
    return [key for key in _object(_document(body)) if key not in known]


def _document(body: bytes) -> object:
    return orjson.loads(body.removeprefix(codecs.BOM_UTF8) or b"{}")
