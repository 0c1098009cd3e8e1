"""A server that is stopped for a while, as by a debugger or a machine that is moved."""

import signal
import time
from pathlib import Path

import pytest
from chance import chance
from invariants import check_lake, restarted
from ledger import Ledger
from senders import senders, sending
from server import wait_until
from tally import Family, Tally


def stalled(data: Path, stops: list[float], seed: int, tally: Tally) -> None:
    """Stop and continue a server under load, for so many seconds each time."""
    ledger, source = Ledger(), chance(seed)
    with (
        restarted(data, ledger) as server,
        sending(senders(ledger, seed), server, persistent=True),
    ):
        for seconds in stops:
            before = ledger.acknowledged
            wait_until(lambda before=before: ledger.acknowledged > before, seconds=180)  # type: ignore[misc]  # a default
            time.sleep(source.uniform(0, 0.3))
            server.process.send_signal(signal.SIGSTOP)
            time.sleep(seconds)
            server.process.send_signal(signal.SIGCONT)
        before = ledger.acknowledged
        wait_until(lambda: ledger.acknowledged > before, seconds=180)
    check_lake(data, ledger)
    tally(Family.STALL, len(stops), spans=ledger.acknowledged, seeds=[seed])


def test_short_stalls_lose_nothing(data: Path, tally: Tally) -> None:
    """After a server was stopped for a moment, clients go on, and nothing is lost or doubled."""
    stalled(data, [0.3, 1.0], 1, tally)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_long_stalls_lose_nothing(data: Path, tally: Tally) -> None:
    """The same for stops of up to thirty seconds, after which clients may have given up."""
    stalled(data, [0.1, 1.0, 5.0, 0.1, 30.0, 12.0] * 2, 2, tally)
