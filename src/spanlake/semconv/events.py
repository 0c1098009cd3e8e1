"""What log records of GenAI events say of the spans they belong to."""

import contextlib
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.semconv.arrays import whole
from spanlake.semconv.attributes import AttributeIndex, Rows
from spanlake.semconv.columns import CANONICAL_EVENT
from spanlake.semconv.json_values import NOTHING, Json, as_text, parse_container
from spanlake.semconv.message_events import NAMES, said_by
from spanlake.semconv.messages.message import to_json
from spanlake.semconv.structures import STRUCTURES

_DETAILS = "gen_ai.client.inference.operation.details"
_PREFIX = "gen_ai."
# Column: the attribute or member of the body it comes from, and how.
_MEMBERS = {
    "system_instructions": ("gen_ai.system_instructions", "instructions"),
    "input_messages": ("gen_ai.input.messages", "input_messages"),
    "output_messages": ("gen_ai.output.messages", "output_messages"),
    "tool_definitions": ("gen_ai.tool.definitions", "tools"),
}
_TEXTS = {
    "user_id": ("user.id", "enduser.id"),
    "session_id": ("session.id", "gen_ai.conversation.id"),
}

Columns = dict[str, list[str | None]]


def event_columns(logs: pa.Table) -> pa.Table:
    """The columns of `CANONICAL_EVENT` for each log record, null where it is no GenAI event.

    logs: columns event_name, body, body_type, attributes and attribute_types as the OTLP codec
    makes them. Never raises.
    """
    columns: Columns = {name: [None] * len(logs) for name in CANONICAL_EVENT.names}
    index = AttributeIndex(whole(logs["attributes"]), whole(logs["attribute_types"]))
    names = _names(logs, index)
    at = np.flatnonzero(
        pc.fill_null(pc.starts_with(names, _PREFIX), False).to_numpy(zero_copy_only=False)
    )
    for row, name, held in _records(logs, index, names, at):
        with contextlib.suppress(Exception):  # a mapping bug must never cost a record
            _fill(columns, row, name, held)
    arrays = [pa.array(columns[field.name], field.type) for field in CANONICAL_EVENT]
    return pa.Table.from_arrays(arrays, schema=CANONICAL_EVENT)


def _names(logs: pa.Table, index: AttributeIndex) -> pa.StringArray:
    """The events' names; SDKs before the field had it as an attribute."""
    names = whole(logs["event_name"])
    found = index.find("event.name")
    if found is None:
        return names
    rows = np.full(len(logs), -1)
    rows[found.rows] = found.positions
    return pc.coalesce(names, index.texts.take(pa.array(rows, mask=rows < 0)))


def _records(
    logs: pa.Table, index: AttributeIndex, names: pa.StringArray, at: Rows
) -> Iterator[tuple[int, str, dict[str, Json]]]:
    """Row, name, and attributes with the members of the body, of the records at `at`."""
    if not len(at):
        return
    taken = pa.array(at)
    held: dict[int, dict[str, Json]] = {row: {} for row in at.tolist()}
    for key, found in index.entries():
        for row, value in zip(found.rows.tolist(), index.values(found), strict=True):
            if row in held:
                held[row][key] = value
    bodies = whole(logs["body"]).take(taken).to_pylist()
    for row, name, body in zip(at.tolist(), names.take(taken).to_pylist(), bodies, strict=True):
        inner = parse_container(body) if body else NOTHING
        members = inner if isinstance(inner, dict) else {"content": body} if body else {}
        yield row, name, held[row] | members


def _fill(columns: Columns, row: int, name: str, held: dict[str, Json]) -> None:
    if name in NAMES:
        said = said_by([(name, held)])
        columns["input_messages"][row] = to_json(said.asked)
        columns["output_messages"][row] = to_json(said.answered)
    elif name == _DETAILS:
        for column, (key, structure) in _MEMBERS.items():
            if held.get(key) is not None:
                columns[column][row] = STRUCTURES[structure](held[key])
    for column, keys in _TEXTS.items():
        columns[column][row] = next((as_text(held[key]) for key in keys if held.get(key)), None)
