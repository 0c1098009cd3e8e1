"""Every point of upkeep fails, or is the last: readers see every row once, all along."""

import errno
import hashlib
import shutil
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl
import pytest
from chance import chance
from dying import upkeep_that_dies, upkeep_that_fails
from invariants import quiet
from rows import Row, span, write
from tally import Family, Tally

import spanlake
from spanlake.storage.layout import Layout
from spanlake.storage.upkeep import Upkeep
from spanlake.storage.verify import verify

DAY_MS = 86_400_000
COMMITS, SPANS, DAYS = 12, 20, 3
ROWS = COMMITS * SPANS
DOOMED = "d" * 32
WORKS = {
    "seal": ["seal"],
    "compact": ["seal", "compact"],
    "tidy": ["seal", "compact", "tidy"],
    "delete": ["seal", "delete"],
    "retain": ["seal", "retain"],
    "sample": ["seal", "sample"],
}
STAYS = {"seal", "compact", "tidy"}
GRACEFUL = {"seal", "compact", "sample"}
ERRORS = (errno.EIO, errno.ENOSPC, errno.EMFILE)
WEIGHTS = """
SELECT min(span.sample_weight), max(span.sample_weight), any_value(trace.total)
FROM spans AS span, (SELECT sum(sample_weight) AS total FROM traces) AS trace
"""
# Between two looks, so that there is time for the work, too.
_PAUSE = 0.02
COUNT = "SELECT count(*), count(DISTINCT span_id), count(*) FILTER (trace_id = ?) FROM spans"


def trace_of(number: int) -> str:
    return DOOMED if number % SPANS == 0 else f"{number // 5:032x}"


def is_sampled(number: int) -> bool:
    """Whether a span's trace is of the half that stays."""
    digest = hashlib.md5(trace_of(number).encode(), usedforsecurity=False).hexdigest()
    return int(digest[:13], 16) / 2**52 < 0.5


SAMPLED = [number for number in range(ROWS) if is_sampled(number)]


