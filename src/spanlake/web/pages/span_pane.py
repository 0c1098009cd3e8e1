"""What is shown of the chosen span: its tabs, and what is in the one that is open."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from spanlake.errors import NotFoundError
from spanlake.storage.condition import literal
from spanlake.storage.lake import Lake
from spanlake.storage.pages.span_detail import (
    SpanDetail,
    ToolRun,
    find_tool_runs,
    read_raw_span,
    read_span,
)
from spanlake.web.pages.chat import (
    SHOWN_LENGTH,
    Chat,
    Part,
    Text,
    ToolUse,
    part_text,
    pretty,
    read_chat,
)

_ATTRIBUTE_LENGTH = 4_000
_MESSAGE_COLUMNS = ("system_instructions", "input_messages", "output_messages")
# What the letters mean that stand for the types attributes were sent in.
_TYPE_NAMES = {
    "s": "string", "i": "int", "d": "double", "b": "bool", "y": "bytes", "a": "array",
    "k": "map", "n": "empty",
}  # fmt: skip
_TEXT_COLUMNS = ("input", "output", "tool_arguments", "tool_result", "error_message")


class Tab(NamedTuple):
    """A tab. size: how much is in it, None where that says nothing."""

    key: str
    word: str
    size: int | None


class Attribute(NamedTuple):
    """An attribute; text is cut to what a page bears, length is whole.

    query: the spans that have the same.
    """

    key: str
    text: str
    length: int
    kind: str
    query: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was retrieved. share: its score beside the best one of the list."""

    rank: int
    id: str | None
    content: str
    score: float | None
    share: float
    metadata: str | None


@dataclass(frozen=True, slots=True)
class Pane:
    """A span as its pane shows it; what is of another tab than `tab` is empty."""

    span: SpanDetail
    tabs: tuple[Tab, ...]
    tab: str
    chat: Chat | None
    texts: tuple[tuple[str, Text], ...]
    documents: tuple[Document, ...]
    attributes: tuple[Attribute, ...]
    resource: tuple[Attribute, ...]
    raw: str | None
    tool_definitions: str | None


def read_pane(lake: Lake, trace_id: str, span_id: str, tab: str) -> Pane:
    """A span with one of its tabs open, the first for a tab it has not. NotFoundError for none."""
    span = read_span(lake, trace_id, span_id)
    tabs = tuple(_tabs(span))
    chosen = tab if tab in {each.key for each in tabs} else tabs[0].key
    chat = _chat(lake, span) if chosen == "messages" else None
    definitions = span.tool_definitions
    return Pane(
        span=span,
        tabs=tabs,
        tab=chosen,
        chat=chat,
        texts=_texts(span) if chosen == "messages" else (),
        documents=_documents(span.documents) if chosen in {"documents", "messages"} else (),
        attributes=_attributes(span.attributes, span.attribute_types, "attributes")
        if chosen == "attributes"
        else (),
        resource=_attributes(span.resource, span.resource_types, "resource")
        if chosen == "attributes"
        else (),
        raw=read_raw_span(lake, trace_id, span_id) if chosen == "raw" else None,
        tool_definitions=pretty(definitions)[:SHOWN_LENGTH] if definitions else None,
    )


def read_span_text(lake: Lake, trace_id: str, span_id: str, place: str) -> str:
    """A whole text of a span by its place: a column, `<column>.<message>.<part>`, or @attribute.

    NotFoundError where there is no such text.
    """
    span = read_span(lake, trace_id, span_id)
    if place == "raw":
        return read_raw_span(lake, trace_id, span_id)
    if place.startswith("@") and place[1:] in span.attributes:
        return pretty(span.attributes[place[1:]])
    column, _, rest = place.partition(".")
    if column in _TEXT_COLUMNS and not rest:
        return pretty(getattr(span, column) or "")
    numbers = [int(each) for each in rest.split(".") if each.isdecimal()]
    if column in _MESSAGE_COLUMNS and numbers:
        message, part = numbers[0], numbers[1] if len(numbers) > 1 else 0
        return part_text(getattr(span, column), message, part)
    raise NotFoundError(f"at is {place[:80]!r}: the span {span_id} has no such text")


