"""Evaluation: rows a second beside MLflow, SQL scorers, judges, going on, and memory.

    python benchmarks/evaluation.py                               # all but MLflow, in minutes
    python benchmarks/evaluation.py --mlflow VENV/bin/python      # an environment with MLflow
    python benchmarks/evaluation.py --only judges

Each measurement is in a process of its own. Figures are of this machine and this run.
"""

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

import workload
from spanlake.collector.submission import Submission
from spanlake.collector.tabulate import tabulate_spans
from spanlake.evaluation.evaluate import evaluate
from spanlake.evaluation.score import score
from spanlake.evaluation.scorers import scorer
from spanlake.evaluation.scorers.judges.responses import Safety
from spanlake.evaluation.scorers.sql import SqlScorer
from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout
from spanlake.storage.parquet import encode
from spanlake.storage.schema import SPANS
from spanlake.storage.upkeep import Upkeep
from spanlake.testing import Answer, ModelServer

_ROWS = 1_000
_MANY = 100_000
_TRACES = 1_000_000
_JUDGES = 200
_WARM_UP = 10
_SPENT_BY_MLFLOW = re.compile(r"seconds=(?P<seconds>\S+) cpu=(?P<cpu>\S+) version=(?P<version>\S+)")
_HERE = Path(__file__).parent
# One span a trace, of the template's roots.
_COPY = """
SELECT * REPLACE (
    md5(trace_id || $copy) AS trace_id,
    left(md5(span_id || $copy), 16) AS span_id,
    start_time + to_seconds($copy) AS start_time,
    end_time + to_seconds($copy) AS end_time,
    start_time_ns + $copy::BIGINT * 1000000000 AS start_time_ns,
    end_time_ns + $copy::BIGINT * 1000000000 AS end_time_ns
)
FROM template
WHERE parent_span_id IS NULL
"""


@scorer
def exact(outputs: str, expectations: dict[str, str]) -> bool:
    """Whether the answer is the expected one."""
    return outputs == expectations["expected_response"]


@scorer
def length(outputs: str) -> int:
    """How long the answer is."""
    return len(outputs)


def rows(count: int) -> list[dict[str, Any]]:
    """Prepared rows, as `mlflow_evaluate.py` has them."""
    return [
        {
            "inputs": {"question": f"What is {number}?"},
            "outputs": f"It is {number}.",
            "expectations": {"expected_response": f"It is {number - number % 7}."},
        }
        for number in range(count)
    ]


def harness(folder: Path) -> str:
    """A thousand rows, as MLflow is asked; and what each row adds, of ten thousand more."""
    evaluate(rows(_WARM_UP), None, [exact, length], lake=folder)
    few = _spent(partial(evaluate, rows(_ROWS), None, [exact, length], lake=folder))
    many = _spent(partial(evaluate, rows(11 * _ROWS), None, [exact, length], lake=folder))
    wall, cpu = (many.seconds - few.seconds) / 10, (many.cpu - few.cpu) / 10
    return (
        f"{_ROWS:,} rows, two scorers: {few.seconds:.2f} s, {_ROWS / few.seconds:,.0f} rows/s, "
        f"of the processor {few.cpu:.2f} s; each further row {wall:.2f} ms, of the processor "
        f"{cpu:.2f} ms"
    )


def judges(folder: Path) -> str:
    """Calls of a second each, two hundred at once: one wave of them, and five."""
    said = []
    with _model() as url:
        for waves in (1, 5):
            judge = Safety(name=f"safety_{waves}", model=f"{url}#gpt-4o-mini")
            count = waves * _JUDGES
            asked = [{"inputs": {"n": n}, "outputs": f"{waves} {n}"} for n in range(count + 1)]
            evaluate(asked[:1], None, [judge], lake=folder)
            ask = partial(evaluate, scorer_concurrency=_JUDGES, lake=folder)
            spent = _spent(partial(ask, asked[1:], None, [judge]))
            said.append(f"{count} calls {spent.seconds:.2f} s (ideal {waves} s)")
    return f"{_JUDGES} calls of 1 s at once: " + ", ".join(said)


def sql_scorer(folder: Path) -> str:
    """One SELECT over a million traces, each verdict kept."""
    count = traces(folder, _TRACES)
    query = "SELECT trace_id, duration_ms <= 5000 AS value, name AS rationale FROM traces"
    slow = SqlScorer(name="slow", query=query)
    spent = _spent(partial(score, [slow], lake=folder))
    again = _spent(partial(score, [slow], lake=folder))
    return (
        f"{count:,} traces by SQL: {spent.seconds:.2f} s, of the processor {spent.cpu:.2f} s; "
        f"again, with nothing to do: {again.seconds:.2f} s"
    )


