"""Copies of what there is to review: they stay when the trace goes, or means something else."""

import zlib
from dataclasses import fields
from datetime import datetime

import orjson

from spanlake.errors import UserError
from spanlake.storage.labels.content import ReviewedSpan, ReviewedTrace

_FORMAT = b"1"
_LARGEST = 32 << 20


def pack(content: ReviewedTrace) -> bytes:
    """The bytes of a copy. UserError for more than 32 MiB of them."""
    packed = _FORMAT + zlib.compress(orjson.dumps(content), 6)
    if len(packed) > _LARGEST:
        raise UserError(
            f"trace {content.trace_id} is a copy of {len(packed):,} bytes: must be at most "
            f"{_LARGEST:,}; make a queue of references"
        )
    return packed


def unpack(packed: bytes) -> ReviewedTrace:
    """What was packed, by this version or an earlier one."""
    values = orjson.loads(zlib.decompress(packed[len(_FORMAT) :]))
    call, steps, start = values.pop("call"), values.pop("steps"), values.pop("start_time")
    return ReviewedTrace(
        **values,
        start_time=datetime.fromisoformat(start) if start else None,
        call=_span(call) if call else None,
        steps=tuple(map(_span, steps)),
    )


def _span(values: dict[str, object]) -> ReviewedSpan:
    return ReviewedSpan(**{field.name: values.get(field.name) for field in fields(ReviewedSpan)})  # type: ignore[arg-type]  # as they were
