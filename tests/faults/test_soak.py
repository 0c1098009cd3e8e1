"""Steady load for minutes: memory and descriptors stay as they are, and nothing is lost."""

import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import grpc
import pytest
from invariants import check_counters, check_lake, restarted
from ledger import Batch, Ledger, batches
from server import RunningServer
from tally import Family, Tally
from wire import Client, Transport

from spanlake.entities import Signal

MINUTES = float(os.environ.get("SPANLAKE_SOAK_MINUTES") or 10)
# Until all that is kept for a while is there: hot files, and what is known of them.
WARM_UP_MINUTES = 4.0
# At most: a machine that has others to serve sends fewer, and the record says how many.
SPANS_A_SECOND = 500
SAMPLE_SECONDS = 2.0
LOOK_SECONDS = 10.0
# Of the second half of what was sampled over the first.
MOST_GROWTH = 1.1
MOST_MEMORY = 3 << 29
CONFIG = "exporters: {lake: {seal_interval: 5s}}"


class Sample(NamedTuple):
    """Bytes that a server has in memory, and its open file descriptors."""

    memory: int
    descriptors: int


def sample(server: RunningServer) -> Sample:
    """What it has now."""
    process = Path(f"/proc/{server.process.pid}")
    pages = int((process / "statm").read_text("ascii").split()[1])
    return Sample(pages * os.sysconf("SC_PAGE_SIZE"), len(list((process / "fd").iterdir())))


@contextmanager
def every(seconds: float, act: Callable[[], object]) -> Iterator[None]:
    """Act again and again beside the block; what it raises comes at the end."""
    is_over = threading.Event()

    def run() -> None:
        while not is_over.wait(seconds):
            act()

    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(run)
        try:
            yield
        finally:
            is_over.set()
        running.result()


def growth(samples: list[int], at: Callable[[list[int]], float] = statistics.median) -> float:
    """The second half over the first."""
    half = len(samples) // 2
    return at(samples[half:]) / at(samples[:half])


@pytest.mark.slow
@pytest.mark.timeout(MINUTES * 60 * 3 + 600)
def test_a_soak(data: Path, tally: Tally) -> None:
    """At a steady rate a server's memory and descriptors stay flat, and every span is kept."""
    ledger, source, samples = Ledger(), batches("soak", 0), list[Sample]()
    with restarted(data, ledger, config=CONFIG) as server:
        # Somebody has a page open, too.
        with every(LOOK_SECONDS, lambda: look(server)):
            refused = soak(server, ledger, source, WARM_UP_MINUTES)
            warm = ledger.acknowledged
            with every(SAMPLE_SECONDS, lambda: samples.append(sample(server))):
                refused += soak(server, ledger, source, MINUTES - WARM_UP_MINUTES)
        check_counters(server, ledger.acknowledged)
    check_lake(data, ledger)
    assert refused == 0
    memory = [each.memory for each in samples]
    assert growth(memory) < MOST_GROWTH, memory
    assert max(memory) < MOST_MEMORY, memory
    # What is being read or sealed has some open, more or fewer from one moment to the next.
    descriptors = [each.descriptors for each in samples]
    assert growth(descriptors, min) < MOST_GROWTH, descriptors
    rate = (ledger.acknowledged - warm) / (MINUTES - WARM_UP_MINUTES) / 60
    tally(
        Family.SOAK,
        1,
        spans=ledger.acknowledged,
        seeds=["soak"],
        note=f"{MINUTES - WARM_UP_MINUTES:g} minutes at {rate:,.0f} spans a second after "
        f"{WARM_UP_MINUTES:g} to warm up, beside a page that is looked at: at most "
        f"{max(memory) >> 20} MiB, in the second half {growth(memory):.2f} times the first",
    )


def look(server: RunningServer) -> None:
    """Open the page of the traces."""
    status, _ = server.get("/traces")
    assert status in {HTTPStatus.OK, HTTPStatus.GATEWAY_TIMEOUT}


def soak(server: RunningServer, ledger: Ledger, source: Iterator[Batch], minutes: float) -> int:
    """Send for so long, at the rate at most; how many requests were refused."""
    refused = sent = 0
    began = time.monotonic()
    with Client(server) as client:
        for batch, transport in zip(source, cycle(Transport), strict=False):
            passed = time.monotonic() - began
            if passed >= minutes * 60:
                break
            time.sleep(max(0.0, sent / SPANS_A_SECOND - passed))
            ledger.send(batch)
            answer = client.send(transport, Signal.TRACES, batch.request)
            if answer.code is grpc.StatusCode.OK:
                ledger.acknowledge(batch)
            else:
                refused += 1
            sent += len(batch.contents)
    return refused
