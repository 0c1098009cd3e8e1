import json
from typing import Any

import pyarrow as pa
import pytest
from dirty_equals import IsApprox, IsStr
from inline_snapshot import snapshot
from spans import Attributes, SpanSpec, Value, raw_spans

from spanlake.semconv.columns import CANONICAL, SEMCONV_VERSION, TEXT_COLUMNS
from spanlake.semconv.normalise import Canonical, Normaliser, default_normaliser
from spanlake.semconv.tables import load_dialects

CHAT: Attributes = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
    "gen_ai.request.temperature": 0.5,
    "gen_ai.request.max_tokens": 100,
    "gen_ai.request.reasoning.level": "low",
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.response.finish_reasons": ["tool_calls"],
    "gen_ai.response.time_to_first_chunk": 0.25,
    "gen_ai.usage.input_tokens": 120,
    "gen_ai.usage.output_tokens": 30,
    "gen_ai.usage.cache_read.input_tokens": 100,
    "gen_ai.usage.reasoning.output_tokens": 10,
    "gen_ai.conversation.id": "conv-1",
    "gen_ai.input.messages": json.dumps(
        [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]
    ),
    "session.id": "session-1",
    "user.id": "user-1",
}


def normalised(*specs: SpanSpec, experiments: list[str | None] | None = None) -> Canonical:
    names = pa.array(experiments or [None] * len(specs), pa.string())
    return default_normaliser().normalise(raw_spans(*specs), names)


def row(attributes: Attributes, resource: Attributes | None = None) -> dict[str, Any]:
    canonical = normalised(SpanSpec(attributes, resource or {}))
    columns: dict[str, Any] = canonical.table.to_pylist()[0]
    return columns


def test_a_chat_span_of_the_current_conventions_fills_every_column_it_speaks_of() -> None:
    """A chat span of the current conventions fills every column it speaks of, and no other."""
    filled = {name: value for name, value in row(CHAT).items() if value is not None}
    assert filled == snapshot(
        {
            "is_error": False,
            "span_type": "LLM",
            "operation": "chat",
            "provider": "openai",
            "request_model": "gpt-4o-mini",
            "response_model": "gpt-4o-mini-2024-07-18",
            "model": "gpt-4o-mini-2024-07-18",
            "request_params": '{"temperature":0.5,"max_tokens":100,"reasoning.level":"low"}',
            "response_id": "chatcmpl-1",
            "finish_reasons": ["tool_call"],
            "time_to_first_token_ms": 250.0,
            "input_tokens": 120,
            "output_tokens": 30,
            "total_tokens": 150,
            "cache_read_tokens": 100,
            "reasoning_tokens": 10,
            "usage_is_rollup": False,
            "cost_usd": IsApprox(2.85e-05),
            "cost_source": "computed",
            "price_version": IsStr(regex="genai-prices .+"),
            "input_messages": '[{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]',
            "session_id": "session-1",
            "conversation_id": "conv-1",
            "user_id": "user-1",
            "experiment": "default",
            "dialect": "otel_genai",
            "semconv_version": SEMCONV_VERSION,
        }
    )


def test_a_span_that_is_not_genai_has_no_genai_columns() -> None:
    """A plain HTTP span keeps its session and service, and has no span type and no dialect."""
    columns = row({"http.request.method": "GET", "session.id": "s"}, {"service.name": "web"})
    assert columns["span_type"] is None
    assert columns["dialect"] is None
    assert columns["session_id"] == "s"
    assert columns["service_name"] == "web"


@pytest.mark.parametrize(
    ("operation", "span_type"),
    [
        ("chat", "LLM"),
        ("generate_content", "LLM"),
        ("text_completion", "LLM"),
        ("embeddings", "EMBEDDING"),
        ("retrieval", "RETRIEVER"),
        ("execute_tool", "TOOL"),
        ("invoke_agent", "AGENT"),
        ("create_agent", "AGENT"),
        ("invoke_workflow", "WORKFLOW"),
        ("plan", "PLAN"),
        ("search_memory", "MEMORY"),
        ("CHAT", "LLM"),
        ("an operation of tomorrow", None),
    ],
)
def test_the_operation_decides_the_span_type(operation: str, span_type: str | None) -> None:
    """Each operation of the conventions has its span type; an unknown one is kept as it is."""
    columns = row({"gen_ai.operation.name": operation})
    assert columns["span_type"] == span_type
    assert columns["operation"] == operation.lower()


@pytest.mark.parametrize(
    ("attributes", "span_type"),
    [
        ({"gen_ai.tool.name": "search"}, "TOOL"),
        ({"gen_ai.retrieval.documents": "[]"}, "RETRIEVER"),
        ({"gen_ai.request.model": "gpt-4o"}, "LLM"),
        ({"gen_ai.usage.input_tokens": 3}, "LLM"),
        ({"gen_ai.operation.name": "chat", "spanlake.span_type": "GUARDRAIL"}, "GUARDRAIL"),
    ],
)
def test_what_a_span_says_decides_its_type_where_no_operation_does(
    attributes: Attributes, span_type: str
) -> None:
    """Without an operation a tool, documents, a model or usage tell; an app's word wins."""
    assert row(attributes)["span_type"] == span_type


