"""JSON that is text already, as a part of an answer."""

import orjson
from orjson import Fragment


def fragment(text: str | None) -> Fragment | str | None:
    """The value that a JSON text is; what is none stays a text."""
    if text is None:
        return None
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return Fragment(text)
