"""Questions of a large lake, beside the same questions of the same rows in SQLite, in one run.

    python benchmarks/lake.py --data lake10m         # ten million spans: an hour, 5 GB
    python benchmarks/lake.py --data lake10m         # the questions again
    python benchmarks/lake.py --spans 1000000 --sqlite
    python benchmarks/lake.py --data lake10m --sqlite spans.db    # filled at first: 30 GB

SQLite has a row a span with its attributes as JSON text, as peers keep them, and indexes on trace
and start. Every answer is the median of five, warm, on two cores. Figures are of this machine and
this run; processor time is told beside the time that passed, as others may be at work as well.
"""

import argparse
import resource
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa

import workload
from spanlake.collector.submission import Submission
from spanlake.collector.tabulate import tabulate_spans
from spanlake.storage.hot import HotWriter
from spanlake.storage.lake import Lake
from spanlake.storage.layout import Layout
from spanlake.storage.parquet import encode
from spanlake.storage.schema import SPANS
from spanlake.storage.upkeep import Upkeep

_TEMPLATE_SPANS = 49_152
_DAYS = 30
_ROUNDS = 5
_THREADS = 2
# A copy of the template has other ids, and began at another time of the month: more of them lately.
_COPY = """
SELECT * REPLACE (
    md5(trace_id || $copy) AS trace_id,
    left(md5(span_id || $copy), 16) AS span_id,
    left(md5(parent_span_id || $copy), 16) AS parent_span_id,
    response_id || '-' || $copy AS response_id,
    start_time + to_microseconds($shift) AS start_time,
    end_time + to_microseconds($shift) AS end_time,
    start_time_ns + $shift * 1000 AS start_time_ns,
    end_time_ns + $shift * 1000 AS end_time_ns,
    received_at + to_microseconds($shift) AS received_at
)
FROM template
"""


class Question(NamedTuple):
    """What is asked of both, or of the lake alone. bound: milliseconds asked for, if any."""

    name: str
    bound: int | None
    lake: str
    sqlite: str | None


# Its values are its own: an id and times that were read from the lake.
# ruff: noqa: S608
def _questions(trace_id: str, day: datetime) -> list[Question]:
    start_ns = int(day.timestamp()) * 10**9
    end_ns = start_ns + 86_400 * 10**9
    bounds = (
        f"start_time >= '{day.isoformat()}' AND start_time < '{(day + timedelta(1)).isoformat()}'"
    )
    return [
        Question(
            "p95 latency, tokens and cost per model and hour, all",
            1000,
            "SELECT model, date_trunc('hour', start_time), quantile_cont(duration_ms, 0.95), "
            "sum(total_tokens), sum(cost_usd) FROM llm_calls GROUP BY ALL",
            "SELECT attributes ->> 'gen_ai.request.model' AS model, start_ns / 3600000000000, "
            "max(end_ns - start_ns), sum(attributes ->> 'gen_ai.usage.input_tokens'), count(*) "
            "FROM spans WHERE model IS NOT NULL GROUP BY 1, 2",
        ),
        Question(
            "newest 100 traces with their totals",
            100,
            "FROM traces ORDER BY start_time DESC LIMIT 100",
            "SELECT trace_id, min(start_ns) AS began, count(*), "
            "sum(attributes ->> 'gen_ai.usage.input_tokens') FROM spans "
            "WHERE trace_id IN (SELECT trace_id FROM spans WHERE parent_span_id IS NULL "
            "ORDER BY start_ns DESC LIMIT 100) GROUP BY trace_id ORDER BY began DESC",
        ),
        Question(
            "one trace by id",
            50,
            f"SELECT span_id, name, input, output FROM spans WHERE trace_id = '{trace_id}'",
            f"SELECT * FROM spans WHERE trace_id = '{trace_id}'",
        ),
        Question(
            "totals of one trace by id", 50, f"FROM traces WHERE trace_id = '{trace_id}'", None
        ),
        Question(
            "model calls of one trace by id, with texts",
            None,
            f"SELECT input, output, cost_usd FROM llm_calls WHERE trace_id = '{trace_id}'",
            None,
        ),
        Question(
            "newest 10 model calls with texts",
            None,
            "FROM llm_calls ORDER BY start_time DESC LIMIT 10",
            None,
        ),
        Question(
            "text in inputs of one day",
            1000,
            f"SELECT count(*) FROM spans WHERE {bounds} AND input ILIKE '%refund%'",
            "SELECT count(*) FROM spans WHERE attributes LIKE '%refund%' "
            f"AND start_ns BETWEEN {start_ns} AND {end_ns}",
        ),
        Question(
            "text in inputs of the model calls of one day",
            None,
            f"SELECT count(*) FROM llm_calls WHERE {bounds} AND input ILIKE '%refund%'",
            None,
        ),
    ]


