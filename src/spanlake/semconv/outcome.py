"""Whether a span failed, and how: from its status, its attributes and its exception events."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.semconv.arrays import whole
from spanlake.semconv.attributes import AttributeIndex


class Outcome(NamedTuple):
    """Columns is_error, error_type and error_message."""

    is_error: pa.BooleanArray
    error_type: pa.StringArray
    error_message: pa.StringArray


class _Exceptions(NamedTuple):
    thrown: pa.BooleanArray
    kind: pa.StringArray
    message: pa.StringArray


def outcome(spans: pa.Table, attributes: AttributeIndex) -> Outcome:
    """A span failed when its status says so or, with no status, an error or exception does."""
    status = whole(spans["status_code"])
    failed = pc.fill_null(pc.equal(status, "ERROR"), False)
    unset = pc.or_(status.is_null(), pc.fill_null(pc.equal(status, "UNSET"), False))
    kind = _texts(attributes, "error.type")
    exceptions = _exceptions(whole(spans["events"]))
    is_error = pc.or_(failed, pc.and_(unset, pc.or_(kind.is_valid(), exceptions.thrown)))
    message = pc.coalesce(whole(spans["status_message"]), exceptions.message)
    return Outcome(
        is_error,
        pc.if_else(is_error, pc.coalesce(kind, exceptions.kind), None),
        pc.if_else(is_error, message, None),
    )


def _texts(index: AttributeIndex, key: str) -> pa.StringArray:
    found = index.find(key)
    rows = np.full(index.length, -1)
    if found is not None:
        rows[found.rows] = found.positions
    return index.texts.take(pa.array(rows, mask=rows < 0))


def _exceptions(events: pa.ListArray) -> _Exceptions:
    """The last exception of each span, and whether one escaped it."""
    length = len(events)
    structs = events.flatten()
    is_exception = pc.equal(structs.field("name"), "exception").to_numpy(zero_copy_only=False)
    at = np.flatnonzero(is_exception)
    if not len(at):
        none = pa.nulls(length, pa.string())
        return _Exceptions(pa.array(np.zeros(length, bool)), none, none)
    chosen = structs.take(pa.array(at))
    owners = pc.list_parent_indices(events).to_numpy()[at]
    index = AttributeIndex(chosen.field("attributes"), chosen.field("attribute_types"))
    handled = pc.fill_null(
        pc.equal(pc.utf8_lower(_texts(index, "exception.escaped")), "false"), False
    ).to_numpy(zero_copy_only=False)
    of_span = np.full(length, -1)
    # One that was handled says what went wrong, if no other does.
    of_span[owners[handled]] = np.flatnonzero(handled)
    of_span[owners[~handled]] = np.flatnonzero(~handled)
    thrown = np.zeros(length, bool)
    thrown[owners[~handled]] = True
    rows = pa.array(of_span, mask=of_span < 0)
    return _Exceptions(
        pa.array(thrown),
        _texts(index, "exception.type").take(rows),
        _texts(index, "exception.message").take(rows),
    )