def row(number: int) -> Row:
    trace = trace_of(number)
    day = number % DAYS
    return span(
        f"{number:016x}",
        trace_id=trace,
        start_ms=day * DAY_MS + number,
        received_ms=day * DAY_MS + number,
        input=f"question {number}" * 20,
    )


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of some sealed files a day, and of hot files of which some are sealed."""
    data = tmp_path_factory.mktemp("prepared")
    upkeep = Upkeep(Layout(data))
    for commit in range(COMMITS):
        write(data, *(row(commit * SPANS + at) for at in range(SPANS)))
        if commit in {3, 6, 8}:
            upkeep.run("spans", fanout=1 << 30)
    return data


@contextmanager
def watched(data: Path, name: str) -> Iterator[list[str]]:
    """Ask again and again how many rows there are; what was wrong with the answers."""
    wrong: list[str] = []
    done = threading.Event()

    def watch() -> None:
        least = ROWS
        with spanlake.connect(data) as lake:
            while not done.wait(_PAUSE):
                try:
                    found = lake.sql(COUNT, [DOOMED]).fetchall()[0]
                except duckdb.IOException:
                    # What goes at once may go under a query that is planned: it fails as a whole.
                    if name in GRACEFUL:
                        raise
                    continue
                rows, distinct, _ = found
                if rows != distinct or rows > least or (name in STAYS and rows != ROWS):
                    wrong.append(f"{found} after {least}")
                least = min(least, rows)

    reader = threading.Thread(target=watch)
    reader.start()
    try:
        yield wrong
    finally:
        done.set()
        reader.join()


def check_after(data: Path, name: str) -> None:
    """What is there when the work has been finished, whoever died before."""
    with spanlake.connect(data) as lake:
        rows, distinct, doomed = lake.sql(COUNT, [DOOMED]).fetchall()[0]
        weights = lake.sql(WEIGHTS).fetchall()[0]
    gone = {"delete": ROWS - COMMITS, "retain": 0, "sample": len(SAMPLED)}
    expected = gone.get(name, ROWS)
    assert (rows, distinct) == (expected, expected)
    if name == "sample":
        assert doomed == sum(trace_of(number) == DOOMED for number in SAMPLED)
        # Nothing has been weighted twice, in rows or in sums.
        assert weights == (2.0, 2.0, 2.0 * len({trace_of(number) for number in SAMPLED}))
    else:
        assert doomed == (COMMITS if name in STAYS else 0)
    assert verify(Layout(data), progress=quiet).damage == ()
    sealed = pl.scan_delta(str(Layout(data).sealed("spans"))).select(pl.len()).collect().item()
    assert sealed == expected


def killed_at(prepared: Path, data: Path, name: str, fatal: int, again: int) -> None:
    """Kill the work at one step, what takes it up again at another, and let it then be finished."""
    shutil.copytree(prepared, data)
    with watched(data, name) as wrong:
        for step in (fatal, again, 0):
            upkeep_that_dies(data, WORKS[name], fatal=step, doomed=DOOMED)
    assert wrong == []
    check_after(data, name)
    shutil.rmtree(data)


def points_of(prepared: Path, data: Path, name: str) -> list[str]:
    """The points of all steps of the work, done to its end."""
    shutil.copytree(prepared, data)
    points = upkeep_that_dies(data, WORKS[name], fatal=0, doomed=DOOMED)
    check_after(data, name)
    assert points
    return points


def steps_of_its_points(prepared: Path, folder: Path, name: str) -> list[int]:
    """The first step, the last and another of each point that no earlier work passes."""
    points = points_of(prepared, folder / "whole", name)
    shutil.copytree(prepared, folder / "before")
    before = upkeep_that_dies(folder / "before", WORKS[name][:-1], fatal=0)
    assert before is not None
    by_chance = chance(f"points of {name}")
    steps: dict[str, list[int]] = defaultdict(list)
    for step, point in enumerate(points, 1):
        if point not in before:
            steps[point].append(step)
    return sorted({at for of in steps.values() for at in (of[0], of[-1], by_chance.choice(of))})


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow if name == "sample" else ()) for name in WORKS],
)
def test_a_kill_at_some_steps(name: str, prepared: Path, tmp_path: Path) -> None:
    """At some steps of the work, and of what takes it up again, no row goes or doubles."""
    by_chance = chance(f"upkeep {name}")
    steps = len(points_of(prepared, tmp_path / "whole", name))
    fatal, again = (by_chance.choice([1, -1]) * by_chance.randint(1, steps) for _ in range(2))
    killed_at(prepared, tmp_path / "killed", name, fatal, again)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", WORKS)
def test_a_kill_at_every_point(name: str, prepared: Path, tmp_path: Path, tally: Tally) -> None:
    """Before and after every point of the work, and of its repetition, no row goes or doubles."""
    steps = steps_of_its_points(prepared, tmp_path, name)
    for step in steps:
        for side in (step, -step):
            killed_at(prepared, tmp_path / str(side), name, side, -side)
    # And where what takes it up again comes so far, another kill in there.
    tally(Family.KILL_AT_STEP, 2 * len(steps), spans=ROWS)


def failed_at(prepared: Path, data: Path, name: str, at: int, error: int) -> None:
    """Let one step of the work fail, and do it again without."""
    shutil.copytree(prepared, data)
    with watched(data, name) as wrong:
        upkeep_that_fails(data, WORKS[name], at=at, error=error, doomed=DOOMED)
        upkeep_that_dies(data, WORKS[name], fatal=0, doomed=DOOMED)
    assert wrong == []
    check_after(data, name)
    shutil.rmtree(data)


@pytest.mark.parametrize("name", ["compact", "delete"])
def test_a_failure_of_some_step(name: str, prepared: Path, tmp_path: Path) -> None:
    """When a step of the work fails no row goes or doubles, and the next time it is done."""
    by_chance = chance(f"failing {name}")
    at = by_chance.randint(1, 30)
    failed_at(prepared, tmp_path / "failed", name, at, by_chance.choice(ERRORS))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", WORKS)
def test_a_failure_of_every_point(name: str, prepared: Path, tmp_path: Path, tally: Tally) -> None:
    """When a step of any point of the work fails no row goes or doubles."""
    by_chance = chance(f"failing {name} everywhere")
    steps = steps_of_its_points(prepared, tmp_path, name)
    for at in steps:
        failed_at(prepared, tmp_path / str(at), name, at, by_chance.choice(ERRORS))
    tally(Family.FAILED_CALL, len(steps), spans=ROWS)
