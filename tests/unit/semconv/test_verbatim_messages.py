import json
from typing import Any

import pyarrow as pa
import pytest
from schema_messages import call, message, reasoning, result, text
from spans import SpanSpec, raw_spans

from spanlake.semconv.normalise import default_normaliser
from spanlake.semconv.verbatim_messages import in_schema

CANONICAL = [
    [message("user", text("Hi"))],
    [message("system", text("Be brief.")), message("user", text("Hi"), name="ann")],
    [
        message("assistant", reasoning("Hm."), call("w", {"city": "Paris"}, "c1")),
        message("tool", result({"c": 18}, "c1")),
        message("assistant", text("18 C"), finish_reason="stop"),
    ],
    [message("user", {"type": "uri", "modality": "image", "uri": "https://example.com/a.png"})],
    [message("user", {"type": "hologram", "x": 1})],
    [message("user", text('"role": "human", "type": "tool_use", {"data": 1}'))],
    [message("critic", text("Good."))],
]

OTHERS: list[tuple[str, Any]] = [
    ("content rather than parts", [{"role": "user", "content": "Hi"}]),
    ("parts of Gemini", [message("user", {"text": "Hi"})]),
    (
        "a result of Gemini, in which there is a type",
        [message("user", {"functionResponse": {"name": "w", "response": {"type": "x"}}})],
    ),
    ("parts of the AI SDK's messages", [message("user", {"type": "text", "text": "Hi"})]),
    ("an image of pydantic-ai", [message("user", {"type": "image-url", "url": "https://x.y"})]),
    ("a file of the AI SDK", [message("user", {"type": "file", "url": "https://x.y/a.pdf"})]),
    ("one object", message("user", text("Hi"))),
    ("a list of texts", ["Hi"]),
    ("a role of LangChain", [message("human", text("Hi"))]),
    ("a role of Gemini", [message("model", text("Hi"))]),
    ("a role of OpenAI", [message("developer", text("Hi"))]),
    ("a role that is not known", [message("unknown", text("Hi"))]),
    ("a text of OpenAI Responses", [message("user", {"type": "input_text", "text": "Hi"})]),
    ("a call of Anthropic", [message("assistant", {"type": "tool_use", "name": "w"})]),
    ("a result of Anthropic", [message("user", {"type": "tool_result", "content": "18 C"})]),
    ("a call of the AI SDK", [message("assistant", {"type": "tool-call", "toolName": "w"})]),
    ("thinking of Anthropic", [message("assistant", {"type": "thinking", "thinking": "Hm."})]),
    ("an image of OpenAI", [message("user", {"type": "image_url", "image_url": {"url": "x"}})]),
    ("bytes", [message("user", {"type": "blob", "modality": "image", "content": "aGk="})]),
    ("bytes in a URI", [message("user", {"type": "uri", "uri": "data:image/png;base64,aGk="})]),
    ("bytes as they were", [message("user", {"type": "blob", "data": "aGk="})]),
    ("bytes of pydantic-ai", [message("user", {"type": "binary", "content": "aGk="})]),
    (
        "a result as it was",
        [message("tool", {"type": "tool_call_response", "id": "c1", "result": "18 C"})],
    ),
    ("arguments in JSON", [message("assistant", call("w", '{"city":"Paris"}'))]),
    (
        "calls beside the parts",
        [message("assistant", text("Hi")) | {"tool_calls": [{"function": {"name": "w"}}]}],
    ),
    ("parts that say nothing", [message("user")]),
    ("messages in JSON", json.dumps([message("user", text("Hi"))])),
]

WRITERS = [
    pytest.param(json.dumps, id="as Python writes it"),
    pytest.param(lambda value: json.dumps(value, separators=(",", ":")), id="as JavaScript does"),
    pytest.param(lambda value: json.dumps(value, ensure_ascii=False, indent=2), id="indented"),
]


def normalised(attributes: dict[str, str]) -> dict[str, Any]:
    spans = raw_spans(SpanSpec(attributes))
    table = default_normaliser().normalise(spans, pa.nulls(1, pa.string())).table
    columns: dict[str, Any] = table.to_pylist()[0]
    return columns


@pytest.mark.parametrize("write", WRITERS)
def test_canonical_messages_are_kept_to_the_byte(write: Any) -> None:  # noqa: ANN401
    """Messages that follow the schema are the text that was sent, whatever anybody says in them."""
    texts = [write(messages) for messages in CANONICAL]
    assert in_schema(pa.array(texts)).tolist() == [True] * len(texts)
    for each in texts:
        columns = normalised({"gen_ai.input.messages": each, "gen_ai.output.messages": each})
        assert columns["input_messages"] == columns["output_messages"] == each


@pytest.mark.parametrize("write", WRITERS)
def test_every_mark_of_another_shape_is_seen(write: Any) -> None:  # noqa: ANN401
    """What is not in the schema is told by a mark, among messages that are in it."""
    seen = in_schema(pa.array([write(messages) for _, messages in OTHERS]))
    assert [title for (title, _), fine in zip(OTHERS, seen, strict=True) if fine] == []


@pytest.mark.parametrize(
    "messages", [pytest.param(messages, id=title) for title, messages in OTHERS]
)
def test_what_is_not_in_the_schema_is_rebuilt(messages: object) -> None:
    """What has been rebuilt has parts in every message, and no mark but that of bytes."""
    columns = normalised({"gen_ai.input.messages": json.dumps(messages)})
    if messages == [message("user")]:
        assert columns["input_messages"] is None
        return
    rebuilt = json.loads(columns["input_messages"])
    assert all(each["parts"] for each in rebuilt)
    if "blob" not in columns["input_messages"]:
        assert in_schema(pa.array([columns["input_messages"]])).all()


def test_null_needs_no_change() -> None:
    """A value that is not there follows the schema."""
    assert in_schema(pa.array([None], pa.string())).tolist() == [True]
