"""Definitions of tools in any provider's shape as those of the OpenTelemetry GenAI schema."""

from collections.abc import Iterator
from typing import Any

from spanlake.semconv.json_values import NOTHING, Json, parse_container

_MAX_DEPTH = 8
_PARAMETERS = (
    "parameters", "input_schema", "inputSchema", "parameters_json_schema", "args_schema", "schema",
    "json_schema", "parametersJsonSchema",
)  # fmt: skip
_HOLDERS = (
    "tools", "functions", "tool_definitions", "function_tools", "llm_request", "config",
    "toolConfig", "tool_config",
)  # fmt: skip


def tool_definitions_of(value: Json, depth: int = 0) -> list[dict[str, Any]]:
    """The tools in a value: a list of definitions, or a request body that has one."""
    return list(_definitions(value, depth))


def _definitions(value: Json, depth: int) -> Iterator[dict[str, Any]]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, str):
        inner = parse_container(value)
        if inner is not NOTHING:
            yield from _definitions(inner, depth + 1)
    elif isinstance(value, list):
        for each in value:
            yield from _definitions(each, depth + 1)
    elif isinstance(value, dict):
        yield from _of_object(value, depth)


def _of_object(value: dict[str, Any], depth: int) -> Iterator[dict[str, Any]]:
    declared = value.get("function_declarations", value.get("functionDeclarations"))
    inner = value.get("function", value.get("toolSpec", value.get("tool")))
    if isinstance(declared, list):
        yield from _definitions(declared, depth + 1)
    elif isinstance(inner, dict):
        yield from _definitions(inner, depth + 1)
    elif isinstance(value.get("json_schema"), str):  # OpenInference
        yield from _definitions(value["json_schema"], depth + 1)
    elif isinstance(value.get("name"), str) and value["name"]:
        yield _definition(value)
    else:
        for key in _HOLDERS:
            if value.get(key):
                yield from _definitions(value[key], depth + 1)
                return


def _definition(value: dict[str, Any]) -> dict[str, Any]:
    kind = value.get("type")
    definition = {"type": kind if isinstance(kind, str) else "function", "name": value["name"]}
    if value.get("description"):
        definition["description"] = value["description"]
    for key in _PARAMETERS:
        schema = value.get(key)
        if isinstance(schema, str):
            inner = parse_container(schema)
            schema = None if inner is NOTHING else inner
        if isinstance(schema, dict):
            definition["parameters"] = schema["json"] if set(schema) == {"json"} else schema
            break
    return definition
