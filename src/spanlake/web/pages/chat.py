"""Messages as a chat: one turn after another, each tool call with what came back from it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

# More of one part than this is loaded when somebody asks for it.
SHOWN_LENGTH = 20_000
_MAX_MESSAGES = 200


@dataclass(frozen=True, slots=True)
class Text:
    """Words. place: `<column>.<message>.<part>`, by which the rest of it can be asked for."""

    text: str
    length: int
    place: str
    is_reasoning: bool = False
    is_json: bool = False


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A call of a tool with its result; result is None while it is not known.

    span_id: of the span of the tool, if there is one.
    """

    name: str
    call_id: str | None
    arguments: Text
    result: Text | None
    span_id: str | None = None


@dataclass(frozen=True, slots=True)
class ToolResult:
    """A result whose call is not among the messages."""

    call_id: str | None
    result: Text


@dataclass(frozen=True, slots=True)
class Attachment:
    """What is no text. data_uri: of an image that is there whole, to be shown as it is."""

    modality: str
    mime_type: str | None
    uri: str | None
    size: int
    data_uri: str | None


Part = Text | ToolUse | ToolResult | Attachment


@dataclass(frozen=True, slots=True)
class Turn:
    """A message. side: `input` or `output`."""

    role: str
    name: str | None
    side: str
    finish_reason: str | None
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Chat:
    """All turns of a span. skipped: how many messages between the first and these are left out."""

    turns: tuple[Turn, ...]
    skipped: int
    unanswered: tuple[str, ...]


_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_MAX_IMAGE = 2_000_000


def read_chat(
    system_instructions: object,
    input_messages: object,
    output_messages: object,
    *,
    limit: int | None = _MAX_MESSAGES,
) -> Chat:
    """The messages of a span, which can have any shape: what is none is shown as JSON.

    limit: the most messages of the input; None for all of them.
    """
    received = _messages(input_messages)
    produced = _messages(output_messages)
    skipped = max(0, len(received) - limit) if limit is not None else 0
    results = _results([("input_messages", received), ("output_messages", produced)])
    used: set[str] = set()
    turns: list[Turn] = []
    if system_instructions:
        parts = (
            system_instructions if isinstance(system_instructions, list) else [system_instructions]
        )
        texts = tuple(_plain(part, f"system_instructions.{at}") for at, part in enumerate(parts))
        turns.append(Turn("system", None, "input", None, texts))
    for column, side, messages, first in (
        ("input_messages", "input", received, skipped),
        ("output_messages", "output", produced, 0),
    ):
        for at, message in enumerate(messages[first:], first):
            reader = _Reader(f"{column}.{at}", results, used)
            turn = reader.turn(message, side)
            if turn.parts:
                turns.append(turn)
    turns = [turn for turn in (_without_paired(turn, used) for turn in turns) if turn.parts]
    open_calls = tuple(
        part.call_id
        for turn in turns
        for part in turn.parts
        if isinstance(part, ToolUse) and part.result is None and part.call_id
    )
    return Chat(tuple(turns), skipped, open_calls)


def part_text(messages: object, message: int, part: int) -> str:
    """The whole of a text whose place is `<column>.<message>.<part>`; "" where there is none."""
    listed = _messages(messages)
    if not 0 <= message < len(listed):
        return ""
    parts = _parts(listed[message])
    if not 0 <= part < len(parts):
        return ""
    return _content(parts[part])


def pretty(value: object) -> str:
    """JSON indented; a text that is JSON, too; any other text as it is."""
    if isinstance(value, str):
        if value[:1] not in "[{":
            return value
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return str(value)
    return orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode()


