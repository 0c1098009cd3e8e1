"""SIGKILL at any moment, again and again, under load: what was acknowledged is there, once."""

import os
import random
import subprocess
import sys
import time
from enum import Enum
from itertools import cycle
from pathlib import Path

import pytest
from chance import chance
from invariants import check_counters, check_lake, check_place, restarted
from ledger import Ledger
from senders import senders, sending
from tally import Family, Tally

from spanlake.storage.layout import Layout

FEW_KILLS, MANY_KILLS = 4, 20
# Another one each time, unless a run is to be repeated; a test that fails shows it.
SEED = int(os.environ.get("SPANLAKE_TEST_SEED") or random.SystemRandom().getrandbits(32))
# A commit comes within this time, whatever else the machine has to do.
COMMIT_SECONDS = 60
# A batch that nobody answered for is sent again after the restart, but for some of them.
GIVEN_UP = 0.2
# A restart is killed, too, before it is ready.
KILLED_AGAIN = 0.3


class Moment(Enum):
    """When to kill: at any time, while a commit is written, or when it has just got its name."""

    ANY = None
    WRITING = ".tmp"
    NAMED = ".parquet"


def wait_for(moment: Moment, data: Path) -> None:
    """Return at such a moment of the next commit; it is short, so that it is waited for awake."""
    if moment is Moment.ANY:
        return
    layout = Layout(data)
    number = 1 + max((int(file.stem) for file in layout.hot_files("spans")), default=0)
    deadline = time.monotonic() + COMMIT_SECONDS
    while layout.hot_file("spans", "0001", number).exists():
        number += 1
    while not layout.hot_file("spans", "0001", number).with_suffix(moment.value).exists():
        # One that was over before it could be seen.
        number += layout.hot_file("spans", "0001", number).exists()
        assert time.monotonic() < deadline, "no commit is made"


def kill_while_it_starts(data: Path, delay: float) -> None:
    command = [sys.executable, "-m", "spanlake", "serve", "--data", str(data)]
    ports = ["--grpc-port", "0", "--http-port", "0"]
    silent = subprocess.DEVNULL
    with subprocess.Popen([*command, *ports], stdout=silent, stderr=silent) as process:
        time.sleep(delay)
        process.kill()


def survive(data: Path, kills: int, seed: int) -> Ledger:
    """Kill a server under load so many times, and check its lake after each."""
    source = chance(seed)
    ledger = Ledger()
    team = senders(ledger, seed)
    for _, moment in zip(range(kills), cycle(Moment), strict=False):
        with restarted(data, ledger) as server, sending(team, server):
            time.sleep(source.uniform(0.05, 1.5))
            wait_for(moment, data)
            server.kill()
        for sender in team:
            if source.random() < GIVEN_UP:
                sender.give_up()
        if source.random() < KILLED_AGAIN:
            kill_while_it_starts(data, source.uniform(0, 1.5))
    before = ledger.acknowledged
    with restarted(data, ledger) as server:
        with sending(team, server):
            time.sleep(0.5)
        check_counters(server, ledger.acknowledged - before)
    check_lake(data, ledger)
    check_place(data)
    return ledger


@pytest.mark.timeout(300)
def test_a_few_kills_lose_nothing(data: Path, tally: Tally) -> None:
    """After each of a few kills every acknowledged span is there once, as it was sent."""
    acknowledged = survive(data, FEW_KILLS, seed=1).acknowledged
    assert acknowledged > 100
    tally(Family.KILL, FEW_KILLS, spans=acknowledged, seeds=[1])


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("at", range(5))
def test_many_kills_lose_nothing(data: Path, at: int, tally: Tally) -> None:
    """After each of many kills every acknowledged span is there once, as it was sent."""
    acknowledged = survive(data, MANY_KILLS, SEED + at).acknowledged
    assert acknowledged > 1000
    tally(Family.KILL, MANY_KILLS, spans=acknowledged, seeds=[SEED + at])