def generate(data: Path, spans: int) -> None:
    """Fill a lake with so many spans of the last thirty days, sealed and summed up."""
    submissions = [
        Submission.of(each, experiment=None, received_ns=time.time_ns())
        for each in workload.requests(_TEMPLATE_SPANS)
    ]
    connection = duckdb.connect()
    connection.register("template", tabulate_spans(submissions).rows)
    copies = max(1, round(spans / _TEMPLATE_SPANS))
    layout = Layout(data)
    upkeep = Upkeep(layout, threads=2)
    for copy in range(copies):
        # Twice as many in the second half of the month.
        age = _DAYS * (1 - ((copy + 0.5) / copies) ** 0.5)
        shift = -round(age * 86_400 * 1_000_000)
        rows = connection.sql(_COPY, params={"copy": str(copy), "shift": shift})
        table = pa.table(rows.to_arrow_table()).cast(SPANS)
        with HotWriter(layout) as writer:
            writer.open_table("spans")
            writer.commit("spans", encode(table, [], compression_level=1))
        if copy % 4 == 3:
            upkeep.run("spans")
            upkeep.tidy("spans", hot_grace=-1.0, sealed_grace_hours=0)
    upkeep.run("spans")
    upkeep.sum_up()
    upkeep.tidy("spans", hot_grace=-1.0, sealed_grace_hours=0)


def into_sqlite(data: Path, path: Path) -> None:
    """Copy the spans of a lake into SQLite, as peers have them."""
    with Lake(data) as lake, sqlite3.connect(path) as database:
        database.execute(
            "CREATE TABLE spans (trace_id TEXT, span_id TEXT, parent_span_id TEXT, name TEXT, "
            "start_ns INTEGER, end_ns INTEGER, status TEXT, attributes TEXT)"
        )
        rows = lake.sql(
            "SELECT trace_id, span_id, parent_span_id, name, start_time_ns, end_time_ns, "
            "status_code, to_json(attributes)::VARCHAR FROM spans"
        )
        for batch in rows.to_arrow_reader(20_000):
            some = zip(*(column.to_pylist() for column in batch.columns), strict=True)
            database.executemany("INSERT INTO spans VALUES (?, ?, ?, ?, ?, ?, ?, ?)", some)
        database.execute("CREATE INDEX by_trace ON spans (trace_id)")
        database.execute("CREATE INDEX by_start ON spans (start_ns)")


class Spent(NamedTuple):
    """Milliseconds that passed, and of processor time; medians."""

    passed: float
    processor: float


def _spent(ask: Callable[[], object]) -> Spent:
    ask()
    passed, processor = [], []
    for _ in range(_ROUNDS):
        began, worked = time.perf_counter(), time.process_time()
        ask()
        passed.append(time.perf_counter() - began)
        processor.append(time.process_time() - worked)
    return Spent(statistics.median(passed) * 1000, statistics.median(processor) * 1000)


def _ask_lake(lake: Lake, query: str) -> None:
    lake.rows(query)


def _ask_sqlite(database: sqlite3.Connection, query: str) -> None:
    database.execute(query).fetchall()


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def main() -> None:
    """Generate, ask, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=10_000_000)
    parser.add_argument(
        "--sqlite",
        type=Path,
        nargs="?",
        const=Path(),
        metavar="FILE",
        help="ask SQLite, too: 3 GB a million; keep them in this file, for the next run to ask",
    )
    parser.add_argument("--data", type=Path, help="keep the lake here, for the next run to ask")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = arguments.data or Path(folder) / "lake"
        if not data.exists():
            data.mkdir(parents=True)
            began = time.perf_counter()
            generate(data, arguments.spans)
            print(f"generated in {time.perf_counter() - began:.0f} s")
        database = None
        if arguments.sqlite is not None:
            path = Path(folder) / "spans.sqlite" if arguments.sqlite == Path() else arguments.sqlite
            if not path.exists():
                began = time.perf_counter()
                into_sqlite(data, path)
                print(f"filled SQLite in {time.perf_counter() - began:.0f} s")
            database = sqlite3.connect(path)
        with Lake(data, threads=_THREADS) as lake:
            count, trace_id, day = lake.sql(
                "SELECT count(*), max(trace_id), "
                "date_trunc('day', max(start_time)) - INTERVAL 3 DAY FROM spans"
            ).fetchall()[0]
            files = len(list((data / "spans" / "sealed").glob("date=*/*.parquet")))
            print(f"{count:,} spans in {files} files, {_size(data) / count:.0f} bytes a span")
            if database is not None:
                print(f"SQLite: {path.stat().st_size / count:.0f} bytes a span")
            print("| question | asked for, ms | Spanlake, ms | of processor time | SQLite, ms |")
            print("| --- | --- | --- | --- | --- |")
            for question in _questions(trace_id, day.astimezone(UTC)):
                ours = _spent(partial(_ask_lake, lake, question.lake))
                theirs = "-"
                if database is not None and question.sqlite is not None:
                    asked = partial(_ask_sqlite, database, question.sqlite)
                    theirs = f"{_spent(asked).passed:.0f}"
                print(
                    f"| {question.name} | {question.bound or '-'} | {ours.passed:.0f}"
                    f" | {ours.processor:.0f} | {theirs} |",
                    flush=True,
                )
        print(f"memory at most: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")


if __name__ == "__main__":
    main()