@pytest.mark.parametrize(
    ("attribute", "value", "column", "expected"),
    [
        ("gen_ai.system", "az.ai.openai", "provider", "azure.ai.openai"),
        ("gen_ai.system", "vertex_ai", "provider", "gcp.vertex_ai"),
        ("gen_ai.provider.name", "OpenAI", "provider", "openai"),
        ("gen_ai.system", "langchain", "provider", None),
        ("gen_ai.usage.prompt_tokens", 7, "input_tokens", 7),
        ("gen_ai.usage.completion_tokens", 7, "output_tokens", 7),
        ("gen_ai.usage.cache_creation.input_tokens", 7, "cache_write_tokens", None),
        ("gen_ai.response.finish_reason", "end_turn", "finish_reasons", ["stop"]),
        ("gen_ai.usage.cost", 0.5, "cost_usd", 0.5),
        ("enduser.id", "u", "user_id", "u"),
        ("gen_ai.request.stop_sequences", ["a"], "request_params", '{"stop_sequences":["a"]}'),
        ("gen_ai.prompt.name", "greet", "prompt_name", "greet"),
        ("gen_ai.agent.name", "planner", "agent_name", "planner"),
        ("gen_ai.tool.call.result", "42", "tool_result", "42"),
        ("spanlake.tags", ["a", "b", "a"], "tags", ["a", "b"]),
        ("spanlake.tags", "a, b", "tags", ["a", "b"]),
        ("spanlake.metadata.tier", "gold", "metadata", [("tier", "gold")]),
        ("gen_ai.response.model", "", "response_model", None),
    ],
)
def test_an_attribute_reaches_its_column(
    attribute: str, value: Value, column: str, expected: object
) -> None:
    """Names of earlier releases and of any dialect end in the one canonical column."""
    assert row({attribute: value})[column] == expected


@pytest.mark.parametrize(
    ("value", "tokens", "error"),
    [
        (12, 12, None),
        ("12", 12, None),
        (12.0, 12, None),
        ("12.0", 12, None),
        (-1, None, "must be a count, zero or more"),
        (1.5, None, "must be a whole number"),
        (float("nan"), None, "must be a count, zero or more"),
        ("twelve", None, "must be a number"),
        (2**62, None, "must be at most 2^53"),
        (True, None, "must be a number"),
    ],
)
def test_a_token_count_is_a_count(value: Value, tokens: int | None, error: str | None) -> None:
    """Counts come as integers, integral doubles or text; anything else is told, not guessed."""
    columns = row({"gen_ai.usage.input_tokens": value})
    assert columns["input_tokens"] == tokens
    errors = columns["semconv_errors"]
    assert (errors is None) if error is None else error in errors[0]


def test_a_failure_is_told_beside_its_span_and_nowhere_else() -> None:
    """One span's bad value leaves its neighbours' columns alone."""
    canonical = normalised(
        SpanSpec(CHAT), SpanSpec({**CHAT, "gen_ai.usage.input_tokens": "many"}), SpanSpec(CHAT)
    )
    assert canonical.table["input_tokens"].to_pylist() == [120, None, 120]
    assert [errors is None for errors in canonical.table["semconv_errors"].to_pylist()] == [
        True,
        False,
        True,
    ]


def test_messages_cut_short_are_no_messages() -> None:
    """JSON that a length limit cut is left out and told, and stays in the attributes."""
    canonical = normalised(SpanSpec({"gen_ai.input.messages": '[{"role": "user", "par'}))
    assert canonical.table["input_messages"].to_pylist() == [None]
    assert "not a whole JSON" in canonical.table["semconv_errors"].to_pylist()[0][0]
    assert not len(canonical.verbatim["input_messages"])


def test_a_text_column_names_the_attribute_it_holds() -> None:
    """Text columns report which attribute entries they hold verbatim; other strings stay."""
    canonical = normalised(SpanSpec({"a": "b"}), SpanSpec(CHAT))
    at = 1 + list(CHAT).index("gen_ai.input.messages")
    assert {name: canonical.verbatim[name].tolist() for name in TEXT_COLUMNS} == {
        name: [at] if name == "input_messages" else [] for name in TEXT_COLUMNS
    }


