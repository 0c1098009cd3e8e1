"""The requests stored lately, so that one sent again is recognised and not stored twice."""

import time
from collections import OrderedDict
from collections.abc import Iterable

from spanlake.entities import Receipt
from spanlake.storage.parquet import StoredRequest

# About 30 MB of memory; at one request a millisecond, the last two minutes.
_MAX_REQUESTS = 131_072


class DedupWindow:
    """Digests of stored requests with their receipts, for `seconds` or the last 131,072."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._stored: OrderedDict[str, tuple[float, Receipt]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._stored)

    def add(self, requests: Iterable[StoredRequest]) -> None:
        """Remember requests that have just become durable."""
        now = time.monotonic()
        for request in requests:
            self._stored[request.digest] = (now, request.receipt)
            self._stored.move_to_end(request.digest)
        self._forget(now)

    def find(self, digest: str) -> Receipt | None:
        """The receipt of the stored request with this digest."""
        self._forget(time.monotonic())
        found = self._stored.get(digest)
        return None if found is None else found[1]

    def _forget(self, now: float) -> None:
        while self._stored:
            added, _ = next(iter(self._stored.values()))
            if len(self._stored) <= _MAX_REQUESTS and now - added <= self._seconds:
                return
            self._stored.popitem(last=False)
