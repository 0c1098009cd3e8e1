"""How much each key may send: requests a minute, and bytes a day in UTC."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from spanlake.errors import QuotaError
from spanlake.storage.catalog.api_key import ApiKey
from spanlake.storage.catalog.key_usage import KeyUse

_MINUTE = 60.0


@dataclass(slots=True)
class _Meter:
    """One key on one day. stored: bytes that the catalog knows of. tokens: requests left."""

    day: date
    stored: int
    requests: int = 0
    bytes: int = 0
    last_used_at: datetime | None = None
    tokens: float = 0.0
    filled_at: float = 0.0


class Quotas:
    """Counts what each key sends, and refuses what is too much. For any threads.

    now: the time. clock: seconds, which only go up.
    """

    def __init__(
        self,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now = now
        self._clock = clock
        self._lock = threading.Lock()
        self._meters: dict[str, _Meter] = {}
        # Of days that are over, until they are noted.
        self._over: list[KeyUse] = []

    def request(self, key: ApiKey) -> None:
        """Count a request. QuotaError when the minute's are used up."""
        now = self._now()
        with self._lock:
            meter = self._meter(key, now)
            if key.requests_per_minute is not None:
                _take(meter, key, key.requests_per_minute, self._clock())
            meter.requests += 1
            meter.last_used_at = now

    def take(self, key: ApiKey, size: int) -> None:
        """Count the bytes of a request. QuotaError when the day's are used up."""
        now = self._now()
        with self._lock:
            meter = self._meter(key, now)
            limit = key.bytes_per_day
            if limit is not None and meter.stored + meter.bytes + size > limit:
                raise QuotaError(
                    f"key {key.name!r} may send {limit:,} bytes a day: "
                    f"{meter.stored + meter.bytes:,} are used, and these are {size:,}; "
                    "it may again from midnight UTC",
                    retry_after=_until_midnight(now),
                )
            meter.bytes += size
            meter.last_used_at = now

    def unnoted(self) -> list[KeyUse]:
        """What is to be noted in the catalog. `noted` or `keep` takes it back."""
        with self._lock:
            uses, self._over = self._over, []
            for key_id, meter in self._meters.items():
                if meter.requests or meter.bytes:
                    uses.append(_use(key_id, meter))
                    # Until the catalog has them they count as if it had.
                    meter.stored += meter.bytes
                    meter.requests = meter.bytes = 0
        return uses

    def keep(self, uses: list[KeyUse]) -> None:
        """Take back what could not be noted."""
        with self._lock:
            self._over += uses

    def noted(self, totals: Mapping[tuple[str, str], int]) -> None:
        """Take over the bytes of keys and days in the catalog, those of other servers too."""
        with self._lock:
            for (key_id, day), total in totals.items():
                meter = self._meters.get(key_id)
                if meter is not None and meter.day.isoformat() == day:
                    meter.stored = max(meter.stored, total)

    def _meter(self, key: ApiKey, now: datetime) -> _Meter:
        day = now.date()
        meter = self._meters.get(key.key_id)
        if meter is None:
            tokens = float(key.requests_per_minute or 0)
            meter = _Meter(day, key.bytes_today, tokens=tokens, filled_at=self._clock())
            self._meters[key.key_id] = meter
        elif meter.day != day:
            if meter.requests or meter.bytes:
                self._over.append(_use(key.key_id, meter))
            meter.day, meter.stored, meter.requests, meter.bytes = day, 0, 0, 0
        return meter


def _take(meter: _Meter, key: ApiKey, limit: int, now: float) -> None:
    rate = limit / _MINUTE
    meter.tokens = min(float(limit), meter.tokens + (now - meter.filled_at) * rate)
    meter.filled_at = now
    if meter.tokens < 1:
        raise QuotaError(
            f"key {key.name!r} may send {limit:,} requests a minute: they are used up; wait a bit",
            retry_after=(1 - meter.tokens) / rate,
        )
    meter.tokens -= 1


def _use(key_id: str, meter: _Meter) -> KeyUse:
    assert meter.last_used_at is not None  # noqa: S101  # there was a request
    return KeyUse(key_id, meter.day.isoformat(), meter.requests, meter.bytes, meter.last_used_at)


def _until_midnight(now: datetime) -> float:
    tomorrow = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
    return (tomorrow - now).total_seconds()
