"""What a person reads of the inputs and outputs of steps."""

import json

import pyarrow as pa
import pytest
from spans import SpanSpec, raw_spans

from spanlake.semconv.messages.readable import readable_input, readable_output
from spanlake.semconv.normalise import default_normaliser

HISTORY = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hi!"},
    {"role": "user", "content": [{"type": "text", "text": "Weather?"}]},
]
LLAMA_INDEX = (
    "[ChatMessage(role=<MessageRole.USER: 'user'>, additional_kwargs={}, "
    "blocks=[TextBlock(block_type='text', text='Hi')]), "
    "ChatMessage(role=<MessageRole.ASSISTANT: 'assistant'>, additional_kwargs={}, "
    "blocks=[TextBlock(block_type='text', text=\"It's 18\\\\u00b0C 🦆\")])]"
)

INPUTS = [
    ("a text", "Hi", "Hi"),
    ("a number", "42", "42"),
    ("a JSON string", '"Hi"', "Hi"),
    ("messages", HISTORY, "Weather?"),
    ("a request to a model", {"model": "gpt-4o", "messages": HISTORY}, "Weather?"),
    ("a named member", {"config": {}, "question": "Hi"}, "Hi"),
    ("a named member of a named member", {"inputs": {"input": "Hi"}}, "Hi"),
    ("the only member", {"order": "Hi"}, "Hi"),
    ("a call of a function", {"args": ["Hi", 5], "kwargs": {}}, "Hi"),
    ("a call with several turns", {"args": [["Hi", "Weather?"]], "kwargs": {}}, "Weather?"),
    ("named arguments", {"args": [], "kwargs": {"query": "Hi"}}, "Hi"),
    ("a list of one", [{"query": "Hi"}], "Hi"),
    ("members that have no telling name", {"a": 1, "b": 2}, '{"a":1,"b":2}'),
    ("nothing", {}, ""),
    ("an empty list", "[]", ""),
    ("no value", "null", ""),
    ("what an engine carries along", {"ctx": "<object>", "ev": "x"}, ""),
    ("an object as Python prints it", "<app.Agent object at 0x7f>", ""),
    ("printed messages", LLAMA_INDEX, "Hi"),
    ("content that was not to be sent", "<REDACTED>", None),
]
OUTPUTS = [
    ("a text", "Hi!", "Hi!"),
    ("a reply", {"choices": [{"message": {"role": "assistant", "content": "Hi!"}}]}, "Hi!"),
    ("a reply of Responses", {"output_text": "Hi!", "output": []}, "Hi!"),
    (
        "the messages of a state",
        {"messages": [*HISTORY, {"role": "ai", "content": "18 C"}]},
        "18 C",
    ),
    ("a named member", {"steps": 3, "answer": "Hi!"}, "Hi!"),
    ("printed messages", LLAMA_INDEX, "It's 18\\u00b0C 🦆"),
    ("generations", {"generations": [[{"text": "Hi!", "generation_info": {}}]]}, "Hi!"),
]


def written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


@pytest.mark.parametrize(
    ("value", "text"), [pytest.param(value, text, id=title) for title, value, text in INPUTS]
)
def test_what_was_asked_is_what_a_person_reads(value: object, text: str | None) -> None:
    """The input of a step reads as the last thing the user said, or as what was passed."""
    assert readable_input(written(value)) == text


@pytest.mark.parametrize(
    ("value", "text"), [pytest.param(value, text, id=title) for title, value, text in OUTPUTS]
)
def test_what_was_answered_is_what_a_person_reads(value: object, text: str) -> None:
    """The output of a step reads as what the assistant said, or as what was passed."""
    assert readable_output(written(value)) == text


@pytest.mark.parametrize("text", ["Hi", "What is [1]?", "1 < 2", "True", "a {b}", "  Hi"])
@pytest.mark.parametrize(
    ("kind", "attribute", "column"),
    [
        ("CHAIN", "input.value", "input"),
        ("CHAIN", "output.value", "output"),
        ("TOOL", "output.value", "tool_result"),
        ("LLM", "output.value", "output"),
    ],
)
def test_plain_text_is_kept_as_it_is(text: str, kind: str, attribute: str, column: str) -> None:
    """A text that is no JSON and nothing printed is the text of its attribute, verbatim."""
    spans = raw_spans(SpanSpec({"openinference.span.kind": kind, attribute: text}))
    canonical = default_normaliser().normalise(spans, pa.nulls(1, pa.string()))
    assert canonical.table[column].to_pylist() == [text]
    assert canonical.verbatim[column].tolist() == [1]


@pytest.mark.parametrize("text", ["", "{}", "null", "None", '["Hi"]', "<app.Agent object at 0x>"])
def test_what_only_looks_like_text_is_no_text_of_a_model(text: str) -> None:
    """JSON, words for nothing and printed objects are not what a model said."""
    spans = raw_spans(SpanSpec({"openinference.span.kind": "LLM", "output.value": text}))
    table = default_normaliser().normalise(spans, pa.nulls(1, pa.string())).table
    assert table["output"].to_pylist() == [None]
