"""Connections that break in every way: what was acknowledged is there, and nothing twice."""

import time
from pathlib import Path

import pytest
from invariants import check_lake, restarted
from ledger import Ledger
from proxy import proxied
from senders import senders, sending
from server import wait_until
from tally import Family, Tally

# As often as a connection is begun: each HTTP request, and gRPC when it has lost one.
SECONDS, MANY_SECONDS = 3.0, 60.0
# Clients of a network that fails connect again soon.
ENOUGH = 20


def through_mishaps(data: Path, seconds: float, seed: int, tally: Tally) -> None:
    """Send through proxies that break connections, then without, and check the lake."""
    ledger = Ledger()
    team = senders(ledger, seed)
    with restarted(data, ledger) as server:
        with proxied(server, seed) as fragile, sending(team, fragile, persistent=True):
            deadline = time.monotonic() + seconds
            wait_until(
                lambda: time.monotonic() > deadline and fragile.mishaps >= ENOUGH, seconds=120
            )
        for sender in team[::2]:
            sender.give_up()
        with sending(team, server):
            late = ledger.acknowledged
            wait_until(lambda: ledger.acknowledged > late, seconds=180)
        # Nothing of a connection that broke is kept in memory.
        wait_until(lambda: server.metric("spanlake_queue_bytes") == 0, seconds=180)
    check_lake(data, ledger)
    tally(Family.CONNECTION, fragile.mishaps, spans=ledger.acknowledged, seeds=[seed])


@pytest.mark.timeout(300)
def test_connections_that_break_lose_and_double_nothing(data: Path, tally: Tally) -> None:
    """Through connections that are reset, slow or half open, and lost answers, all is stored."""
    through_mishaps(data, SECONDS, 1, tally)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [2, 3])
def test_many_connections_that_break(data: Path, seed: int, tally: Tally) -> None:
    """The same for a minute with other seeds."""
    through_mishaps(data, MANY_SECONDS, seed, tally)
