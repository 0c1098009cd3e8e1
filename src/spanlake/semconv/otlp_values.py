"""OTLP's own JSON for values, in which an attribute is stored that plain JSON cannot hold."""

from typing import Any

# Only lists and maps with bytes, or doubles of a special kind, in them are stored like this.
_OUTERMOST = ("arrayValue", "kvlistValue")
_MAX_DEPTH = 64


def is_otlp_value(value: Any) -> bool:  # noqa: ANN401  # any JSON
    """Whether a JSON value is a list or map as OTLP writes them."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in _OUTERMOST


def plain_value(value: Any, depth: int = 0) -> Any:  # noqa: ANN401  # any JSON
    """A value as plain JSON: bytes are their base64 text."""
    if not isinstance(value, dict) or len(value) != 1 or depth > _MAX_DEPTH:
        return None
    kind, held = next(iter(value.items()))
    members = held.get("values", []) if isinstance(held, dict) else []
    if kind == "arrayValue":
        return [plain_value(each, depth + 1) for each in members]
    if kind == "kvlistValue":
        return {
            str(pair.get("key")): plain_value(pair.get("value"), depth + 1)
            for pair in members
            if isinstance(pair, dict)
        }
    if kind == "intValue" and isinstance(held, str):
        return int(held) if held.lstrip("-").isdigit() else None
    return held
