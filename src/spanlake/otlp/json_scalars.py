"""How OTLP/JSON spells each scalar type of protobuf, and which spellings are accepted.

It is protobuf's JSON mapping with two exceptions: ids are hex, and enums are numbers only.
"""

import math
import re
from binascii import a2b_base64, a2b_hex, b2a_base64
from collections.abc import Callable, Mapping
from contextlib import suppress

from google.protobuf.descriptor import FieldDescriptor

Scalar = str | bytes | int | float
"""A value of a protobuf field that is not a message; `bool` is an `int`."""

_ID_FIELDS = frozenset({"trace_id", "span_id", "parent_span_id"})
_DIGITS = re.compile(r"-?\d{1,20}", re.ASCII)
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
# The first float that may stand for an integer other than the one that was written.
_INEXACT = 2.0**53


class UnreadableError(Exception):
    """A JSON value that does not fit its field: the value, the rule, and where it stands.

    path: the steps from the value up to the document, `.key` or `[index]`, innermost first.
    """

    def __init__(self, value: object, rule: str) -> None:
        super().__init__(rule)
        self.value = value
        self.rule = rule
        self.path: list[str] = []


def _read_string(value: object) -> str:
    if type(value) is not str:
        raise UnreadableError(value, "is not a string")
    return value


def _read_bool(value: object) -> bool:
    if type(value) is not bool:
        raise UnreadableError(value, "is not true or false")
    return value


def _read_id(value: object) -> bytes:
    """Any number of bytes: an id of the wrong length costs its own item, not the request."""
    try:
        return a2b_hex(_read_string(value))
    except ValueError:
        rule = "is not an even number of hex digits (ids in OTLP/JSON are hex, not base64)"
        raise UnreadableError(value, rule) from None


def _read_bytes(value: object) -> bytes:
    """Either alphabet, with all of its padding or none."""
    text = _read_string(value)
    digits = text.rstrip("=")
    padding = "=" * (-len(digits) % 4)
    if text in (digits, digits + padding):
        standard = digits.replace("-", "+").replace("_", "/")
        with suppress(ValueError):
            return a2b_base64(standard + padding, strict_mode=True)
    raise UnreadableError(value, "is not base64")


def _read_double(value: object) -> float:
    if type(value) is float:
        return value
    if type(value) is int:
        return float(value)
    if type(value) is str:
        if value in _NOT_FINITE:
            return _NOT_FINITE[value]
        if _NUMBER.fullmatch(value) and math.isfinite(number := float(value)):
            return number
    raise UnreadableError(value, 'is not a finite number, "NaN", "Infinity" or "-Infinity"')


def _exact_integer(value: object) -> int | None:
    """Return the integer a number or numeric string stands for; None when that is not certain."""
    if type(value) is int:
        return value
    if type(value) is str and _NUMBER.fullmatch(value):
        if _DIGITS.fullmatch(value):
            return int(value)
        value = float(value)
    # The JSON parser makes a float of every integer beyond 64 bits too.
    if type(value) is float and value.is_integer() and abs(value) < _INEXACT:
        return int(value)
    return None


def _integer_reader(low: int, high: int) -> Callable[[object], int]:
    rule = f"is not an integer from {low} to {high} in plain digits"

    def read(value: object) -> int:
        number = _exact_integer(value)
        if number is None or not low <= number <= high:
            raise UnreadableError(value, rule)
        return number

    return read


_read_int32 = _integer_reader(-(2**31), 2**31 - 1)


def _read_enum(value: object) -> int:
    if type(value) is str:
        raise UnreadableError(value, "is not a number (enums in OTLP/JSON are never names)")
    return _read_int32(value)


_READERS: Mapping[int, Callable[[object], Scalar]] = {
    FieldDescriptor.CPPTYPE_STRING: _read_string,
    FieldDescriptor.CPPTYPE_BOOL: _read_bool,
    FieldDescriptor.CPPTYPE_DOUBLE: _read_double,
    FieldDescriptor.CPPTYPE_ENUM: _read_enum,
    FieldDescriptor.CPPTYPE_INT32: _read_int32,
    FieldDescriptor.CPPTYPE_UINT32: _integer_reader(0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_INT64: _integer_reader(-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT64: _integer_reader(0, 2**64 - 1),
}


def reader(field: FieldDescriptor) -> Callable[[object], Scalar]:
    """Choose what reads a JSON value as a value of this scalar field, or raises UnreadableError."""
    if field.type == FieldDescriptor.TYPE_BYTES:
        return _read_id if field.name in _ID_FIELDS else _read_bytes
    return _READERS[field.cpp_type]


def _write_base64(value: bytes) -> str:
    return b2a_base64(value, newline=False).decode()


def _write_double(value: float) -> float | str:
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _write_plain(value: object) -> object:
    return value


_WRITERS: Mapping[int, Callable[..., object]] = {
    FieldDescriptor.CPPTYPE_DOUBLE: _write_double,
    FieldDescriptor.CPPTYPE_INT64: str,
    FieldDescriptor.CPPTYPE_UINT64: str,
}


def writer(field: FieldDescriptor) -> Callable[..., object]:
    """Choose what turns a value of this scalar field into what `orjson` writes as its JSON."""
    if field.type == FieldDescriptor.TYPE_BYTES:
        return bytes.hex if field.name in _ID_FIELDS else _write_base64
    return _WRITERS.get(field.cpp_type, _write_plain)
