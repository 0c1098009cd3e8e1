"""Spans a second to durable acknowledgement, beside two physical floors, in one run.

    python benchmarks/ingest.py                      # the table, in a minute or two
    python benchmarks/ingest.py --minutes 10         # memory at full rate over ten minutes
    python benchmarks/ingest.py --secured            # with keys, TLS and redaction, beside without
    python benchmarks/ingest.py --sealing            # with sealing and sums, beside without

Figures are of this machine and this run; quote the ratios.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import floors
import workload
from process import Server, folder_bytes, settle
from secured import Setup, secured

_HERE = Path(__file__).parent
_SPANS = 196_608
_MIB = 1 << 20


class Run(NamedTuple):
    """One server under one load."""

    sent: dict[str, float]
    cpu_seconds: float
    memory: list[int]
    bytes_per_span: float


def _send(
    endpoint: str,
    *further: str,
    spans: int,
    concurrency: int,
    first_pass: int,
    mix: str = "agents",
) -> dict[str, float]:
    command = [sys.executable, str(_HERE / "sender.py"), endpoint, f"--spans={spans}"]
    command += [
        f"--concurrency={concurrency}",
        f"--first-pass={first_pass}",
        f"--mix={mix}",
        *further,
    ]
    report: dict[str, float] = json.loads(subprocess.check_output(command))
    return report


SetUp = Callable[[Path, Path], Setup]
"""Prepares a server in a folder for a lake."""


def _as_it_comes(_folder: Path, _data: Path) -> Setup:
    return Setup([], [])


def _without_sealing(folder: Path, _data: Path) -> Setup:
    config = folder / "unsealed.yaml"
    config.write_text("exporters: {lake: {seal_interval: 0s}}\n", encoding="utf-8")
    return Setup(["--config", str(config)], [])


def spanlake(
    folder: Path,
    *,
    spans: int,
    concurrency: int,
    mix: str = "agents",
    setup: SetUp = _as_it_comes,
) -> Run:
    """The collector under so many spans from so many senders, after a warm-up."""
    data = folder / f"lake-{concurrency}-{spans}-{setup.__name__}"
    chosen = setup(folder, data)
    arguments = ["-m", "spanlake", "serve", "--data", str(data), "--grpc-port=0", "--http-port=0"]
    arguments += chosen.server
    sending = chosen.sender
    with Server(*arguments) as server:
        endpoint = server.endpoints["grpc"]
        _send(endpoint, *sending, spans=24_576, concurrency=concurrency, first_pass=1, mix=mix)
        warm = folder_bytes(data)
        cpu = server.cpu_seconds
        sent = _send(
            endpoint, *sending, spans=spans, concurrency=concurrency, first_pass=2, mix=mix
        )
        cpu = server.cpu_seconds - cpu
    return Run(sent, cpu, server.memory, (folder_bytes(data) - warm) / sent["spans"])


def _floor_b(folder: Path) -> Run:
    with Server(str(_HERE / "floors.py"), str(folder / "raw.bin")) as server:
        _send(server.endpoints["grpc"], spans=24_576, concurrency=16, first_pass=1)
        cpu = server.cpu_seconds
        sent = _send(server.endpoints["grpc"], spans=_SPANS, concurrency=16, first_pass=2)
        return Run(sent, server.cpu_seconds - cpu, server.memory, 0)


def _lone_requests(folder: Path) -> dict[str, float]:
    """Milliseconds to acknowledge requests of six spans, one at a time."""
    data = folder / "lone"
    arguments = ["-m", "spanlake", "serve", "--data", str(data), "--grpc-port=0", "--http-port=0"]
    with Server(*arguments) as server:
        command = [sys.executable, str(_HERE / "lone.py"), server.endpoints["grpc"]]
        report: dict[str, float] = json.loads(subprocess.check_output(command))
    return report


def _print_row(name: str, run: Run, floor: float) -> None:
    rate = run.sent["spans_per_s"]
    size = f"{run.bytes_per_span:.0f}" if run.bytes_per_span else "-"
    print(
        f"| {name} | {rate:,.0f} | {rate / floor:.2f} | {run.sent['ack_p50_ms']:.0f} / "
        f"{run.sent['ack_p99_ms']:.0f} | {run.cpu_seconds / run.sent['spans'] * 1e6:.1f} | "
        f"{size} | {max(run.memory) / _MIB:.0f} |"
    )


def compare(folder: Path) -> None:
    """Print the table: both floors, and the collector at several concurrencies."""
    settle()
    rate_a, bytes_a = floors.floor_a(workload.requests(_SPANS // 4))
    settle()
    floor_b = _floor_b(folder)
    print("| | spans/s | x floor A | ack p50 / p99 ms | server CPU us/span | B/span | peak MiB |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    print(f"| floor A: one Python thread | {rate_a:,.0f} | 1.00 | - | - | {bytes_a:.0f} | - |")
    _print_row("floor B: raw bytes, fdatasync, 16 senders", floor_b, rate_a)
    for concurrency in (4, 16, 48):
        settle()
        run = spanlake(folder, spans=_SPANS, concurrency=concurrency)
        _print_row(f"Spanlake, {concurrency} senders", run, rate_a)
        print(f"  ({run.sent['spans_per_s'] / floor_b.sent['spans_per_s']:.2f} x floor B)")
    settle()
    print("\nA lone request of six spans, milliseconds to its acknowledgement:")
    for name, value in _lone_requests(folder).items():
        print(f"{name}: {value:.1f}")


def compare_secured(folder: Path) -> None:
    """Print the rates without and with keys, TLS and redaction, in turns, and what is kept."""
    bare, guarded = _in_turns(folder, _as_it_comes, secured, spans=_SPANS // 2, turns=3)
    print(f"bare: {bare:,.0f} spans/s")
    print(f"keys, TLS and redaction: {guarded:,.0f} spans/s, {guarded / bare:.2f} of it")


def compare_sealing(folder: Path) -> None:
    """Print the rates without and with sealing and sums beside, long enough for many of them."""
    alone, beside = _in_turns(folder, _without_sealing, _as_it_comes, spans=8 * _SPANS, turns=1)
    print(f"without sealing: {alone:,.0f} spans/s")
    print(f"with sealing and sums: {beside:,.0f} spans/s, {beside / alone:.2f} of it")


def _in_turns(
    folder: Path, one: SetUp, other: SetUp, *, spans: int, turns: int
) -> tuple[float, float]:
    """The median rates of both set-ups, 16 senders each."""
    rates: dict[SetUp, list[float]] = {one: [], other: []}
    for turn in range(turns):
        for setup in (one, other):
            settle()
            place = folder / str(turn)
            place.mkdir(exist_ok=True)
            run = spanlake(place, spans=spans, concurrency=16, setup=setup)
            if run.sent["errors"]:
                raise SystemExit(f"{run.sent['errors']:.0f} requests failed")
            rates[setup].append(run.sent["spans_per_s"])
    return statistics.median(rates[one]), statistics.median(rates[other])


def endure(folder: Path, minutes: float) -> None:
    """Print the server's memory over `minutes` at full rate."""
    spans = int(minutes * 60 * 50_000)
    run = spanlake(folder, spans=spans, concurrency=16)
    tenth = max(1, len(run.memory) // 10)
    print(f"{run.sent['spans']:,.0f} spans in {run.sent['wall_s']:.0f} s")
    for part in range(10):
        samples = run.memory[part * tenth : (part + 1) * tenth]
        if samples:
            print(f"{part * 10:3d} %: {statistics.median(samples) / _MIB:.0f} MiB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--folder", type=Path, help="where to write; a temporary folder if absent")
    parser.add_argument("--secured", action="store_true", help="what keys, TLS and redaction cost")
    parser.add_argument("--sealing", action="store_true", help="what sealing beside it costs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as chosen:
        if options.minutes:
            endure(Path(chosen), options.minutes)
        elif options.secured:
            compare_secured(Path(chosen))
        elif options.sealing:
            compare_sealing(Path(chosen))
        else:
            compare(Path(chosen))
