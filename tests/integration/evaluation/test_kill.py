"""Evaluations whose process dies, and that are gone on with."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from rows import span, write
from server import wait_until

import spanlake
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.location import default_location
from spanlake.storage.catalog.runs import get_run

SUPPORT = Path(__file__).parents[2] / "support"
PROGRAM = SUPPORT / "evaluated.py"
ROWS = 240
# Ten calls of the app and ten of scorers at once, each scorer for itself.
IN_FLIGHT = {"predict": 10, "judge": 10, "picky": 10}


@pytest.mark.parametrize(
    "kills",
    [(300,), pytest.param((100, 200, 330, 450, 600, 700), marks=pytest.mark.slow)],
    ids=["once", "often"],
)
def test_a_killed_evaluation_goes_on(tmp_path: Path, kills: tuple[int, ...]) -> None:
    """After kill -9 every row and verdict is there once, and only calls in flight came twice."""
    data, calls = tmp_path / "data", tmp_path / "calls"
    arguments: list[str] = []
    for kill_at in kills:
        process = subprocess.Popen(command(data, calls, *arguments))
        wait_until(lambda at=kill_at: noted(calls) >= at, seconds=30)  # type: ignore[misc]  # a default
        process.kill()
        process.wait()
        with Catalog.open(default_location(data)) as catalog:
            run = get_run(catalog, "killed")
        assert run.state == "running"
        arguments = [run.run_id]
    done = subprocess.run(
        command(data, calls, *arguments), check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == [run.run_id, "1.0", str(ROWS)]

    with spanlake.connect(data) as lake:
        stored = lake.sql(
            "SELECT kind, count(*), count(DISTINCT (record_id, scorer_digest))"
            " FROM lake.run_results GROUP BY kind ORDER BY kind"
        ).fetchall()
        traces = lake.sql(
            "SELECT count(*), count(DISTINCT run.trace_id) FROM run_results AS run"
            " JOIN traces USING (trace_id) WHERE kind = 'row'"
        ).fetchall()
        assessed = lake.sql("SELECT name, count(*) FROM assessments GROUP BY ALL ORDER BY ALL")
        assert stored == [("row", ROWS, ROWS), ("verdict", 2 * ROWS, 2 * ROWS)]
        assert traces == [(ROWS, ROWS)]
        assert assessed.fetchall() == [("judge", ROWS), ("picky", ROWS)]
    counts = Counter(line.split()[0] for line in calls.read_text().splitlines())
    for what, in_flight in IN_FLIGHT.items():
        assert ROWS <= counts[what] <= ROWS + len(kills) * in_flight


@pytest.mark.slow
def test_killed_scoring_goes_on(tmp_path: Path) -> None:
    """After kill -9 the same command scores what is left, and only what was in flight again."""
    data, calls = tmp_path / "data", tmp_path / "calls"
    ids = [f"{number:032x}" for number in range(ROWS)]
    write(data, *(span("1" * 16, trace_id=each, input="a", output="b") for each in ids))
    scoring = [sys.executable, str(SUPPORT / "scored.py"), str(data), str(calls)]
    for kill_at in (40, 120):
        process = subprocess.Popen(scoring)
        wait_until(lambda at=kill_at: noted(calls) >= at, seconds=60)  # type: ignore[misc]  # a default
        process.kill()
        process.wait()
    subprocess.run(scoring, check=True, capture_output=True)
    with spanlake.connect(data) as lake:
        judged = lake.sql("SELECT count(*), count(DISTINCT trace_id) FROM ledger").fetchall()
        states = lake.sql("SELECT state FROM runs ORDER BY started_at").fetchall()
    assert judged == [(ROWS, ROWS)]
    assert states == [("stopped",), ("stopped",), ("finished",)]
    assert ROWS <= noted(calls) <= ROWS + 2 * IN_FLIGHT["judge"]


def command(data: Path, calls: Path, *arguments: str) -> list[str]:
    return [sys.executable, str(PROGRAM), str(data), str(calls), str(ROWS), *arguments]


def noted(calls: Path) -> int:
    return len(calls.read_text().splitlines()) if calls.exists() else 0
