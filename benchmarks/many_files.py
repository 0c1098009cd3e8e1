"""What it takes to plan a question of one hour over a sealed table of very many files.

    python benchmarks/many_files.py                  # ten thousand files

One real file stands for all of them, under as many names; the log of the table says of each that it
is of another few minutes. So planning is measured, and hardly any reading. Figures are of this
machine and this run.
"""

import argparse
import os
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

import workload
from spanlake.collector.submission import Submission
from spanlake.collector.tabulate import tabulate_spans
from spanlake.storage.hot import HotWriter
from spanlake.storage.lake import Lake
from spanlake.storage.layout import Layout
from spanlake.storage.parquet import encode
from spanlake.storage.schema import SPANS
from spanlake.storage.sealed import delta_log
from spanlake.storage.sealed.delta_log import AddedFile
from spanlake.storage.sealed.delta_table import SealedTable
from spanlake.storage.sealed.sealing import PARTITION
from spanlake.storage.upkeep import Upkeep

_EACH = timedelta(minutes=4)
_ROUNDS = 9
_HOUR = "SELECT count(*) FROM spans WHERE start_time BETWEEN $first AND $last"


def generate(data: Path, files: int) -> datetime:
    """Make such a table; when the first of its files begins."""
    layout = Layout(data)
    (request,) = workload.requests(workload.SPANS_PER_REQUEST)
    submission = Submission.of(request, experiment=None, received_ns=time.time_ns())
    with HotWriter(layout) as writer:
        writer.open_table("spans")
        writer.commit("spans", encode(tabulate_spans([submission]).rows, [], compression_level=1))
    Upkeep(layout).run("spans")
    table = SealedTable(layout.sealed("spans"), SPANS)
    one = table.refresh().added(0)
    begin = datetime.now(UTC) - files * _EACH
    added = [_copy(table, one, begin + number * _EACH, number) for number in range(files)]
    actions = [delta_log.addition(each, PARTITION, is_new_data=True) for each in added]
    if not table.commit("WRITE", actions):
        raise SystemExit("somebody else writes to the table")
    return begin


def _copy(table: SealedTable, one: AddedFile, start: datetime, number: int) -> AddedFile:
    day = f"{start:%Y-%m-%d}"
    path = f"{PARTITION}={day}/{number:08d}.parquet"
    (table.folder / path).parent.mkdir(exist_ok=True)
    os.link(table.folder / one.path, table.folder / path)
    first, last = (
        dict.fromkeys(table.sealing.times, f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}")
        for moment in (start, start + _EACH)
    )
    stats = {"numRecords": one.rows, "minValues": first, "maxValues": last, "nullCount": {}}
    return AddedFile(path, one.size, day, one.rows, orjson.dumps(stats).decode())


def main() -> None:
    """Generate, ask, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    files = parser.parse_args().files
    with tempfile.TemporaryDirectory() as folder:
        first = generate(Path(folder), files) + files // 2 * _EACH
        asked = {"first": first, "last": first + timedelta(hours=1)}
        began = time.perf_counter()
        with Lake(Path(folder), threads=2) as lake:
            lake.rows(_HOUR, asked)
            print(f"{files:,} files: opened and first asked in {_ms(began):.0f} ms")
            spent, worked = [], []
            for _ in range(_ROUNDS):
                began, cpu = time.perf_counter(), time.process_time()
                lake.rows(_HOUR, asked)
                spent.append(_ms(began))
                worked.append((time.process_time() - cpu) * 1000)
            print(
                f"asked again: {statistics.median(spent):.0f} ms, of the processor "
                f"{statistics.median(worked):.0f} ms"
            )


def _ms(began: float) -> float:
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
