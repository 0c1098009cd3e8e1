"""Requests that come twice, late and in another order: each span is there once."""

from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import grpc
import pytest
from chance import chance
from invariants import check_lake, restarted
from ledger import Batch, Ledger, batches
from tally import Family, Tally
from wire import Client, Transport

from spanlake.entities import Signal

FEW, MANY = 40, 400
AT_ONCE = 8


def repeated(data: Path, number: int, *, lives: int, seed: int, tally: Tally) -> None:
    """Send batches once to three times, in any order, by several threads.

    lives: how often the server is started, so that what it remembers comes from the lake.
    """
    ledger, source = Ledger(), chance(seed)
    sent = list(islice(batches("repeated", seed), number))
    for batch in sent:
        ledger.send(batch)
    ways = list(Transport)
    deliveries = [
        (batch, ways[at % len(ways)])
        for at, batch in enumerate(sent)
        for _ in range(source.randint(1, 3))
    ]
    source.shuffle(deliveries)
    for life in range(lives):
        with (
            restarted(data, ledger) as server,
            Client(server) as client,
            ThreadPoolExecutor(AT_ONCE) as pool,
        ):

            def deliver(delivery: tuple[Batch, Transport], client: Client = client) -> Batch:
                batch, transport = delivery
                answer = client.send(transport, Signal.TRACES, batch.request)
                assert (answer.code, answer.rejected) == (grpc.StatusCode.OK, 0), answer
                return batch

            for batch in pool.map(deliver, deliveries[life::lives]):
                ledger.acknowledge(batch)
    check_lake(data, ledger)
    tally(Family.REPEATED, len(deliveries), spans=ledger.acknowledged, seeds=[seed])


def test_requests_may_be_repeated_and_reordered(data: Path, tally: Tally) -> None:
    """Batches that come up to three times, in any order, are each there once."""
    repeated(data, FEW, lives=1, seed=1, tally=tally)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
def test_many_requests_repeated(data: Path, seed: int, tally: Tally) -> None:
    """The same with ten times as many, and other seeds."""
    repeated(data, MANY, lives=3, seed=seed, tally=tally)
