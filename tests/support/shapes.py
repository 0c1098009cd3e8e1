"""JSON values made of the words that the readers of content look for, and texts that hold them."""

import ast
import json
import math
from importlib.resources import files
from random import Random
from typing import Any

from hostile import TEXTS

_DEEPEST = 5
_READERS = (
    "messages", "messages/blocks", "documents.py", "tool_definitions.py", "tool_calls.py",
    "structures.py", "message_events.py", "evaluations.py",
)  # fmt: skip


def _words() -> list[str]:
    """Every name that is written in the readers."""
    words: set[str] = set()
    for name in _READERS:
        place = files("spanlake.semconv") / name
        modules = [place] if place.is_file() else list(place.iterdir())
        for module in (each for each in modules if each.name.endswith(".py")):
            for node in ast.walk(ast.parse(module.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    words.add(node.value)
    return sorted(word for word in words if word and " " not in word and "\n" not in word)


WORDS = _words()
# Names that most shapes have.
_COMMON = ("role", "content", "type", "parts", "name", "id", "text", "tool_calls", "messages")
_NUMBERS = [0, 1, -1, 0.5, 2**53, 2**63, -(2**63), 1e308, math.nan, math.inf]
_LITERALS = [
    "data:image/png;base64,iVBORw0KGgo=",
    "https://example.com/cat.png",
    "ChatMessage(role=<MessageRole.USER: 'user'>, blocks=[TextBlock(text='a\\'b🦆')])",
    "ChatMessage(role=<MessageRole.USER: 'user'>, blocks=[TextBlock(text='\\ud800 \\d')])",
    "ChatMessage(role=<MessageRole.USER: 'user'>, blocks=[TextBlock(text='\n",
    "A" * 5000,
]


def structure(source: Random) -> Any:  # noqa: ANN401  # JSON
    """A list or an object."""
    if source.random() < 0.5:
        return _object(source, 0)
    return [_object(source, 1) for _ in range(source.randrange(1, 4))]


def value(source: Random, depth: int = 0) -> Any:  # noqa: ANN401  # JSON
    """Any JSON value whose names and words are mostly known ones."""
    kind = source.randrange(10 if depth < _DEEPEST else 5)
    if kind < 2:
        return source.choice(WORDS)
    if kind < 3:
        return source.choice([*TEXTS, *_LITERALS])
    if kind < 5:
        return source.choice([None, True, False, *_NUMBERS])
    if kind < 6:
        return text(source, depth + 1)
    if kind < 7:
        return [value(source, depth + 1) for _ in range(source.randrange(4))]
    return _object(source, depth)


def _object(source: Random, depth: int) -> dict[str, Any]:
    members = {_name(source): value(source, depth + 1) for _ in range(source.randrange(1, 5))}
    for name in ("type", "role"):
        if name in members and source.random() < 0.8:
            members[name] = source.choice(WORDS)
    return members


def _name(source: Random) -> str:
    return source.choice(_COMMON if source.random() < 0.5 else WORDS)


def text(source: Random, depth: int = 0) -> str:
    """A value as a text: JSON, JSON in JSON, or as Python prints it."""
    written = value(source, depth) if depth else structure(source)
    writing = source.random()
    if writing < 0.2:
        return repr(written)
    once = json.dumps(written)
    return once if writing < 0.8 else json.dumps(once)
