"""How many items a request holds, told from its wire format alone.

An item can be as small as two bytes, and takes a hundred times that once it is a row.
"""

from collections.abc import Iterator

from spanlake.entities import Signal
from spanlake.errors import TooLargeError

MAX_ITEMS = 500_000

_RESOURCES, _SCOPES, _ITEMS = 1, 2, 2
# The fields of Metric that hold data, each of which has its points in field 1.
_METRIC_DATA = (5, 7, 9, 10, 11)
_POINTS = 1
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_VALUE_BITS, _MAX_SHIFT = 0x7F, 70
_FIXED_SIZES = {_FIXED64: 8, _FIXED32: 4}


def check_item_count(signal: Signal, payload: bytes) -> None:
    """Raise TooLargeError for a protobuf request of more than `MAX_ITEMS` items.

    What is no protobuf is left for the decoder to refuse.
    """
    if len(payload) <= 2 * MAX_ITEMS:
        return
    for count, _ in enumerate(_items(signal, memoryview(payload)), 1):
        if count > MAX_ITEMS:
            raise TooLargeError(
                f"the request has more than {MAX_ITEMS:,} items: send them in smaller batches"
            )


def _items(signal: Signal, payload: memoryview) -> Iterator[memoryview]:
    for resource in _members(payload, (_RESOURCES,)):
        for scope in _members(resource, (_SCOPES,)):
            for item in _members(scope, (_ITEMS,)):
                if signal is Signal.METRICS:
                    yield item
                    for data in _members(item, _METRIC_DATA):
                        yield from _members(data, (_POINTS,))
                else:
                    yield item


def _members(message: memoryview, fields: tuple[int, ...]) -> Iterator[memoryview]:
    """The contents of these length-delimited fields, up to the first byte that makes no sense."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == _LENGTH:
            size, at = _varint(message, at)
            if tag >> 3 in fields:
                yield message[at : at + size]
            at += size
        elif kind == _VARINT:
            _, at = _varint(message, at)
        elif kind in _FIXED_SIZES:
            at += _FIXED_SIZES[kind]
        else:
            return


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """The number at `at`, and where it ends; past the end of the message there are zeros."""
    value = 0
    for shift in range(0, _MAX_SHIFT, 7):
        if at >= len(message):
            break
        byte = message[at]
        at += 1
        value |= (byte & _VALUE_BITS) << shift
        if byte == byte & _VALUE_BITS:
            break
    return value, at
