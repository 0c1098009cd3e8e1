"""What a content block is, and what reads one."""

from collections.abc import Callable
from typing import Any

from spanlake.semconv.json_values import Json
from spanlake.semconv.messages.message import Part

Block = dict[str, Any]
"""One object of a list that is a message's content."""

Read = Callable[[Block], list[Part]]
"""A block as parts, none where it says nothing. It raises on no JSON object."""


def first(block: Block, *keys: str) -> Json:
    """The first of these members that is there."""
    return next((block[key] for key in keys if block.get(key) is not None), None)
