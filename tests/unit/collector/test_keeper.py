"""The thread beside the collector that seals and cleans up."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from rows import Row, span, write

from spanlake.collector.keeper import Keeper
from spanlake.config import TailSampling
from spanlake.storage.layout import Layout
from spanlake.storage.snapshot import TableReader

SECONDS = 20.0


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def rows_sealed(data: Path) -> int:
    return sum(TableReader(Layout(data), "spans").snapshot().sealed.rows)


def test_what_is_committed_is_sealed_by_itself(tmp_path: Path) -> None:
    """Commits are sealed after the interval, one after another, until it is stopped."""
    keeper = Keeper(Layout(tmp_path), {}, seal_interval=0.1)
    write(tmp_path, span("a"))
    keeper.start()
    try:
        wait_until(lambda: rows_sealed(tmp_path) == 1)
        write(tmp_path, span("b"))
        wait_until(lambda: rows_sealed(tmp_path) == 2)
    finally:
        keeper.stop()
    write(tmp_path, span("c"))
    time.sleep(0.3)
    assert rows_sealed(tmp_path) == 2


def test_a_disk_that_fails_is_waited_for(tmp_path: Path) -> None:
    """What cannot be sealed stays hot, and is sealed when it can be."""
    data = tmp_path / "data"
    write(data, span("a"))
    (data / "spans" / "sealed").write_text("in the way")
    keeper = Keeper(Layout(data), {}, seal_interval=0.1)
    keeper.start()
    try:
        time.sleep(2.5)
        (data / "spans" / "sealed").unlink()
        wait_until(lambda: rows_sealed(data) == 1)
    finally:
        keeper.stop()


def test_stopping_before_the_start_is_nothing(tmp_path: Path) -> None:
    """A keeper that never began can be stopped."""
    Keeper(Layout(tmp_path), {}, seal_interval=1.0).stop()


def test_traces_are_sampled_by_themselves(tmp_path: Path) -> None:
    """What has settled is judged once it is sealed, and what was decided is told."""
    long_ago: Row = {"received_at": time.time_ns() // 1000 - 3_600_000_000}
    failed = span("b", trace_id="u", is_error=True)
    write(tmp_path, {**span("a"), **long_ago}, {**failed, **long_ago})
    told: list[Mapping[str, int]] = []
    policy = TailSampling(decision_wait=0.1, sampling_percentage=0.0)
    keeper = Keeper(
        Layout(tmp_path),
        {},
        seal_interval=0.1,
        sampling=policy,
        sampled=lambda done: told.append(done.decisions),
    )
    keeper.start()
    try:
        wait_until(lambda: bool(told))
    finally:
        keeper.stop()
    assert told == [{"dropped": 1, "error": 1}]
    assert rows_sealed(tmp_path) == 1
