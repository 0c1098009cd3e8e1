"""Copies of what there is to review: they stay when the trace goes, or means something else."""

import zlib
from dataclasses import fields
from datetime import datetime
from typing import Any

import orjson

from spanlake.errors import UserError
from spanlake.storage.labels.content import ReviewedSpan, ReviewedTrace
from spanlake.storage.labels.conversation import ReviewedSession

_FORMAT = b"1"
_LARGEST = 32 << 20


def pack(content: ReviewedTrace | ReviewedSession) -> bytes:
    """The bytes of a copy. UserError for more than 32 MiB of them."""
    packed = _FORMAT + zlib.compress(orjson.dumps(content), 6)
    if len(packed) > _LARGEST:
        what = (
            f"trace {content.trace_id}"
            if isinstance(content, ReviewedTrace)
            else f"session {content.session_id!r:.80}"
        )
        raise UserError(
            f"{what} is a copy of {len(packed):,} bytes: must be at most {_LARGEST:,}; make a "
            "queue of references"
        )
    return packed


def unpack(packed: bytes) -> ReviewedTrace | ReviewedSession:
    """What was packed, by this version or an earlier one."""
    values = orjson.loads(zlib.decompress(packed[len(_FORMAT) :]))
    if "turns" not in values:
        return _trace(values)
    turns, start = values.pop("turns"), values.pop("start_time")
    return ReviewedSession(**values, start_time=_moment(start), turns=tuple(map(_trace, turns)))


def _trace(values: dict[str, Any]) -> ReviewedTrace:
    call, steps, start = values.pop("call"), values.pop("steps"), values.pop("start_time")
    return ReviewedTrace(
        **values,
        start_time=_moment(start),
        call=_span(call, values["trace_id"]) if call else None,
        steps=tuple(_span(each, values["trace_id"]) for each in steps),
    )


def _span(values: dict[str, Any], trace_id: str) -> ReviewedSpan:
    known: dict[str, Any] = {field.name: values.get(field.name) for field in fields(ReviewedSpan)}
    known["trace_id"] = trace_id
    return ReviewedSpan(**known)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
