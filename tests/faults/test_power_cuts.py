"""Power cuts: whatever a disk may hold after one, what was acknowledged is in it, once."""

import os
import shutil
import sys
from pathlib import Path
from random import Random
from typing import Any

import life
import pytest
from call_record import Change, Said, record
from chance import chance
from dying import do_upkeep
from invariants import quiet
from power_cut import MOODS, Mood, acknowledged, after_power_cut
from rows import span, write
from tally import Family, Tally

import spanlake
from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout
from spanlake.storage.verify import verify

FEW, MANY = 8, int(os.environ.get("SPANLAKE_POWER_CUTS") or 1_000)
# Every so often the lake goes on after the cut, which takes longer than to look at it.
GOES_ON = 4
ROWS = "SELECT span_id, trace_id, input FROM spans"


@pytest.fixture(scope="module")
def life_of_a_lake(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[Change]]:
    """Where a lake lived, and everything it asked of the disk."""
    place = tmp_path_factory.mktemp("recorded")
    data = place / "data"
    paths = os.pathsep.join(path for path in sys.path if path)
    changes = record(life.__file__, data, place, {**os.environ, "PYTHONPATH": paths})
    said = acknowledged(changes)
    assert said == [step for step in steps() if step], said
    return str(data), changes


def steps() -> list[str]:
    """What a life says that it has done."""
    said = []
    for commit in range(life.COMMITS):
        said.append(f"commit {commit}")
        if commit in life.SEALED_AFTER:
            said.append("seal")
    return [*said, *life.CLOSING]


def check(data: Path, said: list[str]) -> None:
    """Hold a lake after a power cut against what its program had said by then."""
    commits = [int(step.split()[1]) for step in said if step.startswith("commit ")]
    # The commit that was made when the power went is there whole, or not.
    on_its_way = commits[-1] + 1 if commits else 0
    rows = found(data)
    assert len({row[0] for row in rows}) == len(rows), "a span is there twice"
    for commit in range(life.COMMITS):
        sent = {(row["span_id"], row["trace_id"], row["input"]) for row in life.rows_of(commit)}
        doomed = {row for row in sent if row[1] == life.DOOMED}
        there = {row for row in rows if int(row[0][:8], 16) == commit}
        if "delete" in said:
            assert there == sent - doomed
        elif "compact" in said:  # the deletion may have begun
            assert sent - doomed <= there <= sent
        elif commit in commits:
            assert there == sent
        else:
            assert there in (set(), sent)
            assert not there or commit == on_its_way


def found(data: Path) -> set[tuple[Any, ...]] | list[tuple[Any, ...]]:
    """The rows that SQL shows."""
    with spanlake.connect(data) as lake:
        return lake.sql(ROWS).fetchall()


def cut(
    recorded: tuple[str, list[Change]], at: int, mood: Mood, source: Random, data: Path
) -> None:
    """Cut the power after so many changes, start again on what is left, and check it."""
    root, changes = recorded
    after_power_cut(changes[:at], mood, source).build(root, data)
    said = acknowledged(changes[:at])
    with HotWriter(Layout(data)) as writer:
        writer.open_table("spans")
    assert list(data.rglob("*.tmp")) == []
    check(data, said)
    assert verify(Layout(data), progress=quiet).damage == ()


def goes_on(data: Path) -> None:
    """A lake takes more rows, and upkeep finds nothing in its way."""
    before = len(found(data))
    write(data, span("f" * 16, trace_id="f" * 32))
    do_upkeep(data, ["seal", "compact", "tidy"], life.DOOMED)
    assert len(found(data)) == before + 1
    assert verify(Layout(data), progress=quiet).damage == ()


def cuts(recorded: tuple[str, list[Change]], number: int, seed: str, place: Path) -> None:
    """So many power cuts, at moments that are chosen by chance."""
    source = chance(seed)
    _, changes = recorded
    moments = [at for at, change in enumerate(changes, 1) if not isinstance(change, Said)]
    for each in range(number):
        at, mood = source.choice(moments), MOODS[each % len(MOODS)]
        data = place / f"{each} after {at} of {len(changes)}"
        cut(recorded, at, mood, source, data)
        if each % GOES_ON == 0:
            goes_on(data)
        shutil.rmtree(data)


@pytest.mark.timeout(300)
def test_some_power_cuts(
    life_of_a_lake: tuple[str, list[Change]], tmp_path: Path, tally: Tally
) -> None:
    """After some power cuts, whatever the disk kept, acknowledged rows are there once and whole."""
    cuts(life_of_a_lake, FEW, "power", tmp_path)
    tally(Family.POWER_CUT, FEW, seeds=["power"])


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_many_power_cuts(
    life_of_a_lake: tuple[str, list[Change]], tmp_path: Path, tally: Tally
) -> None:
    """The same for thousands of states of the disk."""
    cuts(life_of_a_lake, MANY, "more power", tmp_path)
    tally(Family.POWER_CUT, MANY, seeds=["more power"])
