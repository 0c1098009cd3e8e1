"""What the pages take on a lake of a million traces: time of the server, and time in Chromium.

    python benchmarks/pages.py --data lake1m         # makes the lake first, in 40 minutes: 3 GB
    python benchmarks/pages.py --data lake1m         # asks again
    python benchmarks/pages.py --without-browser --traces 50000

A `spanlake serve` runs over a copy of the lake, made of hard links, so that the lake stays as it
is. It is sent a trace of 30,000 spans and one with a message of 5 MB first. A page is asked for
again and again, one request after the other; its time is that from the request to the last byte of
the answer, and processor time is what the whole server used meanwhile. Then Chromium opens the two
traces. Figures are of this machine and this run.
"""

import argparse
import http.client
import itertools
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlencode

import chromium_time
import lake
import large_traces

from process import Server
from spanlake.storage.lake import Lake

_SPANS_OF_A_TRACE = 6
_MANY_SPANS = 30_720
_LONG_MESSAGE = 5_000_000
_ROUNDS = 20
_AT_REST_SECONDS = 0.05
_PAGE_MS, _FILTER_MS, _PAINT_MS = 150, 400, 1000
_FILTERS = ("refund", "status = 'ERROR' AND duration > 2s", "cost > 0.02", "model = 'gpt-5-mini'")


class Question(NamedTuple):
    """A page. bound: milliseconds asked for, if any. paths: what is asked for in turns."""

    name: str
    bound: int | None
    paths: Sequence[str]


class Spent(NamedTuple):
    """Milliseconds that passed, and of the server's processor time for one; bytes of an answer."""

    median: float
    p95: float
    processor: float
    size: int


def _questions(found: Sequence[tuple[str, str]]) -> Iterator[Question]:
    """found: ids of some traces, and of their sessions."""
    filters = [urlencode({"q": line}) for line in _FILTERS]
    failed = urlencode({"status": "error", "range": "7d"})
    yield Question("traces, the newest", _PAGE_MS, ["/traces"])
    yield Question("traces of the last 7 days", _PAGE_MS, ["/traces?range=7d"])
    for line, text in zip(filters, _FILTERS, strict=True):
        yield Question(f"traces, `{text}`", _FILTER_MS, [f"/traces?{line}"])
    yield Question("traces that failed, by facet", _FILTER_MS, [f"/traces?{failed}"])
    yield Question("traces by cost", _FILTER_MS, ["/traces?sort=-cost_usd"])
    yield Question("total, histogram, facets", _FILTER_MS, ["/traces/counts"])
    yield Question("the same of the last 7 days", _FILTER_MS, ["/traces/counts?range=7d"])
    yield Question("the same, `cost > 0.02`", _FILTER_MS, [f"/traces/counts?{filters[2]}"])
    yield Question("what is new, asked every few seconds", None, [_news()])
    yield Question("a trace", _PAGE_MS, [f"/traces/{trace}" for trace, _ in found])
    many = f"/traces/{large_traces.MANY_SPANS.hex()}"
    yield Question("the trace of 30,000 spans", None, [many])
    yield Question("200 further rows of it", None, [f"{many}/rows?from=2000"])
    long = f"/traces/{large_traces.LONG_MESSAGE.hex()}"
    yield Question("the trace with a message of 5 MB", None, [long])
    yield Question("sessions", None, ["/sessions"])
    yield Question("a session", None, [f"/sessions/{quote(each)}" for _, each in found])
    yield Question("overview of the last 24 hours", None, ["/overview?range=24h"])
    yield Question("overview of the last 7 days", None, ["/overview?range=7d"])
    yield Question("overview of all", None, ["/overview"])


def _news() -> str:
    now = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    return "/traces/news?" + urlencode({"after": now})


def _some_traces(data: Path) -> list[tuple[str, str]]:
    with Lake(data) as opened:
        return [
            (trace, session)
            for trace, session in opened.rows(
                "SELECT trace_id, session_id FROM traces WHERE session_id IS NOT NULL"
                " ORDER BY hash(trace_id) LIMIT 50"
            )
        ]


def _copy(source: str, target: str) -> None:
    """Parquet files are never changed, anything else may be."""
    (os.link if source.endswith(".parquet") else shutil.copy2)(source, target)


