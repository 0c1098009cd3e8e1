"""Answers that take too long."""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from spanlake.cli.sql.answer import print_table, write_answer
from spanlake.storage.lake import Lake
from spanlake.storage.query import InterruptedQueryError

ENDLESS = "SELECT sum(a.range * b.range % 7) FROM range(10000000) AS a, range(1000000) AS b"
ROWS = "SELECT range AS n FROM range(1000000000000)"
NOWHERE = Path(os.devnull)

Answer = Callable[[Lake], None]


@pytest.mark.parametrize(
    "answer",
    [
        lambda lake: print_table(lake, ENDLESS),
        lambda lake: write_answer(lake, ENDLESS, "csv", NOWHERE),
        lambda lake: write_answer(lake, ROWS, "csv", NOWHERE),
        lambda lake: write_answer(lake, ROWS, "parquet", NOWHERE),
    ],
    ids=["table", "csv before a row", "csv midway", "parquet midway"],
)
def test_ctrl_c_ends_a_query(data: Path, answer: Answer) -> None:
    """Ctrl-C ends a query, before its first row and after, and the next one answers."""
    timer = threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT])
    with Lake(data) as lake:
        timer.start()
        with pytest.raises(InterruptedQueryError):
            answer(lake)
        assert lake.sql("SELECT 1").fetchall() == [(1,)]
    timer.join()
