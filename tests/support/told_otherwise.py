"""Facts that an instrumentor tells otherwise than they were, with nothing beside to tell it by.

What it tells is then what SQL has to say. The table of instrumentors names each of these.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from captures import Capture


class ToldOtherwise(NamedTuple):
    """What a payload says of a capture, where the app did something else, and how that comes."""

    capture: str
    facts: Mapping[str, object]
    why: str


TOLD_OTHERWISE = (
    ToldOtherwise(
        "openlit/streaming_no_usage",
        {"input_tokens": 17, "output_tokens": 42},
        "The API sent no usage; the tokens are OpenLIT's estimate, which it does not call one.",
    ),
    ToldOtherwise(
        "otel-google-genai-span/auto_tool",
        {"llm_calls": 1, "input_tokens": 34, "output_tokens": 17},
        "Two model calls, with the tool between them, are one span with the usage of the second.",
    ),
    ToldOtherwise(
        "otel-genai-llama-index/agent",
        {"llm_calls": None},
        "The two model calls of the agent have no spans; the agent's span has no usage.",
    ),
    ToldOtherwise(
        "otel-genai-llama-index/rag_streaming",
        {"llm_calls": None},
        "The model call has no span.",
    ),
    ToldOtherwise(
        "openinference-dspy/react_tools",
        {"tools_called": ["get_weather", "finish"]},
        "DSPy ends by calling a tool of its own, which is a span like the app's.",
    ),
    ToldOtherwise(
        "google-adk-native/sub_agent",
        {"error": True},
        "The model called a tool without its argument; the app got an answer, not an error.",
    ),
    *(
        ToldOtherwise(
            f"{folder}/semconv_agent",
            {"cached_input_tokens": 64},
            "The app says itself that 64 tokens came from a cache; there was no model.",
        )
        for folder in ("manual-otel-grpc", "manual-otel-http")
    ),
)


def as_told(capture: Capture) -> Capture:
    """The capture, expecting what its payload says."""
    facts = {
        key: value
        for told in TOLD_OTHERWISE
        if told.capture == capture.name
        for key, value in told.facts.items()
    }
    return replace(capture, expected=capture.expected | facts)