def _get(connection: http.client.HTTPConnection, path: str) -> int:
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != http.client.OK:
        raise SystemExit(f"{path}: {answer.status}\n{body.decode()[:2000]}")
    return len(body)


def _let_rest(server: Server) -> None:
    """Wait until what was sent is sealed and summed up, or for a minute at most."""
    for _ in range(60):
        worked = server.cpu_seconds
        time.sleep(1)
        if server.cpu_seconds - worked < _AT_REST_SECONDS:
            return


def _spent(server: Server, question: Question, rounds: int) -> Spent:
    connection = http.client.HTTPConnection(server.endpoints["http"], timeout=120)
    paths = itertools.cycle(question.paths)
    size = _get(connection, next(paths))
    passed = []
    worked = server.cpu_seconds
    for _ in range(rounds):
        began = time.perf_counter()
        _get(connection, next(paths))
        passed.append((time.perf_counter() - began) * 1000)
    worked = server.cpu_seconds - worked
    connection.close()
    p95 = statistics.quantiles(passed, n=20, method="inclusive")[-1]
    return Spent(statistics.median(passed), p95, worked * 1000 / rounds, size)


def _ask(server: Server, questions: Iterator[Question], rounds: int, only: str) -> None:
    print("| page | asked for, ms | median, ms | p95, ms | of processor time | KB |")
    print("| --- | --- | --- | --- | --- | --- |")
    for each in questions:
        if only not in each.name:
            continue
        spent = _spent(server, each, rounds)
        print(
            f"| {each.name} | {each.bound or '-'} | {spent.median:.0f} | {spent.p95:.0f}"
            f" | {spent.processor:.0f} | {spent.size / 1000:.0f} |",
            flush=True,
        )


def _look(base: str) -> None:
    many, long = large_traces.MANY_SPANS.hex(), large_traces.LONG_MESSAGE.hex()
    print("\n| in Chromium | asked for, ms | first paint, ms | first rows, ms | MiB | of script |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, path in (
        ("the trace of 30,000 spans", f"/traces/{many}"),
        ("the same, scrolled to row 2,000", f"/traces/{many}"),
        ("the trace with a message of 5 MB", f"/traces/{long}"),
    ):
        seen = chromium_time.look(base, path, scrolled_to=2_000 if "scrolled" in name else 0)
        print(
            f"| {name} | {_PAINT_MS} | {seen.paint:.0f} | {seen.rows:.0f}"
            f" | {seen.memory >> 20} | {seen.scripts >> 20} |",
            flush=True,
        )


def main() -> None:
    """Make a lake if there is none, ask for the pages, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path, help="keep the lake here, for the next run to ask")
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    parser.add_argument("--only", default="", help="pages with this in their name")
    parser.add_argument("--without-browser", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = arguments.data or Path(folder) / "lake"
        if not data.exists():
            data.mkdir(parents=True)
            lake.generate(data, arguments.traces * _SPANS_OF_A_TRACE)
        found = _some_traces(data)
        with tempfile.TemporaryDirectory(dir=data.parent, prefix="served-") as beside:
            served = Path(shutil.copytree(data, Path(beside) / "lake", copy_function=_copy))
            _measure(served, found, arguments)


def _measure(served: Path, found: Sequence[tuple[str, str]], arguments: argparse.Namespace) -> None:
    command = ["-m", "spanlake", "serve", "--grpc-port", "0", "--http-port", "0"]
    with Server(*command, "--data", str(served)) as server:
        base = f"http://{server.endpoints['http']}"
        for payload in large_traces.many_spans(_MANY_SPANS):
            large_traces.send(base, payload)
        large_traces.send(base, large_traces.long_message(_LONG_MESSAGE))
        _let_rest(server)
        print(f"load of the machine before: {os.getloadavg()[0]:.1f}")
        _ask(server, _questions(found), arguments.rounds, arguments.only)
        if not arguments.without_browser:
            _look(base)
        print(f"\nload after: {os.getloadavg()[0]:.1f};", end=" ")
        print(f"memory of the server at most: {max(server.memory) >> 20} MiB")


if __name__ == "__main__":
    main()
