"""`spanlake renormalize` beside a server under load, and killed at any moment."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from chance import chance
from ledger import Batch, Ledger, batches
from samples import sample
from senders import senders, sending
from server import RunningServer, wait_until
from stored import stored_marks
from wire import Client, Transport

import spanlake
from spanlake.collector.submission import Submission
from spanlake.collector.tabulate import tabulate_spans
from spanlake.entities import Signal
from spanlake.semconv.columns import CANONICAL, SEMCONV_VERSION
from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout
from spanlake.storage.parquet import StoredRequest, encode, read_requests
from spanlake.storage.rewrite import replace_rows
from spanlake.storage.texts import restored

FILES = 60
FEW_KILLS, MANY_KILLS = 2, 12
# Another one each time, unless a run is to be repeated; a test that fails has it in its name.
SEED = int(os.environ.get("SPANLAKE_TEST_SEED") or random.SystemRandom().getrandbits(32))
DEADLINE_SECONDS = 30


def command(data: Path, *options: str) -> list[str]:
    program = [sys.executable, "-m", "spanlake", "renormalize", "--data", str(data)]
    return [*program, "--format", "json", *options]


def renormalize(data: Path, *options: str) -> dict[str, int]:
    """Run the command to its end; what it counts."""
    done = subprocess.run(command(data, *options), check=True, capture_output=True, timeout=60)
    ((counts),) = json.loads(done.stdout)
    return dict(counts)


def unmapped(rows: pa.Table) -> pa.Table:
    """Spans of which no mapping has told more than the service, which the ledger looks at."""
    raw = restored(rows)
    names = [name for name in CANONICAL.names if name != "service_name"]
    columns = {name: pa.nulls(len(rows), CANONICAL.field(name).type) for name in names}
    kept = {name: raw[name] for name in raw.column_names if name not in columns}
    return pa.table({name: {**kept, **columns}[name] for name in rows.column_names})


def store_unmapped(data: Path, chosen: Iterator[Batch], ledger: Ledger) -> None:
    """Store each batch in a file of its own, as if it had been acknowledged."""
    with HotWriter(Layout(data)) as writer:
        writer.open_table("spans")
        for batch in chosen:
            payload = batch.request.SerializeToString()
            submission = Submission.of(payload, experiment=None, received_ns=time.time_ns())
            table = tabulate_spans([submission])
            requests = [StoredRequest(submission.digest, table.receipts[0])]
            content = encode(unmapped(table.rows), requests, compression_level=1)
            ledger.send(batch)
            writer.commit("spans", content)
            ledger.acknowledge(batch)


def versions(data: Path) -> set[str | None]:
    """Of which mappings the stored spans are."""
    with spanlake.connect(data) as lake:
        rows = lake.sql("SELECT DISTINCT semconv_version FROM spans").fetchall()
    return {version for (version,) in rows}


@pytest.mark.timeout(180)
def test_a_server_goes_on_meanwhile(data: Path) -> None:
    """While clients send, files are rewritten; nothing is lost, torn or doubled."""
    ledger = Ledger()
    team = senders(ledger, seed=7)
    with RunningServer(data) as server:
        with sending(team, server):
            rewritten = renormalize(data, "--force")["spans"]
            late = ledger.acknowledged
            wait_until(lambda: ledger.acknowledged > late)
        ledger.check(data)
        assert 0 < rewritten < ledger.acknowledged
        again = renormalize(data)
        assert again["files"] == 0
        assert again["skipped"] > 0


def test_a_retry_is_recognised_afterwards(data: Path) -> None:
    """What is sent again is stored once, by the same server and by one that starts later."""
    samples = [sample(Signal.TRACES, 3) for _ in range(4)]
    with RunningServer(data) as server, Client(server) as client:
        for each in samples:
            client.send(Transport.GRPC, Signal.TRACES, each.request)
        for path in Layout(data).hot_files("spans"):
            replace_rows(path, unmapped(pq.read_table(path)))
        assert versions(data) == {None}
        assert renormalize(data)["spans"] == 12
        for each in samples:
            client.send(Transport.GRPC, Signal.TRACES, each.request)
    with RunningServer(data) as server, Client(server) as client:
        for each in samples:
            client.send(Transport.GRPC, Signal.TRACES, each.request)
        assert server.metric("spanlake_deduplicated_items_total", signal="traces") == 12
    assert stored_marks(data, Signal.TRACES) == {each.mark: 3 for each in samples}
    assert versions(data) == {SEMCONV_VERSION}


def wait_for_progress(data: Path, process: subprocess.Popen[bytes], source: random.Random) -> None:
    """Return when some more files are replaced, or a draft is being written, or it has ended."""
    files = Layout(data).hot_files("spans")
    at_draft = source.random() < 0.5
    before = [path.stat().st_ino for path in files]
    wanted = source.randint(1, FILES // 8)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while process.poll() is None:
        assert time.monotonic() < deadline, "no file is replaced"
        now = [path.stat().st_ino for path in files]
        if sum(old != new for old, new in zip(before, now, strict=True)) >= wanted:
            break
    while at_draft and process.poll() is None:
        if any(path.with_suffix(".rewrite").exists() for path in files):
            return
    time.sleep(source.uniform(0, 0.02))


def survive(data: Path, kills: int, seed: int) -> int:
    """Kill it so many times, and check the lake after each; how often it was in the middle."""
    source, ledger = chance(seed), Ledger()
    store_unmapped(data, islice(batches("renormalize", seed), FILES), ledger)
    requests = [read_requests(path) for path in Layout(data).hot_files("spans")]
    cut_short = 0
    for _ in range(kills):
        with subprocess.Popen(command(data), stdout=subprocess.DEVNULL) as process:
            wait_for_progress(data, process, source)
            process.kill()
        ledger.check(data)
        cut_short += None in versions(data)
    left = renormalize(data)
    assert left["files"] + left["skipped"] == FILES
    assert versions(data) == {SEMCONV_VERSION}
    ledger.check(data)
    assert [read_requests(path) for path in Layout(data).hot_files("spans")] == requests
    assert list(data.rglob("*.rewrite")) == []
    return cut_short


@pytest.mark.timeout(180)
def test_a_few_kills_lose_nothing(data: Path) -> None:
    """After each of a few kills every span is there once, as sent; at last all are renormalised."""
    assert survive(data, FEW_KILLS, seed=1) > 0


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(SEED, SEED + 5))
def test_many_kills_lose_nothing(data: Path, seed: int) -> None:
    """After each of many kills every span is there once, as sent; at last all are renormalised."""
    assert survive(data, MANY_KILLS, seed) > 0
