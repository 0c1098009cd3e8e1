"""What a double of a model says: answers, faults, and who decides which comes next."""

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from spanlake.evaluation.models.message import ChatRequest, JsonObject, ToolCall
from spanlake.evaluation.models.reply import ChatReply, FinishReason, Usage

_BYTES_A_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says. content: text, or a value that is written as JSON.

    usage: counted from the texts unless given. delay: seconds before it answers.
    """

    content: str | JsonObject = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: FinishReason | None = None
    usage: Usage | None = None
    delay: float = 0.0

    def reply(self, request: ChatRequest, model: str, number: int) -> ChatReply:
        """The answer as a reply to a request, with a response id made of a number."""
        text = self.content if isinstance(self.content, str) else json.dumps(self.content)
        default = FinishReason.TOOL_CALL if self.tool_calls else FinishReason.STOP
        said = text + "".join(call.name + call.arguments for call in self.tool_calls)
        return ChatReply(
            text=text,
            tool_calls=self.tool_calls,
            finish_reason=self.finish_reason or default,
            model=model,
            response_id=f"double-{number}",
            usage=self.usage
            or Usage(
                input_tokens=_tokens("".join(message.text for message in request.messages)),
                output_tokens=_tokens(said),
            ),
        )


class Breakage(StrEnum):
    """How a connection goes wrong."""

    CLOSED = "closed"
    """No answer at all."""
    CUT_OFF = "cut off"
    """Half of a reply, then no more."""
    NO_JSON = "no json"
    """A page of a proxy."""
    FLOOD = "flood"
    """A reply without an end."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong: a status with a message, or a breakage of the connection instead.

    retry_after: seconds, in a header; a string is sent as it is. delay: seconds before it.
    """

    status: int = 429
    message: str = "try again later"
    code: str | None = None
    parameter: str | None = None
    retry_after: float | str | None = None
    breakage: Breakage | None = None
    delay: float = 0.0


Said = Answer | Fault | str | JsonObject
Script = Callable[[ChatRequest], Said]
"""Decides what is said to a request. Called from several threads."""


def as_said(said: Said) -> Answer | Fault:
    """Take text and JSON values for answers."""
    return said if isinstance(said, Answer | Fault) else Answer(said)


class Lines:
    """Says one thing after the other, then the last one for ever. Thread-safe."""

    def __init__(self, lines: Iterable[Said]) -> None:
        self._lines = list(lines)
        if not self._lines:
            raise ValueError("a script needs at least one line")
        self._next = 0
        self._lock = threading.Lock()

    def __call__(self, _request: ChatRequest) -> Said:
        """Say the next thing, whatever the request is."""
        with self._lock:
            line = self._lines[min(self._next, len(self._lines) - 1)]
            self._next += 1
        return line


def as_script(script: Script | Said | Iterable[Said]) -> Script:
    """Take one thing, or several, for what is said to whatever request."""
    if isinstance(script, Answer | Fault | str | dict):
        return Lines([script])
    return script if callable(script) else Lines(script)


def _tokens(text: str) -> int:
    return -(-len(text.encode("utf-8", "replace")) // _BYTES_A_TOKEN)
