"""What is measured of one product, in a fresh folder: ingest, loss, questions, sizes."""

import json
import statistics
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import load
from environments import Installed, size_of
from products import Product, python_of
from running import Running

_POLL_SECONDS = 0.2
_STORED_SECONDS = 1_200
_IDLE_SECONDS = 5
_ASKING_SECONDS = 1_800


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is sent and asked. patience: seconds of one question, all rounds together."""

    spans: int
    lost_spans: int
    rounds: int
    concurrency: int
    patience: float


@dataclass(frozen=True, slots=True)
class Measured:
    """One product in one round.

    Seconds, bytes and spans a second. acknowledged: by the clients' clock. durable: until all is on
    the disk. queryable_seconds: from the last acknowledgement until the last span is there.
    lost: of `at_risk` acknowledged spans after kill -9 one second later. questions: as
    `five_questions` prints them.
    """

    name: str
    version: str
    install_bytes: int
    distributions: int
    started_seconds: float
    idle_bytes: int
    loaded_bytes: int
    acknowledged: float
    ack_p50_ms: float
    durable: float
    queryable_seconds: float
    refused: int
    bytes_per_span: float
    at_risk: int
    lost: int
    questions: dict[str, Any]


def measure(product: Product, installed: Installed, scale: Scale) -> Measured:
    """Start it twice: once to be filled and asked, once to be killed."""
    with tempfile.TemporaryDirectory(prefix=f"peers-{product.name}-") as place:
        filled = _filled(product, installed, Path(place) / "filled", scale)
        at_risk, lost = _killed(product, installed, Path(place) / "killed", scale)
    return Measured(
        name=product.name,
        version=installed.version,
        install_bytes=installed.size_bytes,
        distributions=installed.distributions,
        at_risk=at_risk,
        lost=lost,
        **filled,
    )


def _filled(product: Product, installed: Installed, folder: Path, scale: Scale) -> dict[str, Any]:
    with Running(product, installed.venv, folder) as server:
        time.sleep(_IDLE_SECONDS)
        idle = server.memory()
        # Its first requests are no measure: caches fill, schemas are read.
        warm = load.send(server.port, load.requests(512, 1), product.headers, concurrency=1)
        _until_stored(product, folder, warm.spans)
        before = size_of(folder)
        bodies = load.requests(scale.spans, 2)
        began = time.monotonic()
        sent = load.send(server.port, bodies, product.headers, concurrency=scale.concurrency)
        acknowledged = time.monotonic()
        _until_stored(product, folder, warm.spans + sent.spans)
        stored = time.monotonic()
        loaded = server.memory()
        size = size_of(folder) - before
        questions = _ask(product, installed, server, scale)
    return {
        "started_seconds": server.started_seconds,
        "idle_bytes": idle,
        "loaded_bytes": loaded,
        "acknowledged": sent.spans / sent.seconds,
        "ack_p50_ms": statistics.median(sent.latencies) * 1000 if sent.latencies else 0.0,
        "durable": sent.spans / (stored - began),
        "queryable_seconds": stored - acknowledged,
        "refused": sent.refused,
        "bytes_per_span": size / max(1, sent.spans),
        "questions": questions,
    }


def _until_stored(product: Product, folder: Path, spans: int) -> None:
    deadline = time.monotonic() + _STORED_SECONDS
    while (found := product.stored(folder)) < spans:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{product.name} has stored {found} of {spans} spans")
        time.sleep(_POLL_SECONDS)


def _killed(product: Product, installed: Installed, folder: Path, scale: Scale) -> tuple[int, int]:
    """How many spans were acknowledged, and how many of them are gone after kill -9."""
    server = Running(product, installed.venv, folder)
    bodies = load.requests(scale.lost_spans, 3)
    sent = load.send(server.port, bodies, product.headers, concurrency=scale.concurrency)
    time.sleep(1)
    server.kill()
    server.stop()
    return sent.spans, sent.spans - product.stored(folder)


def _ask(product: Product, installed: Installed, server: Running, scale: Scale) -> dict[str, Any]:
    command = [str(python_of(installed.venv)), str(product.questions), server.url]
    done = subprocess.run(
        [*command, str(scale.rounds), str(scale.patience)],
        capture_output=True,
        text=True,
        timeout=_ASKING_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{product.name} cannot be asked:\n{done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def as_json(measured: Measured) -> dict[str, Any]:
    """As plain values."""
    return asdict(measured)
