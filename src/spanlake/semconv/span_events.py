"""Content in the events of spans: messages, and what tools were given and gave."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.semconv.arrays import whole
from spanlake.semconv.attributes import AttributeIndex
from spanlake.semconv.json_values import Json, as_text
from spanlake.semconv.message_events import NAMES, said_by
from spanlake.semconv.messages.message import Message, to_json

Event = tuple[str, dict[str, Json]]


class EventContent(NamedTuple):
    """Columns of n spans, null where no event says anything."""

    input_messages: pa.StringArray
    output_messages: pa.StringArray
    tool_arguments: pa.StringArray
    tool_result: pa.StringArray


def event_content(spans: pa.Table, span_types: pa.StringArray) -> EventContent | None:
    """What the events of spans say, or None when there is no such event among them."""
    events = _events(whole(spans["events"]))
    if not events:
        return None
    kinds = span_types.take(pa.array(list(events), pa.int64())).to_pylist()
    columns: dict[str, list[str | None]] = {
        name: [None] * len(spans) for name in EventContent._fields
    }
    for (row, held), kind in zip(events.items(), kinds, strict=True):
        said = said_by(held)
        if kind == "TOOL":
            columns["tool_arguments"][row] = _handed(said.asked)
            columns["tool_result"][row] = _handed(said.answered)
        else:
            columns["input_messages"][row] = to_json(said.asked)
            columns["output_messages"][row] = to_json(said.answered)
    return EventContent(**{name: pa.array(texts, pa.string()) for name, texts in columns.items()})


def _handed(messages: list[Message]) -> str | None:
    """What a tool was handed or handed back: the message of its span's event is nothing else."""
    for message in reversed(messages):
        for part in message.parts:
            held = part.get("response") if part["type"] == "tool_call_response" else None
            value = held if held is not None else part.get("content")
            if value not in (None, ""):
                return as_text(value)
    return None


def _events(events: pa.ListArray) -> dict[int, list[Event]]:
    """The GenAI events of each row that has any."""
    structs = events.flatten()
    names = structs.field("name")
    is_known = pc.is_in(names, pa.array(sorted(NAMES))).to_numpy(zero_copy_only=False)
    at = np.flatnonzero(is_known)
    if not len(at):
        return {}
    chosen = structs.take(pa.array(at))
    owners = pc.list_parent_indices(events).to_numpy()[at].tolist()
    index = AttributeIndex(chosen.field("attributes"), chosen.field("attribute_types"))
    held: list[dict[str, Json]] = [{} for _ in owners]
    for key, found in index.entries():
        for event, value in zip(found.rows.tolist(), index.values(found), strict=True):
            held[event][key] = value
    rows: dict[int, list[Event]] = {}
    for row, name, attributes in zip(owners, chosen.field("name").to_pylist(), held, strict=True):
        rows.setdefault(row, []).append((name, attributes))
    return rows
