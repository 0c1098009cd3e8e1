"""One attribute value as text and a one-letter type, and back, without loss.

Strings are kept as they are, every other value as JSON text. The letter tells what it was:

    s string   i int   d double   b bool   y bytes (base64)   n no value (text is null)
    a array    k kvlist           x array or kvlist that JSON cannot express: OTLP/JSON instead
"""

import base64
import math
from typing import Any, NamedTuple

import orjson
from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    ArrayValue,
    KeyValue,
    KeyValueList,
)

from spanlake.entities import Signal
from spanlake.errors import MalformedError
from spanlake.otlp.json_decode import json_to_protobuf
from spanlake.otlp.json_encode import protobuf_to_json


class TypedText(NamedTuple):
    """The text of a value, None for no value, and the letter of its type."""

    text: str | None
    letter: str


class _NotPlainJsonError(ValueError):
    """A nested value holds bytes, a number that is not finite, or the same key twice."""


def _plain(value: AnyValue) -> Any:  # noqa: ANN401  # any JSON value
    match value.WhichOneof("value"):
        case "array_value":
            return [_plain(item) for item in value.array_value.values]
        case "kvlist_value":
            members = {pair.key: _plain(pair.value) for pair in value.kvlist_value.values}
            if len(members) < len(value.kvlist_value.values):
                raise _NotPlainJsonError
            return members
        case "double_value" if not math.isfinite(value.double_value):
            raise _NotPlainJsonError
        case "bytes_value":
            raise _NotPlainJsonError
        case None | "string_value_strindex":
            return None
        case kind:
            return getattr(value, kind)


def nested_text(encoded: bytes, letter: str) -> TypedText:
    """The text of an encoded ArrayValue (letter a) or KeyValueList (letter k)."""
    value = AnyValue()
    try:
        if letter == "a":
            value.array_value.CopyFrom(ArrayValue.FromString(encoded))
        else:
            value.kvlist_value.CopyFrom(KeyValueList.FromString(encoded))
    except DecodeError as error:
        raise MalformedError(f"an attribute value is not a protobuf AnyValue: {error}") from None
    return any_value_text(value)


def any_value_text(value: AnyValue) -> TypedText:
    """The text and type letter of any value."""
    match value.WhichOneof("value"):
        # The index is for profiles alone; elsewhere there is no table of strings it could point to.
        case None | "string_value_strindex":
            return TypedText(None, "n")
        case "string_value":
            return TypedText(value.string_value, "s")
        case "bool_value":
            return TypedText("true" if value.bool_value else "false", "b")
        case "int_value":
            return TypedText(str(value.int_value), "i")
        case "double_value":
            return TypedText(double_text(value.double_value), "d")
        case "bytes_value":
            return TypedText(base64.b64encode(value.bytes_value).decode(), "y")
        case kind:
            try:
                text = orjson.dumps(_plain(value)).decode()
            except (_NotPlainJsonError, orjson.JSONEncodeError):
                return TypedText(protobuf_to_json(value).decode(), "x")
            return TypedText(text, "a" if kind == "array_value" else "k")


def double_text(value: float) -> str:
    """The shortest text that reads back as the same double; names for what JSON lacks."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(value)


def _any_value(plain: Any) -> AnyValue:  # noqa: ANN401  # any JSON value
    match plain:
        case None:
            return AnyValue()
        case bool():
            return AnyValue(bool_value=plain)
        case int():
            return AnyValue(int_value=plain)
        case float():
            return AnyValue(double_value=plain)
        case str():
            return AnyValue(string_value=plain)
        case list():
            return AnyValue(array_value=ArrayValue(values=[_any_value(item) for item in plain]))
        case dict():
            pairs = [KeyValue(key=key, value=_any_value(item)) for key, item in plain.items()]
            return AnyValue(kvlist_value=KeyValueList(values=pairs))
    raise TypeError(f"{type(plain).__name__} is no JSON value")


def any_value(text: str | None, letter: str) -> AnyValue:
    """The value that `any_value_text` made this text and letter of."""
    if text is None or letter == "n":
        return AnyValue()
    match letter:
        case "i":
            return AnyValue(int_value=int(text))
        case "d":
            return AnyValue(double_value=float(text))
        case "b":
            return AnyValue(bool_value=text == "true")
        case "y":
            return AnyValue(bytes_value=base64.b64decode(text))
        case "a" | "k":
            return _any_value(orjson.loads(text))
        case "x":
            return _from_otlp_json(text)
        case _:
            return AnyValue(string_value=text)


def _from_otlp_json(text: str) -> AnyValue:
    # An AnyValue alone is no request; a log record's body carries it through the one decoder.
    body = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":%b}]}]}]}' % text.encode()
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    request = ExportLogsServiceRequest.FromString(json_to_protobuf(Signal.LOGS, body))
    return request.resource_logs[0].scope_logs[0].log_records[0].body
