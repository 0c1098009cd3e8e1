"""The clock is not believed by what deletes when it says that all is old."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dying import do_upkeep
from rows import NOON_NS, span, write

from spanlake.collector.clock_guard import ClockGuard, newest_day
from spanlake.collector.keeper import Keeper
from spanlake.storage.layout import Layout
from spanlake.storage.retention import Retention
from spanlake.storage.snapshot import TableReader

NOON = datetime.fromtimestamp(NOON_NS // 10**9, UTC)
MONTH = timedelta(days=30)


class Clocks:
    """A clock on the wall that may jump, and one of the time that has passed."""

    def __init__(self, now: datetime) -> None:
        self.wall, self.passed = now, 0.0

    def go_on(self, seconds: float) -> None:
        """Let time pass."""
        self.wall += timedelta(seconds=seconds)
        self.passed += seconds

    def guard(self, data: Path) -> ClockGuard:
        """A guard that reads them."""
        return ClockGuard(
            Layout(data), max_age=MONTH, now=lambda: self.wall, uptime=lambda: self.passed
        )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A lake whose rows came at noon, sealed."""
    write(tmp_path, span("a"))
    do_upkeep(tmp_path, ["seal", "tidy"], "")
    return tmp_path


def test_a_clock_that_goes_on_is_believed(data: Path) -> None:
    """A clock that moves as time does is believed, also when the machine slept for a month."""
    clocks = Clocks(NOON + timedelta(days=1))
    guard = clocks.guard(data)
    for seconds in (1, 3_000, 40 * 86_400):
        clocks.go_on(seconds)
        assert guard.doubt() == ""


@pytest.mark.parametrize("days", [3_650, 1, -1, -3_650])
def test_a_jump_is_doubted_until_it_is_taken_back(data: Path, days: int) -> None:
    """A clock that jumped is doubted, in either direction, and believed when it is set right."""
    clocks = Clocks(NOON)
    guard = clocks.guard(data)
    clocks.wall += timedelta(days=days)
    assert f"jumped by {days} days" in guard.doubt()
    clocks.wall -= timedelta(days=days)
    assert guard.doubt() == ""


def test_a_start_with_a_clock_by_which_all_is_old_is_doubted(data: Path) -> None:
    """A server that starts ten years later does not believe it, whatever arrives then."""
    clocks = Clocks(NOON + timedelta(days=3_650))
    guard = clocks.guard(data)
    assert f"up to {NOON.date()}" in guard.doubt()
    write(data, span("b", received_ms=3_650 * 86_400_000))
    assert "spanlake retain" in guard.doubt()


def test_what_is_hot_counts_and_an_empty_lake_has_no_doubt(tmp_path: Path) -> None:
    """The newest rows may be hot ones; where there are none, nothing can be lost."""
    assert newest_day(Layout(tmp_path)) is None
    assert Clocks(NOON).guard(tmp_path).doubt() == ""
    file = write(tmp_path, span("a"))
    os.utime(file, (0, NOON.timestamp()))
    assert newest_day(Layout(tmp_path)) == NOON.date()


def test_the_keeper_deletes_nothing_by_a_clock_it_doubts(data: Path) -> None:
    """With retention on, a server whose clock says that all is old keeps all of it."""
    keeper = Keeper(
        Layout(data), {}, seal_interval=60, retention=Retention(max_age=timedelta(seconds=1))
    )
    keeper._retain("")  # noqa: SLF001  # what its thread does a minute after the start
    assert sum(TableReader(Layout(data), "spans").snapshot().sealed.rows) == 1
