"""Flipped bits, cut ends and missing files anywhere in a lake: found, or without any effect."""

import os
import shutil
from pathlib import Path
from random import Random

import duckdb
import pytest
from chance import chance
from invariants import quiet
from rows import span, write
from tally import Family, Tally

import spanlake
from spanlake.storage.layout import Layout
from spanlake.storage.sealed.delta_table import SealedTableError
from spanlake.storage.snapshot import TableReader
from spanlake.storage.upkeep import Upkeep
from spanlake.storage.verify import verify

FEW, MANY = 12, int(os.environ.get("SPANLAKE_FLIPS") or 500)
SPANS = """
SELECT span_id, trace_id, input, input_tokens, start_time, attributes, resource
FROM spans ORDER BY ALL
"""
SPAN_COLUMNS = 7
TRACES = "FROM traces ORDER BY ALL"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with hot and sealed files, a compacted one, commits and a checkpoint."""
    data = tmp_path_factory.mktemp("sound")
    upkeep = Upkeep(Layout(data))
    for commit in range(24):
        numbers = range(commit * 5, commit * 5 + 5)
        write(
            data,
            *(
                span(
                    f"{number:016x}",
                    trace_id=f"{number // 2:032x}",
                    start_ms=number,
                    received_ms=number,
                    input=f"question {number}",
                    input_tokens=number,
                    attributes=[("app.text", f"said {number}")],
                    attribute_types="s",
                )
                for number in numbers
            ),
        )
        if commit < 22:
            upkeep.run("spans", fanout=9)
    upkeep.sum_up()
    upkeep.tidy("spans", hot_grace=-1.0)
    return data


def answer(data: Path) -> list[tuple[object, ...]] | None:
    """What a query of everything says; None when it fails, as it may for a damaged file."""
    try:
        with spanlake.connect(data) as lake:
            return [*lake.sql(SPANS).fetchall(), *lake.sql(TRACES).fetchall()]
    except (duckdb.Error, SealedTableError):
        return None


def told(data: Path) -> list[tuple[object, ...]]:
    """The answer, where there is one."""
    found = answer(data)
    assert found is not None
    return found


def damage(path: Path, by_chance: Random) -> None:
    """Flip a bit of a file, cut its end off, or remove it."""
    content = bytearray(path.read_bytes())
    kind = by_chance.random()
    if kind < 0.1 or not content:
        path.unlink()
        return
    if kind < 0.3:
        del content[by_chance.randrange(len(content)) :]
    else:
        content[by_chance.randrange(len(content))] ^= 1 << by_chance.randrange(8)
    path.write_bytes(content)


def check_damage(
    sound: Path, data: Path, before: list[tuple[object, ...]], by_chance: Random
) -> None:
    """Damage one file of a copy: unless it is found, the answer is what it was."""
    shutil.copytree(sound, data)
    folders = (data / "spans", data / "summaries")
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    victim = by_chance.choice(files)
    damage(victim, by_chance)
    found = verify(Layout(data), progress=quiet).damage
    after = answer(data)
    if not found:
        assert after == before, victim
    elif after is not None:
        # What is left of the spans is as it was, and so are the traces that are whole.
        spans = {str(row) for row in after if len(row) == SPAN_COLUMNS}
        assert spans <= {str(row) for row in before}, victim
    shutil.rmtree(data)


@pytest.mark.timeout(300)
def test_some_damage(sound: Path, tmp_path: Path) -> None:
    """Whatever byte of a data, log or hot file changes, no answer is wrong without being told."""
    by_chance = chance("damage")
    before = told(sound)
    for number in range(FEW):
        check_damage(sound, tmp_path / str(number), before, by_chance)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_much_damage(sound: Path, tmp_path: Path, tally: Tally) -> None:
    """The same at hundreds of other places."""
    by_chance = chance("more damage")
    before = told(sound)
    for number in range(MANY):
        check_damage(sound, tmp_path / str(number), before, by_chance)
    tally(Family.DAMAGE, MANY, seeds=["more damage"])


def test_a_missing_file_is_told(sound: Path, tmp_path: Path) -> None:
    """Verify names a sealed file that is gone, with how many rows, and queries run again."""
    data = tmp_path / "missing"
    shutil.copytree(sound, data)
    victim = TableReader(Layout(data), "spans").snapshot().sealed_paths[0]
    victim.unlink()
    assert answer(data) is None
    (lost,) = verify(Layout(data), progress=quiet).damage
    assert lost.path == victim
    assert lost.reason == "it is missing"
    left, before = (
        [row for row in told(lake) if len(row) == SPAN_COLUMNS] for lake in (data, sound)
    )
    assert len(left) + (lost.rows or 0) == len(before)
    assert verify(Layout(data), progress=quiet).damage == ()
