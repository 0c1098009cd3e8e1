import math
from datetime import UTC, datetime, timedelta

import pytest

from spanlake.access.quota import Quotas
from spanlake.entities.access import Permission
from spanlake.errors import QuotaError
from spanlake.storage.catalog.api_key import ApiKey

START = datetime(2026, 11, 21, 23, 0, tzinfo=UTC)


class Time:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        """The time."""
        return START + timedelta(seconds=self.passed)

    def clock(self) -> float:
        """Seconds that only go up."""
        return self.passed


def key(*, requests: int | None = None, size: int | None = None, today: int = 0) -> ApiKey:
    return ApiKey(
        key_id="k",
        name="bot",
        digest="",
        scopes=(Permission.INGEST,),
        experiment=None,
        requests_per_minute=requests,
        bytes_per_day=size,
        created_at=START,
        created_by=None,
        expires_at=None,
        revoked_at=None,
        last_used_at=None,
        bytes_today=today,
    )


def quotas() -> tuple[Quotas, Time]:
    time = Time()
    return Quotas(time.now, time.clock), time


def test_requests_a_minute() -> None:
    """A minute's requests may come at once; then each waits for its share of a minute."""
    limits, time = quotas()
    limited = key(requests=60)
    for _ in range(60):
        limits.request(limited)
    with pytest.raises(QuotaError, match="60 requests a minute") as caught:
        limits.request(limited)
    assert math.isclose(caught.value.retry_after, 1.0)
    time.passed += caught.value.retry_after
    limits.request(limited)
    time.passed += 3600
    for _ in range(60):
        limits.request(limited)
    with pytest.raises(QuotaError):
        limits.request(limited)


def test_bytes_a_day() -> None:
    """The bytes of a day, those of before a restart too, end at midnight in UTC."""
    limits, time = quotas()
    limited = key(size=100, today=50)
    limits.take(limited, 50)
    with pytest.raises(
        QuotaError, match="100 bytes a day: 100 are used, and these are 1"
    ) as caught:
        limits.take(limited, 1)
    assert caught.value.retry_after == 3600
    time.passed += 3600
    limits.take(limited, 100)


def test_what_is_noted_is_counted_once() -> None:
    """What has been noted counts on, and what could not be noted is noted later."""
    limits, _ = quotas()
    limited = key(size=100)
    limits.request(limited)
    limits.take(limited, 40)
    (use,) = limits.unnoted()
    assert (use.key_id, use.day, use.requests, use.bytes) == ("k", "2026-11-21", 1, 40)
    assert limits.unnoted() == []
    limits.keep([use])
    assert limits.unnoted() == [use]
    with pytest.raises(QuotaError):
        limits.take(limited, 61)
    # Another server has taken 50.
    limits.noted({("k", "2026-11-21"): 90, ("k", "2026-11-20"): 10_000})
    limits.take(limited, 10)
    with pytest.raises(QuotaError):
        limits.take(limited, 1)


def test_a_day_that_is_over_is_noted_as_it_was() -> None:
    """What was sent before midnight is noted for its own day."""
    limits, time = quotas()
    limited = key()
    limits.request(limited)
    limits.take(limited, 7)
    time.passed += 3600
    limits.request(limited)
    limits.take(limited, 8)
    assert {(use.day, use.bytes) for use in limits.unnoted()} == {
        ("2026-11-21", 7),
        ("2026-11-22", 8),
    }