def going_on(folder: Path) -> str:
    """A run of a hundred thousand rows, half of it done: the time to the first new verdict."""
    half = evaluate(rows(_MANY // 2), None, [exact], lake=folder)
    began = [0.0]

    @scorer(name="exact")
    def first(outputs: str, expectations: dict[str, str]) -> bool:
        began[0] = began[0] or time.perf_counter()
        return outputs == expectations["expected_response"]

    given = rows(_MANY)
    # For the run it is the scorer that has judged the first half.
    first.__dict__["digest"] = exact.digest
    start = time.perf_counter()
    done = evaluate(given, None, [first], run_id=half.run_id, lake=folder)
    return (
        f"{done.row_count:,} rows, half of them done: going on takes {began[0] - start:.2f} s to "
        "the first verdict"
    )


def memory(folder: Path, count: int) -> str:
    """The most memory that the answers of a run of so many rows take when they are judged again."""
    run = evaluate(rows(count), None, [exact], lake=folder)
    command = [sys.executable, __file__, "--child", "rescore", "--run", run.run_id]
    done = subprocess.run(
        [*command, "--data", folder], check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def rescore(folder: Path, run_id: str) -> str:
    """Judge a run again, and say what memory that took."""
    evaluate(f"run:{run_id}", None, [exact, length], lake=folder)
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB"


def traces(folder: Path, count: int) -> int:
    """Fill a lake with traces of one span each, sealed and summed up; how many those are."""
    template = [
        Submission.of(each, experiment=None, received_ns=time.time_ns())
        for each in workload.requests(6 * 8_192)
    ]
    connection = duckdb.connect()
    connection.register("template", tabulate_spans(template).rows)
    layout, stored, copy = Layout(folder), 0, 0
    upkeep = Upkeep(layout, threads=2)
    while stored < count:
        made = connection.sql(_COPY, params={"copy": copy}).to_arrow_table()
        table = pa.table(made).cast(SPANS)[: count - stored]
        with HotWriter(layout) as writer:
            writer.open_table("spans")
            writer.commit("spans", encode(table, [], compression_level=1))
        stored, copy = stored + len(table), copy + 1
        if copy % 8 == 0:
            upkeep.run("spans")
    upkeep.run("spans")
    upkeep.sum_up()
    upkeep.tidy("spans", hot_grace=-1.0, sealed_grace_hours=0)
    return stored


@contextmanager
def _model() -> Iterator[str]:
    """A model in a process of its own that takes a second for each answer; gives its URL."""
    command = [sys.executable, __file__, "--child", "model"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101  # for the type checker
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def serve_model() -> None:
    """Be that model."""
    answer = Answer({"rationale": "It is.", "verdict": "yes"}, delay=1.0)
    with ModelServer(answer) as server:
        print(server.openai_url, flush=True)
        time.sleep(3600)


def mlflow(python: str) -> str:
    """The same thousand rows in MLflow, once: that takes minutes."""
    command = [python, str(_HERE / "mlflow_evaluate.py"), str(_ROWS)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = _SPENT_BY_MLFLOW.search(done.stdout)
    assert found is not None, done.stdout  # noqa: S101  # else it prints something else now
    seconds = float(found["seconds"])
    return (
        f"MLflow {found['version']}, {_ROWS:,} rows: {seconds:.2f} s, {_ROWS / seconds:,.0f} "
        f"rows/s, of the processor {float(found['cpu']):.2f} s"
    )


_MEASUREMENTS: dict[str, Callable[[Path], str]] = {
    "harness": harness,
    "judges": judges,
    "sql": sql_scorer,
    "resume": going_on,
}


class _Spent(NamedTuple):
    """What something took: seconds, and seconds of processor time in all threads."""

    seconds: float
    cpu: float


def _spent(work: Callable[[], object]) -> _Spent:
    began, cpu = time.perf_counter(), time.process_time()
    work()
    return _Spent(time.perf_counter() - began, time.process_time() - cpu)


def _child(name: str, *arguments: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--child", name, "--data", folder, *arguments]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def _be(given: argparse.Namespace) -> None:
    """Be the child that was asked for."""
    match given.child:
        case "model":
            serve_model()
        case "memory":
            print(memory(given.data, given.rows))
        case "rescore":
            print(rescore(given.data, given.run))
        case name:
            print(_MEASUREMENTS[name](given.data))


def main() -> None:
    """Measure, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=[*_MEASUREMENTS, "memory", "mlflow"])
    parser.add_argument("--mlflow", metavar="PYTHON", help="of an environment with MLflow")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--run", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child is not None:
        _be(given)
        return
    print(f"load of the machine: {os.getloadavg()[0]:.1f} of {os.cpu_count()}")
    for name in _MEASUREMENTS:
        if given.only in (None, name):
            print(_child(name))
    if given.only in (None, "memory"):
        for count in (_MANY // 10, _MANY):
            print(f"{count:,} rows judged again: {_child('memory', '--rows', str(count))} at most")
    if given.mlflow and given.only in (None, "mlflow"):
        print(mlflow(given.mlflow))


if __name__ == "__main__":
    main()