def _tabs(span: SpanDetail) -> list[Tab]:
    found = [Tab("messages", "Messages" if _has_messages(span) else "Input and output", None)]
    if span.documents:
        found.append(Tab("documents", "Documents", len(span.documents)))
    found.append(Tab("assessments", "Assessments", None))
    found.append(Tab("attributes", "Attributes", len(span.attributes)))
    if span.events:
        found.append(Tab("events", "Events", len(span.events)))
    if span.links:
        found.append(Tab("links", "Links", len(span.links)))
    found.append(Tab("raw", "Raw", None))
    return found


def _has_messages(span: SpanDetail) -> bool:
    return any(getattr(span, column) for column in _MESSAGE_COLUMNS)


def _chat(lake: Lake, span: SpanDetail) -> Chat | None:
    if not _has_messages(span):
        return None
    chat = read_chat(span.system_instructions, span.input_messages, span.output_messages)
    runs = find_tool_runs(lake, span.trace_id, chat.unanswered)
    if not runs:
        return chat
    turns = tuple(
        replace(turn, parts=tuple(_answered(part, runs) for part in turn.parts))
        for turn in chat.turns
    )
    return replace(chat, turns=turns)


def _answered(part: Part, runs: Mapping[str, ToolRun]) -> Part:
    """A call of a tool with what the span says in which it ran."""
    if not isinstance(part, ToolUse) or part.result is not None:
        return part
    run = runs.get(part.call_id or "")
    if run is None:
        return part
    text = pretty(run.result or "")
    result = Text(text, max(run.result_length, len(text)), "", is_json=text[:1] in ("{", "["))
    return replace(part, result=result, span_id=run.span_id)


def _texts(span: SpanDetail) -> tuple[tuple[str, Text], ...]:
    """What a span without messages was given and gave."""
    if _has_messages(span):
        return ()
    if span.span_type == "TOOL":
        sides = (
            ("Arguments", "tool_arguments" if span.tool_arguments else "input"),
            ("Result", "tool_result" if span.tool_result else "output"),
        )
    else:
        sides = (("Input", "input"), ("Output", "output"))
    return tuple((word, _column_text(span, column)) for word, column in sides)


def _column_text(span: SpanDetail, column: str) -> Text:
    text = pretty(getattr(span, column) or "")
    return Text(text[:SHOWN_LENGTH], len(text), column, is_json=text[:1] in ("{", "["))


def _documents(documents: Any) -> tuple[Document, ...]:  # noqa: ANN401  # any JSON
    if not isinstance(documents, list):
        return ()
    listed = [each if isinstance(each, dict) else {"content": each} for each in documents]
    scores = [score for each in listed if (score := _score(each)) is not None]
    best = max((abs(score) for score in scores), default=0.0) or 1.0
    return tuple(
        Document(
            rank=rank,
            id=str(each["id"]) if each.get("id") is not None else None,
            content=pretty(each.get("content") or "")[:SHOWN_LENGTH],
            score=_score(each),
            share=abs(_score(each) or 0.0) / best,
            metadata=pretty(each["metadata"])[:_ATTRIBUTE_LENGTH] if each.get("metadata") else None,
        )
        for rank, each in enumerate(listed, 1)
    )


def _score(document: Mapping[str, Any]) -> float | None:
    score = document.get("score")
    return float(score) if isinstance(score, int | float) else None


def _attributes(
    attributes: Mapping[str, str], types: str | None, column: str
) -> tuple[Attribute, ...]:
    # Of a list that repeats a key the letters are not known one by one.
    letters = types if types and len(types) == len(attributes) else " " * len(attributes)
    return tuple(
        sorted(
            Attribute(
                key,
                pretty(text or "")[:_ATTRIBUTE_LENGTH],
                len(text or ""),
                _TYPE_NAMES.get(letter, ""),
                f"FROM spans\nWHERE {column}[{literal(key)}] = {literal(text)}\nLIMIT 100",
            )
            for (key, text), letter in zip(attributes.items(), letters, strict=True)
        )
    )
