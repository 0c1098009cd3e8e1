"""Transforms of content: texts that mostly stay as they were sent, and are rebuilt where not.

What stays is told column by column, so that Python sees only the others.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.semconv.json_values import NOTHING, Json, parse_container
from spanlake.semconv.messages.bodies import reply_messages, request_messages
from spanlake.semconv.messages.message import Message, to_json
from spanlake.semconv.messages.read import messages_of
from spanlake.semconv.messages.readable import readable_input, readable_output
from spanlake.semconv.patterns import matches
from spanlake.semconv.tool_calls import arguments_text, result_text
from spanlake.semconv.transformed import NO_TEXT, Transform, Transformed
from spanlake.semconv.verbatim_messages import in_schema

_EMPTY = pa.scalar("")
# How JSON begins, or an object as Python prints it, or a word for nothing.
_NO_PLAIN_TEXT = r'^\s*(?:[\[{"<]|null$|None$|N/A$|$|[A-Z]\w*\(\w+=)'
# Arguments that are no JSON object, or one that wraps them.
_NO_ARGUMENTS = r'^\s*(?:[^{]|\{\s*\}|\{\s*[\'"](?:args|kwargs|input_str)[\'"]|\{\s*\')'


def text(texts: pa.StringArray) -> Transformed:
    """The text itself; the empty one is no value."""
    if np.count_nonzero(np.diff(_offsets(texts)) == 0) == texts.null_count:
        return Transformed(texts, {})
    return Transformed(pc.if_else(pc.equal(texts, _EMPTY), NO_TEXT, texts), {})


def _offsets(texts: pa.StringArray) -> npt.NDArray[np.int32]:
    offsets = np.frombuffer(texts.buffers()[1] or b"\0\0\0\0", np.int32)
    return offsets[texts.offset :][: len(texts) + 1]


def messages(texts: pa.StringArray) -> Transformed:
    """Messages in the OpenTelemetry schema: as they are where they follow it, else rebuilt."""
    return _in_schema(texts, lambda read: request_messages(read) or messages_of(read, "user"))


def answers(texts: pa.StringArray) -> Transformed:
    """The same of what a model answered."""
    return _in_schema(texts, lambda read: reply_messages(read) or messages_of(read, "assistant"))


def _in_schema(texts: pa.StringArray, read: Callable[[Json], list[Message]]) -> Transformed:
    fine = in_schema(texts)
    if fine.all():
        return Transformed(texts, {})
    values = texts.to_pylist()
    failures: dict[int, str] = {}
    known: dict[str, _Rebuilt] = {}  # a conversation is told again by every span of it
    for row in np.flatnonzero(~fine).tolist():
        rebuilt = known.get(values[row])
        if rebuilt is None:
            rebuilt = known[values[row]] = _rebuilt(values[row], read)
        values[row] = rebuilt.messages
        if rebuilt.failure:
            failures[row] = rebuilt.failure
    return Transformed(pa.array(values, pa.string()), failures, ~fine)


class _Rebuilt(NamedTuple):
    """Messages in the schema, as JSON, or why there are none."""

    messages: str | None
    failure: str = ""


def _rebuilt(text: str, read: Callable[[Json], list[Message]]) -> _Rebuilt:
    value = parse_container(text)
    if value is NOTHING and text.lstrip().startswith(("[", "{")):
        return _Rebuilt(None, "is not a whole JSON array or object")
    return _Rebuilt(to_json(read(text if value is NOTHING else value)))


def plain_text(texts: pa.StringArray) -> Transformed:
    """The text itself, if it is one rather than JSON."""
    other = matches(texts, _NO_PLAIN_TEXT)
    return text(pc.if_else(pa.array(other), NO_TEXT, texts) if other.any() else texts)


def _unless(pattern: str, read: Callable[[str], str | None]) -> Transform:
    """Texts as they are, but those that match a pattern as `read` finds them."""

    def transform(texts: pa.StringArray) -> Transformed:
        other = matches(texts, pattern)
        if not other.any():
            return Transformed(texts, {})
        values = texts.to_pylist()
        # Agents pass a text on from span to span: each is read once.
        known: dict[str, str | None] = {}
        for row in np.flatnonzero(other).tolist():
            value = values[row]
            if value not in known:
                known[value] = read(value)
            values[row] = known[value]
        return Transformed(pa.array(values, pa.string()), {}, other)

    return transform


CONTENT: dict[str, Transform] = {
    "text": text,
    "messages": messages,
    "answers": answers,
    "plain_text": plain_text,
    "input_text": _unless(_NO_PLAIN_TEXT, readable_input),
    "output_text": _unless(_NO_PLAIN_TEXT, readable_output),
    "arguments": _unless(_NO_ARGUMENTS, arguments_text),
    "result": _unless(_NO_PLAIN_TEXT, result_text),
}
