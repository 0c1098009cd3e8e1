"""Runs that are read a page at a time, and gone on with."""

from pathlib import Path
from typing import Any

import pytest

import spanlake
from spanlake.evaluation.evaluate import evaluate
from spanlake.evaluation.scorers import scorer
from spanlake.storage.runs import reading

ROWS: list[dict[str, Any]] = [
    {"inputs": {"number": number}, "outputs": str(number), "expectations": {"even": "yes"}}
    for number in range(30)
]
ASKED: list[str] = []


@scorer
def even(outputs: str) -> bool:
    """Whether the number is even."""
    return int(outputs) % 2 == 0


@scorer
def counted(outputs: str) -> int:
    """The number; it notes that it was asked."""
    ASKED.append(outputs)
    return int(outputs)


def stored(data: Path, run_id: str) -> list[tuple[Any, ...]]:
    with spanlake.connect(data) as lake:
        return lake.sql(
            "SELECT position, record_id, outputs::VARCHAR FROM run_results"
            " WHERE run_id = $run_id AND kind = 'row' ORDER BY ALL",
            {"run_id": run_id},
        ).fetchall()


def test_pages_are_as_good_as_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read in small pages a run has the same rows, metrics and verdict as read at once."""
    whole = evaluate(ROWS, None, [even, counted], lake=tmp_path)
    monkeypatch.setattr(reading, "_PAGE", 7)
    monkeypatch.setattr(reading, "_RESULTS_A_PAGE", 8)
    again = evaluate(f"run:{whole.run_id}", None, [even, counted], lake=tmp_path)
    assert again.metrics == whole.metrics == {"even/mean": 0.5, "counted/mean": 14.5}
    assert (again.passed, again.reason) == (whole.passed, "even fails 15 of 30")
    assert (again.row_count, again.error_count) == (30, 0)
    assert stored(tmp_path, again.run_id) == stored(tmp_path, whole.run_id)


def test_only_what_is_left_is_done(tmp_path: Path) -> None:
    """A run that goes on asks for no verdict again, however its rows are written down."""
    half = evaluate(ROWS[:15], None, [counted], lake=tmp_path, repetitions=2)
    ASKED.clear()
    more = [{**row, "tags": {"kind": "number"}} for row in reversed(ROWS)]
    done = evaluate(more, None, [counted], run_id=half.run_id, lake=tmp_path)
    assert sorted(ASKED, key=int) == [str(number) for number in range(15, 30) for _ in range(2)]
    assert (done.row_count, done.metrics) == (60, {"counted/mean": 14.5})
    ASKED.clear()
    both = evaluate(more, None, [even, counted], run_id=half.run_id, lake=tmp_path)
    assert not ASKED
    assert both.metrics == {"even/mean": 0.5, "counted/mean": 14.5}
