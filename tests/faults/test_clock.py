"""The clock jumps while data comes in and old data is to go: nothing is lost, nothing doubled."""

import time
from pathlib import Path

import pytest
from fake_clock import FakeClock
from invariants import check_lake
from ledger import Ledger
from senders import senders, sending
from server import RunningServer, wait_until
from tally import Family, Tally

CONFIG = """
exporters:
  lake:
    seal_interval: 1s
    retention: {max_age: 720h}
"""
JUMPS = ("+1h", "-1h", "+1d", "-1d", "+10y", "-10y", "+0")
# Retention looks for the first time a minute after the start.
UNTIL_RETENTION = 75


def jumping(data: Path, clock: FakeClock, ledger: Ledger, jumps: tuple[str, ...]) -> None:
    """Let the clock of a server under load jump, and check its lake by the right clock."""
    team = senders(ledger, 1)
    with (
        RunningServer(data, config=CONFIG, under=clock.under) as server,
        sending(team, server, persistent=True),
    ):
        for jump in jumps:
            clock.jump(jump)
            before = ledger.acknowledged
            wait_until(lambda before=before: ledger.acknowledged > before + 20, seconds=180)  # type: ignore[misc]  # a default
    check_lake(data, ledger)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_clock_that_jumps_loses_nothing(data: Path, tmp_path: Path, tally: Tally) -> None:
    """While the clock of a server jumps by an hour, a day and ten years, all is stored once."""
    ledger = Ledger()
    jumping(data, FakeClock(tmp_path), ledger, JUMPS)
    tally(Family.CLOCK, len(JUMPS), spans=ledger.acknowledged, seeds=[1])


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("jump", ["+10y", "-10y"])
def test_retention_does_not_follow_a_clock_that_jumps(
    data: Path, tmp_path: Path, jump: str, tally: Tally
) -> None:
    """A server whose clock jumps by ten years removes nothing, says so, nor after a restart."""
    ledger, clock = Ledger(), FakeClock(tmp_path)
    for _ in range(2):
        with RunningServer(data, config=CONFIG, under=clock.under) as server:
            with sending(senders(ledger, server.process.pid), server):
                wait_until(lambda: ledger.acknowledged > 100, seconds=180)
            clock.jump(jump)
            time.sleep(UNTIL_RETENTION)
            check_lake(data, ledger)
            if jump.startswith("+"):
                assert "clock_doubted" in server.log()
    tally(Family.CLOCK, 2, spans=ledger.acknowledged)
