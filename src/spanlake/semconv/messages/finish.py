"""Why a model stopped."""

from typing import Any

_REASONS = (
    "finish_reason", "finishReason", "stop_reason", "stopReason", "finish_reasons", "done_reason",
)  # fmt: skip
_METADATA = ("meta", "_meta")  # Haystack
_TELLING = {*_REASONS, *_METADATA}


def finish_reason(value: dict[str, Any]) -> str | None:
    """Why a model stopped, as a choice, a candidate or a reply tells it."""
    if not value.keys() & _TELLING:
        return None
    told = _told(value)
    for key in _METADATA:
        if told is None and isinstance(value.get(key), dict):
            told = _told(value[key])
    return told


def _told(value: dict[str, Any]) -> str | None:
    for key in _REASONS:
        reason = value.get(key)
        if isinstance(reason, list) and reason:
            reason = reason[0]
        if isinstance(reason, str) and reason:
            return reason
    return None
