import json
from typing import Any

import pytest

from spanlake.semconv.tool_definitions import tool_definitions_of

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"name": "weather", "description": "The weather."}
EXPECTED = [{"type": "function", **WEATHER, "parameters": SCHEMA}]

FUNCTION = {**WEATHER, "parameters": SCHEMA}
OF_OPENAI = {"type": "function", "function": FUNCTION}
OF_AI_SDK = {"type": "function", **WEATHER, "inputSchema": SCHEMA}
OF_PYDANTIC_AI = {**WEATHER, "parameters_json_schema": SCHEMA}

SHAPES: list[tuple[str, Any]] = [
    ("OpenTelemetry", EXPECTED),
    ("OpenAI chat", [OF_OPENAI]),
    ("OpenAI chat: a request", {"model": "m", "tools": [OF_OPENAI]}),
    ("OpenAI as it was", {"functions": [FUNCTION]}),
    ("OpenAI Responses", {"tools": [{"type": "function", "strict": True, **FUNCTION}]}),
    ("Anthropic", [{**WEATHER, "input_schema": SCHEMA}]),
    ("Gemini", [{"functionDeclarations": [{**WEATHER, "parametersJsonSchema": SCHEMA}]}]),
    ("Gemini for Python", {"config": {"tools": [{"function_declarations": [FUNCTION]}]}}),
    ("Bedrock", [{"toolSpec": {**WEATHER, "inputSchema": {"json": SCHEMA}}}]),
    ("Bedrock: a request", {"toolConfig": {"tools": [{"toolSpec": FUNCTION}]}}),
    ("AI SDK: a JSON text a tool", [json.dumps(OF_AI_SDK)]),
    ("OpenInference, flattened", [{"tool": {"json_schema": json.dumps(OF_OPENAI)}}]),
    ("OpenLLMetry, flattened", [{**WEATHER, "parameters": json.dumps(SCHEMA)}]),
    ("pydantic-ai", {"function_tools": [OF_PYDANTIC_AI], "output_tools": []}),
]


@pytest.mark.parametrize("value", [pytest.param(value, id=title) for title, value in SHAPES])
def test_tools_of_every_provider_are_one_list(value: object) -> None:
    """A tool has a type, a name, a description and the schema of its parameters."""
    assert tool_definitions_of(value) == EXPECTED
    assert tool_definitions_of(json.dumps(value)) == EXPECTED


@pytest.mark.parametrize("value", [None, "", "weather", 5, {}, [], [{"x": 1}], ["weather"], "[]"])
def test_what_defines_no_tool_gives_none(value: object) -> None:
    """Anything else has no tools in it."""
    assert tool_definitions_of(value) == []


def test_a_tool_needs_no_more_than_a_name() -> None:
    """A tool without a description or parameters has none, and a type of its own stays."""
    tools = [{"name": "now"}, {"type": "web_search", "name": "search", "parameters": "any"}]
    assert tool_definitions_of(tools) == [
        {"type": "function", "name": "now"},
        {"type": "web_search", "name": "search"},
    ]