class _Reader:
    """Reads one message. place: where it stands. results: by call id. used: ids that are shown."""

    def __init__(self, place: str, results: Mapping[str, Text], used: set[str]) -> None:
        self._place = place
        self._results = results
        self._used = used

    def turn(self, message: Any, side: str) -> Turn:  # noqa: ANN401  # any JSON
        if not isinstance(message, dict):
            return Turn("message", None, side, None, (_plain(message, f"{self._place}.0"),))
        role = str(message.get("role") or "message")
        parts = tuple(self._read(_parts(message)))
        reason = message.get("finish_reason")
        name = message.get("name")
        return Turn(role, str(name) if name else None, side, str(reason) if reason else None, parts)

    def _read(self, parts: Sequence[Any]) -> Iterator[Part]:
        for at, part in enumerate(parts):
            place = f"{self._place}.{at}"
            kind = part.get("type") if isinstance(part, dict) else None
            if kind == "tool_call":
                yield self._tool_use(part, place)
            elif kind == "tool_call_response":
                call_id = _id(part)
                yield ToolResult(call_id, _text(part.get("response"), place))
            elif kind in {"blob", "uri", "file"}:
                yield _attachment(part)
            elif kind == "reasoning":
                yield _text(part.get("content"), place, is_reasoning=True)
            else:
                yield _plain(part, place)

    def _tool_use(self, part: Mapping[str, Any], place: str) -> ToolUse:
        call_id = _id(part)
        result = self._results.get(call_id) if call_id else None
        if result is not None and call_id:
            self._used.add(call_id)
        name = str(part.get("name") or "tool")
        return ToolUse(name, call_id, _text(part.get("arguments"), place), result)


def _messages(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _parts(message: Any) -> list[Any]:  # noqa: ANN401  # any JSON
    if not isinstance(message, dict):
        return [message]
    parts = message.get("parts")
    if isinstance(parts, list):
        return parts
    content = message.get("content")
    return [] if content is None else [content]


def _results(sides: Sequence[tuple[str, Sequence[Any]]]) -> dict[str, Text]:
    found: dict[str, Text] = {}
    for column, messages in sides:
        for at, message in enumerate(messages):
            for number, part in enumerate(_parts(message)):
                if isinstance(part, dict) and part.get("type") == "tool_call_response":
                    call_id = _id(part)
                    if call_id:
                        found[call_id] = _text(part.get("response"), f"{column}.{at}.{number}")
    return found


def _without_paired(turn: Turn, used: set[str]) -> Turn:
    parts = tuple(
        part for part in turn.parts if not (isinstance(part, ToolResult) and part.call_id in used)
    )
    return Turn(turn.role, turn.name, turn.side, turn.finish_reason, parts)


def _id(part: Mapping[str, Any]) -> str | None:
    return str(part["id"]) if part.get("id") else None


def _content(part: Any) -> str:  # noqa: ANN401  # any JSON
    if isinstance(part, dict):
        for member in ("arguments", "response", "content"):
            if member in part:
                return pretty(part[member])
    return pretty(part)


def _plain(part: Any, place: str) -> Text:  # noqa: ANN401  # any JSON
    if isinstance(part, dict) and isinstance(part.get("content"), str):
        return _text(part["content"], place)
    return _text(part, place)


def _text(value: object, place: str, *, is_reasoning: bool = False) -> Text:
    text = "" if value is None else pretty(value)
    is_json = not isinstance(value, str) or text[:1] in ("{", "[")
    return Text(text[:SHOWN_LENGTH], len(text), place, is_reasoning, is_json)


def _attachment(part: Mapping[str, Any]) -> Attachment:
    content = part.get("content")
    mime_type = part.get("mime_type")
    size = len(content) * 3 // 4 if isinstance(content, str) else 0
    is_image = mime_type in _IMAGES and isinstance(content, str) and 0 < size <= _MAX_IMAGE
    return Attachment(
        modality=str(part.get("modality") or part.get("type")),
        mime_type=str(mime_type) if mime_type else None,
        uri=str(part["uri"]) if part.get("uri") else None,
        size=size,
        data_uri=f"data:{mime_type};base64,{content}" if is_image else None,
    )
