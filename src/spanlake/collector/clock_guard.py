"""Whether the clock can be believed by what deletes the old: a clock that jumps makes all old."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from spanlake.storage.layout import Layout
from spanlake.storage.schema import TABLES
from spanlake.storage.sealed.sealing import PARTITION

_MOST_DRIFT = timedelta(hours=1)


def _uptime() -> float:
    """Seconds that no clock adjustment touches; where that can be had, sleep is among them."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)


class ClockGuard:
    """Made when a server starts, before it takes data.

    The clock is doubted when it has moved other than time has since then, and for good when all
    that was stored at the start was too old by it already: a lake is never emptied by its clock.
    """

    def __init__(
        self,
        layout: Layout,
        *,
        max_age: timedelta,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        uptime: Callable[[], float] = _uptime,
    ) -> None:
        self._now, self._uptime = now, uptime
        self._began, self._began_at = now(), uptime()
        newest = newest_day(layout)
        self._all_due = newest if newest and newest < (self._began - max_age).date() else None

    def doubt(self) -> str:
        """Why the clock is not to be believed; empty when it is."""
        passed = timedelta(seconds=self._uptime() - self._began_at)
        drift = self._now() - self._began - passed
        if abs(drift) > _MOST_DRIFT:
            return (
                f"the clock has jumped by {drift.days} days {drift.seconds // 3600} hours since "
                "the start; set it right, or restart the server if it is"
            )
        if self._all_due is not None:
            return (
                f"all that was stored when the server started, up to {self._all_due}, is too old "
                f"by its clock, {self._began:%Y-%m-%d}; if that is right, run `spanlake retain`"
            )
        return ""


def newest_day(layout: Layout) -> date | None:
    """The day of arrival of the newest rows, sealed or not; None for an empty lake."""
    days = {
        date.fromisoformat(folder.name.removeprefix(f"{PARTITION}="))
        for table in TABLES
        for folder in layout.sealed(table).glob(f"{PARTITION}=*")
        if any(folder.iterdir())
    }
    days |= {
        datetime.fromtimestamp(file.stat().st_mtime, UTC).date()
        for table in TABLES
        for file in layout.hot_files(table)[-1:]
    }
    return max(days, default=None)
