"""Spans a second to durable acknowledgement, beside two physical floors, in one run.

    python benchmarks/ingest.py                      # the table, in a minute or two
    python benchmarks/ingest.py --minutes 10         # memory at full rate over ten minutes
    python benchmarks/ingest.py --secured            # with keys, TLS and redaction, beside without

Figures are of this machine and this run; quote the ratios.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import floors
import workload
from process import Server, folder_bytes, settle
from secured import Secured, secured

_HERE = Path(__file__).parent
_SPANS = 196_608
_LONE_SPANS = 200 * workload.SPANS_PER_REQUEST
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


def spanlake(
    folder: Path,
    *,
    spans: int,
    concurrency: int,
    mix: str = "agents",
    is_secured: bool = False,
) -> Run:
    """The collector under so many spans from so many senders, after a warm-up."""
    data = folder / f"lake-{concurrency}-{spans}-{is_secured}"
    switched_on = secured(folder, data) if is_secured else Secured([], [])
    arguments = ["-m", "spanlake", "serve", "--data", str(data), "--grpc-port=0", "--http-port=0"]
    arguments += switched_on.server
    sending = switched_on.sender
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
    rates: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(3):
        for is_secured in (False, True):
            settle()
            place = folder / str(turn)
            place.mkdir(exist_ok=True)
            run = spanlake(place, spans=_SPANS // 2, concurrency=16, is_secured=is_secured)
            if run.sent["errors"]:
                raise SystemExit(f"{run.sent['errors']:.0f} requests failed")
            rates[is_secured].append(run.sent["spans_per_s"])
    bare, guarded = (statistics.median(rates[is_secured]) for is_secured in (False, True))
    print(f"bare: {bare:,.0f} spans/s")
    print(f"keys, TLS and redaction: {guarded:,.0f} spans/s, {guarded / bare:.2f} of it")


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
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as chosen:
        if options.minutes:
            endure(Path(chosen), options.minutes)
        elif options.secured:
            compare_secured(Path(chosen))
        else:
            compare(Path(chosen))