@pytest.mark.parametrize(
    ("attributes", "resource", "header", "experiment"),
    [
        ({"spanlake.experiment": "span"}, {"spanlake.experiment": "res"}, "head", "span"),
        ({}, {"spanlake.experiment": "res", "service.name": "svc"}, "head", "res"),
        ({}, {"service.name": "svc"}, "head", "head"),
        ({}, {"service.name": "svc"}, None, "svc"),
        ({}, {}, None, "default"),
    ],
)
def test_the_experiment_is_the_nearest_one_named(
    attributes: Attributes, resource: Attributes, header: str | None, experiment: str
) -> None:
    """Span, resource, request header, service name, `default`: the first that is there."""
    canonical = normalised(SpanSpec(attributes, resource), experiments=[header])
    assert canonical.table["experiment"].to_pylist() == [experiment]


def test_our_own_words_name_no_dialect() -> None:
    """An app's spanlake.* attributes do not hide the dialect its instrumentor speaks."""
    assert row({**CHAT, "spanlake.user_id": "me"})["dialect"] == "otel_genai"
    assert row({"spanlake.user_id": "me"})["dialect"] is None


def test_a_mapping_that_fails_costs_one_span_its_columns() -> None:
    """Whatever raises inside the mapping, the other spans of the batch keep their columns."""
    spans = raw_spans(SpanSpec(CHAT), SpanSpec(CHAT), SpanSpec(CHAT))
    broken = pa.array([None, spans["attributes"][1].as_py(), None], spans["attributes"].type)
    spans = spans.set_column(spans.column_names.index("attributes"), "attributes", broken)
    canonical = default_normaliser().normalise(spans, pa.nulls(3, pa.string()))
    assert canonical.table.schema == CANONICAL
    assert canonical.table["operation"].to_pylist()[1] == "chat"
    assert canonical.table["semconv_version"].to_pylist() == [SEMCONV_VERSION] * 3


def test_prices_can_be_left_out() -> None:
    """Without prices there is no computed cost; one that the app reports is kept."""
    plain = Normaliser(load_dialects(), prices=False)
    spans = raw_spans(SpanSpec(CHAT), SpanSpec({**CHAT, "gen_ai.usage.cost": 0.25}))
    table = plain.normalise(spans, pa.nulls(2, pa.string())).table
    assert table["cost_usd"].to_pylist() == [None, 0.25]
    assert table["cost_source"].to_pylist() == [None, "reported"]


def test_an_unknown_model_is_unpriced() -> None:
    """A model without a price has no cost, never a cost of zero."""
    columns = row({**CHAT, "gen_ai.response.model": "in-house", "gen_ai.request.model": "in-house"})
    assert columns["input_tokens"] == 120
    assert columns["cost_usd"] is None
    assert columns["cost_source"] is None


def test_a_repeated_key_reads_as_its_last_value() -> None:
    """A span that repeats a key is mapped by the last value, as its map has it."""
    spans = raw_spans(SpanSpec({"gen_ai.usage.input_tokens": 5}))
    doubled = [("gen_ai.usage.input_tokens", "9")]
    values = pa.array([doubled], spans["attributes"].type)
    types = pa.array(["=[...]"])
    spans = spans.set_column(spans.column_names.index("attributes"), "attributes", values)
    spans = spans.set_column(spans.column_names.index("attribute_types"), "attribute_types", types)
    table = default_normaliser().normalise(spans, pa.nulls(1, pa.string())).table
    assert table["input_tokens"].to_pylist() == [9]


def test_parameters_and_metadata_stand_in_the_order_in_which_they_were_sent() -> None:
    """Members made of many attributes have the order of their own span, not of a neighbour."""
    first: Attributes = {"gen_ai.request.seed": 1, "spanlake.metadata.b": "1"}
    second: Attributes = {
        "gen_ai.request.top_p": 0.5,
        "gen_ai.request.seed": 2,
        "spanlake.metadata.a": "2",
        "spanlake.metadata.b": "3",
    }
    table = normalised(SpanSpec(first), SpanSpec(second)).table
    assert table["request_params"].to_pylist() == ['{"seed":1}', '{"top_p":0.5,"seed":2}']
    assert table["metadata"].to_pylist() == [[("b", "1")], [("a", "2"), ("b", "3")]]


@pytest.mark.parametrize("value", ["-Infinity", "[1]", "x", "", "{", "5", "null", '"x"'])
def test_parameters_are_an_object_or_nothing(value: str) -> None:
    """What an instrumentor sends as parameters is stored as such only if it is a JSON object."""
    assert row({"llm.invocation_parameters": value})["request_params"] is None
    assert row({"llm.invocation_parameters": '{"a": NaN}'})["request_params"] == '{"a":null}'


def test_a_text_that_langfuse_quotes_is_what_it_says() -> None:
    """Metadata in JSON is text without quotes where it is a string, and JSON where it is not."""
    told = {"thread": '"t-1"', "step": "2", "plain": "t-1", "list": '["a"]', "torn": '"a'}
    spans = [{f"langfuse.observation.metadata.{key}": value for key, value in told.items()}, {}]
    table = normalised(*(SpanSpec(attributes) for attributes in spans)).table
    first, second = table["metadata"].to_pylist()
    assert dict(first) == told | {"thread": "t-1"}
    assert second is None
