"""Where what went into a step and what came out is written, by the type of its span."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from opentelemetry.util.types import AttributeValue

from spanlake.instrumentation.json_text import to_text
from spanlake.instrumentation.messages import answers_of, messages_of
from spanlake.instrumentation.span_types import SpanType

Attributes = dict[str, AttributeValue]

INPUT, OUTPUT = "spanlake.input", "spanlake.output"
_FLOATS = (int, float)


@dataclass(slots=True)
class ContentPolicy:
    """Whether content is recorded, and how many characters of a text at most. `init` sets it."""

    is_recorded: bool = True
    limit: int = 65_536


POLICY = ContentPolicy()
"""The one of this process."""


def inputs_of(kind: SpanType, values: object) -> Attributes:
    """What went in, as attributes. values: a call's arguments by name, or any value."""
    write = _INPUTS.get(kind.name)
    return (write and write(values)) or {INPUT: to_text(values, POLICY.limit)}


def outputs_of(kind: SpanType, value: object) -> Attributes:
    """What came out, as attributes; nothing for None."""
    if value is None:
        return {}
    write = _OUTPUTS.get(kind.name)
    return (write and write(value)) or {OUTPUT: to_text(value, POLICY.limit)}


def _only_text(values: object) -> str | None:
    """The one text that a step was given."""
    if isinstance(values, Mapping) and len(values) == 1:
        values = next(iter(values.values()))
    return values if isinstance(values, str) else None


def _asked_of_model(values: object) -> Attributes | None:
    asked: Any = values
    if isinstance(values, Mapping) and "role" not in values:
        asked = values.get("messages") or values.get("prompt") or _only_text(values)
    messages = asked and messages_of(asked, "user")
    if not messages:
        return None
    attributes: Attributes = {"gen_ai.input.messages": to_text(messages, POLICY.limit)}
    if isinstance(values, Mapping) and isinstance(model := values.get("model"), str):
        attributes["gen_ai.request.model"] = model
    return attributes


def _answered_by_model(value: object) -> Attributes | None:
    answers = answers_of(value)
    return None if not answers else {"gen_ai.output.messages": to_text(answers, POLICY.limit)}


def _arguments(values: object) -> Attributes:
    return {"gen_ai.tool.call.arguments": to_text(values, POLICY.limit)}


def _result(value: object) -> Attributes:
    return {"gen_ai.tool.call.result": to_text(value, POLICY.limit)}


def _query(values: object) -> Attributes | None:
    text = _only_text(values)
    return None if text is None else {"gen_ai.retrieval.query.text": to_text(text, POLICY.limit)}


def _documents(value: object) -> Attributes | None:
    if not isinstance(value, (list, tuple)):
        return None
    documents = [{"content": each} if isinstance(each, str) else each for each in value]
    return {"gen_ai.retrieval.documents": to_text(documents, POLICY.limit)}


def _vectors(value: object) -> Attributes | None:
    """Vectors are big, and nobody reads them: how many, of how many dimensions."""
    many = value if isinstance(value, (list, tuple)) else ()
    vectors = many if many and isinstance(many[0], (list, tuple)) else [many]
    if not many or not vectors[0] or not isinstance(vectors[0][0], _FLOATS):
        return None
    dimensions = len(vectors[0])
    return {
        OUTPUT: to_text({"count": len(vectors), "dimensions": dimensions}, POLICY.limit),
        "gen_ai.embeddings.dimension.count": dimensions,
    }


_INPUTS: dict[str, Callable[[object], Attributes | None]] = {
    "LLM": _asked_of_model,
    "TOOL": _arguments,
    "RETRIEVER": _query,
}
_OUTPUTS: dict[str, Callable[[object], Attributes | None]] = {
    "LLM": _answered_by_model,
    "TOOL": _result,
    "RETRIEVER": _documents,
    "EMBEDDING": _vectors,
}
