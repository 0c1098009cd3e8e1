"""A file that is read by requests for parts of it."""

import io
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Buffer  # type: ignore[attr-defined]  # of Python 3.12

Fetch = Callable[[int, int], bytes]
"""Bytes from a position on, so many."""


class RangedFile(io.RawIOBase):
    """size: bytes. fetch: as `Fetch`."""

    def __init__(self, size: int, fetch: Fetch) -> None:
        self._size = size
        self._fetch = fetch
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Begin the next read elsewhere."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: "Buffer") -> int:
        """Fill a buffer as far as there is something."""
        target = memoryview(buffer).cast("B")
        length = min(len(target), self._size - self._at)
        if length <= 0:
            return 0
        target[:length] = self._fetch(self._at, length)
        self._at += length
        return length
