"""What a reviewer sees of a trace: the question, how it was worked on, and the answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson

from spanlake.storage.labels.content import ReviewedSpan, ReviewedTrace
from spanlake.web.pages.chat import (
    SHOWN_LENGTH,
    Attachment,
    Chat,
    Text,
    ToolUse,
    Turn,
    pretty,
    read_chat,
)
from spanlake.web.pages.review.markdown import Node, is_markdown, read_markdown

_MOST_DOCUMENTS = 50
_MOST_MESSAGES = 80
_MOST_PAIRS = 12
_LONGEST_PAIRS = 2_000
_SYSTEM = frozenset({"system", "developer"})


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as its kind deserves. rest: what a click shows. nodes: of Markdown.

    pairs: the members of an object in JSON that has nothing but short values.
    """

    kind: Literal["plain", "json", "pairs", "markdown"]
    text: str
    rest: str = ""
    nodes: tuple[Node, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ShownDocument:
    """A document that was retrieved."""

    rank: int
    id: str | None
    score: float | None
    content: Shown
    metadata: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was done between question and answer. span_id: None for one in messages."""

    span_id: str | None
    span_type: str
    name: str
    given: Shown | None
    result: Shown | None
    documents: tuple[ShownDocument, ...]
    error: str | None


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A trace on the screen.

    earlier: the turns before the question. conversation: messages that do not lead from the
    question to the answer, such as those of a model called for a part of the work.
    """

    name: str | None
    start_time: datetime | None
    session_id: str | None
    system: tuple[Turn, ...]
    earlier: tuple[Turn, ...]
    question: Shown | None
    question_attachments: tuple[Attachment, ...]
    steps: tuple[Step, ...]
    steps_are_cut: bool
    answer: Shown | None
    answer_attachments: tuple[Attachment, ...]
    conversation: tuple[Turn, ...]
    skipped: int


def review_view(content: ReviewedTrace) -> ReviewView:
    """A trace as it is shown."""
    chat = _chat(content.call)
    talk = tuple(turn for turn in chat.turns if turn.role not in _SYSTEM)
    asked_at = _last_question(talk)
    asked = talk[asked_at] if asked_at is not None else None
    answers = tuple(turn for turn in talk if turn.side == "output")
    question = content.input or _words([asked] if asked else [])
    leads_there = asked is not None and _same(_words([asked]), question)
    before = talk[:asked_at] if leads_there and asked_at is not None else ()
    steps = tuple(_steps(content)) or tuple(_tool_uses(talk[len(before) :]))
    return ReviewView(
        name=content.name,
        start_time=content.start_time,
        session_id=content.session_id,
        system=tuple(turn for turn in chat.turns if turn.role in _SYSTEM),
        earlier=before,
        question=shown(question) if question else None,
        question_attachments=_attachments([asked] if leads_there and asked else []),
        steps=steps,
        steps_are_cut=content.is_cut,
        answer=shown(content.output or _words(answers), is_rich=True)
        if content.output or _words(answers)
        else None,
        answer_attachments=_attachments(answers),
        conversation=() if leads_there else talk,
        skipped=chat.skipped,
    )


def shown(text: str, *, is_rich: bool = False) -> Shown:
    """A text with its kind found out. is_rich: it may be Markdown."""
    pairs = _pairs(text)
    if pairs:
        return Shown("pairs", text, pairs=pairs)
    pretty_text = pretty(text)
    is_json = text[:1] in ("{", "[") and pretty_text != text
    if is_json or (text[:1] in ("{", "[") and text[-1:] in ("}", "]")):
        return Shown("json", pretty_text[:SHOWN_LENGTH], pretty_text[SHOWN_LENGTH:])
    if is_rich and is_markdown(text):
        return Shown("markdown", text, "", read_markdown(text))
    return Shown("plain", text[:SHOWN_LENGTH], text[SHOWN_LENGTH:])


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    if text[:1] != "{" or len(text) > _LONGEST_PAIRS:
        return ()
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return ()
    if not 0 < len(value) <= _MOST_PAIRS or any(
        isinstance(each, dict | list) for each in value.values()
    ):
        return ()
    return tuple(
        (key, each if isinstance(each, str) else orjson.dumps(each).decode())
        for key, each in value.items()
    )


def _chat(call: ReviewedSpan | None) -> Chat:
    if call is None:
        return Chat((), 0, ())
    return read_chat(
        call.system_instructions, call.input_messages, call.output_messages, limit=_MOST_MESSAGES
    )


def _last_question(talk: Sequence[Turn]) -> int | None:
    places = [at for at, turn in enumerate(talk) if turn.role == "user" and turn.side == "input"]
    return places[-1] if places else None


def _words(turns: Sequence[Turn]) -> str:
    return "\n".join(
        part.text
        for turn in turns
        for part in turn.parts
        if isinstance(part, Text) and not part.is_reasoning
    )


def _same(one: str, other: str) -> bool:
    """Whether two texts are the same to a reader; one may be cut, or a part of the other."""
    first, second = " ".join(one.split()), " ".join(other.split())
    return bool(first) and (first in second or second in first)


def _attachments(turns: Sequence[Turn]) -> tuple[Attachment, ...]:
    return tuple(part for turn in turns for part in turn.parts if isinstance(part, Attachment))


def _steps(content: ReviewedTrace) -> list[Step]:
    steps = []
    for span in content.steps:
        documents = _documents(span.documents)
        is_work = span.span_type in {"TOOL", "GUARDRAIL"}
        if not (documents or is_work or (span.is_error and span.parent_span_id)):
            continue
        given = (span.tool_arguments or span.input) if is_work or documents else None
        result = (span.tool_result or span.output) if is_work and not documents else None
        steps.append(
            Step(
                span_id=span.span_id,
                span_type=span.span_type or "",
                name=span.tool_name or span.name or "step",
                given=shown(given) if given else None,
                result=shown(result, is_rich=True) if result else None,
                documents=documents,
                error=(span.error_message or span.error_type or "failed")
                if span.is_error
                else None,
            )
        )
    return steps


def _tool_uses(talk: Sequence[Turn]) -> list[Step]:
    """Calls of tools of which there are no spans, as the messages have them."""
    return [
        Step(
            span_id=None,
            span_type="TOOL",
            name=part.name,
            given=shown(part.arguments.text) if part.arguments.text else None,
            result=shown(part.result.text, is_rich=True)
            if part.result is not None and part.result.text
            else None,
            documents=(),
            error=None,
        )
        for turn in talk
        for part in turn.parts
        if isinstance(part, ToolUse)
    ]


def _documents(documents: Any) -> tuple[ShownDocument, ...]:  # noqa: ANN401  # any JSON
    if not isinstance(documents, list):
        return ()
    return tuple(_document(rank, each) for rank, each in enumerate(documents[:_MOST_DOCUMENTS], 1))


def _document(rank: int, document: Any) -> ShownDocument:  # noqa: ANN401  # any JSON
    if not isinstance(document, dict):
        return ShownDocument(rank, None, None, shown(pretty(document), is_rich=True), None)
    score, metadata = document.get("score"), document.get("metadata")
    is_number = isinstance(score, int | float) and not isinstance(score, bool)
    return ShownDocument(
        rank=rank,
        id=str(document["id"]) if document.get("id") is not None else None,
        score=float(score) if is_number else None,  # type: ignore[arg-type]  # a number
        content=shown(pretty(document.get("content") or ""), is_rich=True),
        metadata=pretty(metadata)[:SHOWN_LENGTH] if metadata else None,
    )
