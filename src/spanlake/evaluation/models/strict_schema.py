"""Whether a provider that checks schemas strictly takes one."""

from functools import lru_cache
from typing import Any

import orjson

from spanlake.evaluation.models.message import JsonObject


def is_strict(schema: JsonObject) -> bool:
    """Whether every object in a schema is closed and has all its properties required."""
    return _is_strict(orjson.dumps(schema))


@lru_cache(maxsize=256)
def _is_strict(text: bytes) -> bool:
    """The same of its JSON text: a run asks by the same few schemas thousands of times."""
    return all(
        each.get("additionalProperties") is False
        and set(each.get("required", ())) == set(each.get("properties", ()))
        for each in _schemas(orjson.loads(text))
        if each.get("type") == "object"
    )


def _schemas(value: Any) -> list[JsonObject]:  # noqa: ANN401  # any JSON
    if isinstance(value, dict):
        below = [each for item in value.values() for each in _schemas(item)]
        return [value, *below]
    if isinstance(value, list):
        return [each for item in value for each in _schemas(item)]
    return []
