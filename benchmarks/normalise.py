"""What the dialect tables cost: each mix of instrumentors, as one thread and through the server.

    python benchmarks/normalise.py

In one thread: spans to rows (decode, canonical columns, cost), with the OpenTelemetry tables alone
and with every dialect. Through the server: spans a second to acknowledgement with 16 senders.
Figures are of this machine and this run; quote the ratios.
"""

import statistics
import tempfile
import time
from pathlib import Path

import mixes
from ingest import spanlake
from process import settle
from spanlake.collector.submission import Submission
from spanlake.collector.tabulate import tabulate_spans
from spanlake.semconv.normalise import Normaliser, default_normaliser
from spanlake.semconv.tables import load_dialects
from spanlake.storage.parquet import encode

_SPANS = 8192
_ROUNDS = 7
_OPENTELEMETRY = ("spanlake", "otel_genai", "otel")


def _microseconds(payloads: list[bytes], normaliser: Normaliser) -> float:
    """Processor time a span to make rows and a compressed file of them, the median of rounds."""
    submissions = [Submission.of(each, experiment=None, received_ns=0) for each in payloads]
    spent = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        encode(tabulate_spans(submissions, normaliser).rows, [], compression_level=3)
        spent.append(time.process_time() - began)
    return statistics.median(spent) / _SPANS * 1e6


def in_one_thread() -> None:
    """Print the table of processor time a span."""
    dialects = load_dialects()
    plain = Normaliser(
        tuple(dialect for dialect in dialects if dialect.name in _OPENTELEMETRY), prices=True
    )
    print("| mix | OpenTelemetry tables alone, us/span | every dialect, us/span | rate kept |")
    print("| --- | --- | --- | --- |")
    for name, make in mixes.MIXES.items():
        settle()
        payloads = make(_SPANS)
        alone = _microseconds(payloads, plain)
        every = _microseconds(payloads, default_normaliser())
        print(f"| {name} | {alone:.1f} | {every:.1f} | {alone / every:.2f} |")


def through_the_server(folder: Path) -> None:
    """Print the table of spans a second to acknowledgement."""
    print("\n| mix | spans/s, 16 senders | x genai |")
    print("| --- | --- | --- |")
    first = 0.0
    for name in ("genai", "agents", "corpus"):
        settle()
        run = spanlake(folder / name, spans=98_304, concurrency=16, mix=name)
        rate = run.sent["spans_per_s"]
        first = first or rate
        print(f"| {name} | {rate:,.0f} | {rate / first:.2f} |")


if __name__ == "__main__":
    in_one_thread()
    with tempfile.TemporaryDirectory() as chosen:
        through_the_server(Path(chosen))
