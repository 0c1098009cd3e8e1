"""Steady load for minutes: memory and descriptors stay as they are, and nothing is lost."""

import os
import statistics
import threading
import time
from itertools import islice
from pathlib import Path

import grpc
import pytest
from invariants import check_counters, check_lake, restarted
from ledger import Ledger, batches
from server import RunningServer
from tally import Family, Tally
from wire import Client, Transport

from spanlake.entities import Signal

MINUTES = float(os.environ.get("SPANLAKE_SOAK_MINUTES") or 10)
SPANS_A_SECOND = 1_000
SAMPLE_SECONDS = 2.0
# Of the last quarter over the second one; the first fills caches and allocators.
MOST_GROWTH = 1.15
CONFIG = "exporters: {lake: {seal_interval: 5s}}"


def resident(server: RunningServer) -> int:
    """The bytes of its memory."""
    status = Path(f"/proc/{server.process.pid}/status").read_text("ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


class Watch:
    """Samples a server's memory and descriptors until it is told to stop."""

    def __init__(self, server: RunningServer) -> None:
        self.memory: list[int] = []
        self.descriptors: list[int] = []
        self._server = server
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        while not self._is_over.wait(SAMPLE_SECONDS):
            self.memory.append(resident(self._server))
            folder = Path(f"/proc/{self._server.process.pid}/fd")
            self.descriptors.append(len(list(folder.iterdir())))

    def stop(self) -> None:
        """End."""
        self._is_over.set()
        self._thread.join()


def growth(samples: list[int]) -> float:
    """The last quarter over the second one."""
    quarter = len(samples) // 4
    return statistics.median(samples[-quarter:]) / statistics.median(samples[quarter : 2 * quarter])


@pytest.mark.slow
@pytest.mark.timeout(MINUTES * 60 * 3 + 600)
def test_a_soak(data: Path, tally: Tally) -> None:
    """At a steady rate a server's memory and descriptors stay flat, and every span is kept."""
    ledger = Ledger()
    with restarted(data, ledger, config=CONFIG) as server:
        watch = Watch(server)
        try:
            refused = soak(server, ledger)
        finally:
            watch.stop()
        check_counters(server, ledger.acknowledged)
    check_lake(data, ledger)
    assert refused == 0
    assert growth(watch.memory) < MOST_GROWTH, watch.memory
    assert growth(watch.descriptors) < MOST_GROWTH, watch.descriptors
    tally(
        Family.SOAK,
        1,
        spans=ledger.acknowledged,
        seeds=["soak"],
        note=f"{MINUTES:g} minutes at {SPANS_A_SECOND:,} spans a second; memory in the last "
        f"quarter {growth(watch.memory):.2f} times that of the second",
    )


def soak(server: RunningServer, ledger: Ledger) -> int:
    """Send at the rate; how many requests were refused."""
    refused, sent = 0, 0
    source = batches("soak", 0)
    began = time.monotonic()
    ways = list(Transport)
    with Client(server) as client:
        while (passed := time.monotonic() - began) < MINUTES * 60:
            if sent > passed * SPANS_A_SECOND:
                time.sleep(0.01)
                continue
            for batch in islice(source, 1):
                ledger.send(batch)
                transport = ways[sent % len(ways)]
                answer = client.send(transport, Signal.TRACES, batch.request)
                if answer.code is grpc.StatusCode.OK:
                    ledger.acknowledge(batch)
                else:
                    refused += 1
                sent += len(batch.contents)
    return refused
