"""Where a page of a list ended, as a text that callers hand back without reading it."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

import orjson

from spanlake.errors import UserError


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page: its time and its id."""

    moment: datetime
    key: str

    def __str__(self) -> str:
        text = orjson.dumps([self.moment.astimezone(UTC).isoformat(), self.key])
        return base64.urlsafe_b64encode(text).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote. UserError for anything else."""
        try:
            padded = text + "=" * (-len(text) % 4)
            moment, key = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            return cls(datetime.fromisoformat(moment).astimezone(UTC), str(key))
        except (ValueError, TypeError, OverflowError, binascii.Error):
            raise UserError(
                f"cursor is {text[:80]!r}: must be the `next` of an answer; leave it out for the "
                "first page"
            ) from None
