"""The chunks of a stream as what they come to: one text, or a list."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from spanlake.instrumentation.content import POLICY

Reducer = Callable[[list[Any]], object]
"""Makes one output of all chunks."""

_log = logging.getLogger(__name__)
_MOST_CHUNKS = 10_000


class Fold:
    """Collects chunks, up to what a span would keep of them.

    reduce: the app's own way; it is given every chunk.
    """

    def __init__(self, reduce: Reducer | None) -> None:
        self._reduce = reduce
        self._chunks: list[Any] = []
        self._characters = 0
        self._left_out = 0

    def add(self, chunk: object) -> None:
        """Take the next chunk."""
        if self._reduce is None:
            if self._characters > POLICY.limit or len(self._chunks) >= _MOST_CHUNKS:
                self._left_out += 1
                return
            if isinstance(chunk, str):
                self._characters += len(chunk)
        self._chunks.append(chunk)

    def result(self) -> object:
        """What the chunks come to; None for no chunk, and for a reducer that fails."""
        if self._reduce is not None:
            try:
                return self._reduce(self._chunks)
            except Exception:  # noqa: BLE001  # the stream itself went well
                _log.warning("an output_reducer failed: the output is not recorded", exc_info=True)
                return None
        if not self._chunks:
            return None
        end = f"… [{self._left_out} chunks more]" if self._left_out else ""
        texts = [_said(chunk) for chunk in self._chunks]
        if all(text is not None for text in texts):
            return "".join(text for text in texts if text is not None) + end
        return [*self._chunks, end] if end else self._chunks


def _said(chunk: object) -> str | None:
    """What a chunk adds to a text: itself, or the words of a model API's delta; None if neither."""
    if isinstance(chunk, str):
        return chunk
    if isinstance(chunk, bytes):
        return chunk.decode("utf-8", "replace")
    choices = _get(chunk, "choices")
    if isinstance(choices, Sequence) and not isinstance(choices, str):
        # The last chunk of a stream has the usage, and no choice.
        deltas = [_get(choice, "delta") for choice in choices[:1]]
        return "".join(_get(delta, "content") or "" for delta in deltas)
    text = _get(_get(chunk, "delta"), "text")
    return text if isinstance(text, str) else None


def _get(value: object, name: str) -> Any:  # noqa: ANN401  # a member of anything
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
