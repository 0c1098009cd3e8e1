"""LlamaIndex's messages as Python prints them, which is how they arrive inside other values."""

import re
from collections.abc import Iterator

from spanlake.semconv.json_values import python_value
from spanlake.semconv.messages.message import Message, role_of
from spanlake.semconv.messages.parts import text

_MESSAGE = re.compile(r"ChatMessage\(role=<MessageRole\.\w+: '(\w+)'>")
_TEXT = re.compile(r"""\btext=('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""", re.DOTALL)
_MAX_TEXT = 1 << 20


def printed_messages(printed: str) -> list[Message]:
    """The messages in a text that Python printed; one that was cut off is not among them."""
    if "ChatMessage(" not in printed[:_MAX_TEXT]:
        return []
    return list(_messages(printed[:_MAX_TEXT]))


def is_printed(value: str) -> bool:
    """Whether a text is nothing but an object as Python prints it."""
    return bool(re.match(r"<[\w.]+.*( object| at 0x|generator)|[A-Z]\w+\(\w+=", value[:200]))


def _messages(printed: str) -> Iterator[Message]:
    starts = list(_MESSAGE.finditer(printed))
    for at, start in enumerate(starts):
        end = starts[at + 1].start() if at + 1 < len(starts) else len(printed)
        literals = _TEXT.finditer(printed, start.end(), end)
        said = [python_value(literal[1], longest=_MAX_TEXT) for literal in literals]
        parts = tuple(text(each) for each in said if isinstance(each, str))
        if parts:
            yield Message(role_of(start[1], "user"), parts)
