"""Any Python value as the text of an attribute, in bounds, and without ever raising."""

import json
import json.encoder
import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

_MAX_DEPTH = 12
_MAX_REPR = 500
_SHORTEST = 100
# Lists longer than the first are sent with as many items as the second, so that a table or a
# million numbers cost the app's call next to nothing.
_LONG_LIST, _KEPT_ITEMS = 2000, 200
_LISTS = (list, tuple)
_MARK = "… [{} characters more]"


def _plain(value: Any) -> Any:  # noqa: ANN401  # called with anything
    """What JSON can hold of a value that it cannot."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    kind = type(value)  # what a class has, and not what a test's double makes up
    if hasattr(kind, "shape") and hasattr(kind, "size"):
        return value.tolist() if _few(value) else f"<{kind.__name__} of {value.shape}>"
    for name in ("model_dump", "to_dict", "_asdict", "isoformat"):
        if callable(getattr(kind, name, None)):
            method = getattr(value, name)
            return method(mode="json") if name == "model_dump" else method()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=repr)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"<{len(value)} bytes>"
    if isinstance(value, BaseException):
        return f"{type(value).__name__}: {value}"
    return repr(value)[:_MAX_REPR]


def _few(array: Any) -> bool:  # noqa: ANN401  # NumPy's, or like it
    return hasattr(type(array), "tolist") and int(array.size) <= _LONG_LIST


def _encoder() -> Callable[[object], str]:
    """Compact JSON; raises for what it cannot hold.

    json builds its encoder in C anew for every call, which takes longer than a small value does.
    """
    in_c = getattr(json.encoder, "c_make_encoder", None)
    if in_c is None:  # not CPython
        return json.JSONEncoder(
            ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain
        ).encode
    quoted = json.encoder.encode_basestring
    chunks = in_c(None, _plain, quoted, None, ":", ",", False, False, False)
    return lambda value: "".join(chunks(value, 0))


_encode = _encoder()


def to_json(value: object) -> str:
    """JSON of a value; what JSON cannot hold as its closest, or as Python prints it."""
    try:
        return _encode(value)
    except Exception:  # noqa: BLE001  # no value of the app's may cost it its call
        return json.dumps(_walk(value, 0), ensure_ascii=False, separators=(",", ":"))


def _walk(value: Any, depth: int) -> Any:  # noqa: ANN401  # any value
    """The same by hand: for odd keys, numbers without end, cycles, and objects that raise."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if depth >= _MAX_DEPTH:
        return "…"
    try:
        if isinstance(value, Mapping):
            return {str(key): _walk(each, depth + 1) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [_walk(each, depth + 1) for each in value]
        return _walk(_plain(value), depth + 1)
    except Exception as error:  # noqa: BLE001  # the same
        return f"<{type(value).__name__} that raises {type(error).__name__}>"


def to_text(value: object, limit: int) -> str:
    """A text as it is, anything else as JSON, of at most about `limit` characters.

    In JSON that is too long the long texts are shortened first, so that it stays JSON.
    """
    if isinstance(value, str):
        return _sendable(_cut(value, limit))
    text = to_json(_bounded(value))
    if len(text) <= limit:
        return _sendable(text)
    bound = limit // 2
    while bound >= _SHORTEST:
        shorter = to_json(_shortened(json.loads(text), bound))
        if len(shorter) <= limit:
            return _sendable(shorter)
        bound //= 4
    return _sendable(_cut(text, limit))


def _bounded(value: Any) -> Any:  # noqa: ANN401  # any value
    """A value with its long lists cut, and those right within it."""
    kind = type(value)
    if kind is dict:
        for each in value.values():
            if type(each) in _LISTS and len(each) > _LONG_LIST:
                return {key: _head(member) for key, member in value.items()}
    elif kind in _LISTS:
        value = _head(value)
        for each in value:
            if type(each) in _LISTS and len(each) > _LONG_LIST:
                return [_head(member) for member in value]
    return value


def _head(value: Any) -> Any:  # noqa: ANN401  # any value
    if type(value) not in _LISTS or len(value) <= _LONG_LIST:
        return value
    return [*value[:_KEPT_ITEMS], f"… [{len(value) - _KEPT_ITEMS} items more]"]


def _shortened(value: Any, bound: int) -> Any:  # noqa: ANN401  # any JSON
    if isinstance(value, str):
        return _cut(value, bound)
    if isinstance(value, list):
        return [_shortened(each, bound) for each in value]
    if isinstance(value, dict):
        return {key: _shortened(each, bound) for key, each in value.items()}
    return value


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit] + _MARK.format(len(text) - limit)


def _sendable(text: str) -> str:
    """A text that UTF-8 has: half of a surrogate pair would spoil a whole request."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
