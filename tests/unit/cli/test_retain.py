"""`spanlake retain`."""

import json
from pathlib import Path

import pytest
from command_line import Run
from rows import NOON_NS, span, write

from spanlake.storage.lake import Lake


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A lake of two spans and a log record of one day, long ago."""
    folder = tmp_path / "lake"
    write(folder, span("1"), span("2"))
    noon = NOON_NS // 1000
    write(folder, {"body": "x", "time": noon, "received_at": noon}, table="logs")
    return folder


def test_it_says_what_went(run: Run, old: Path) -> None:
    """One line has what was removed of each kind; a second time nothing is too old."""
    done = run("retain", "--max-age", "30d", "--data", old)
    assert (done.status, done.err) == (0, "")
    told = "removed 2 spans, 1 log record, 0 data points of 1 day; "
    assert done.text.startswith(told), done.text
    with Lake(old) as lake:
        assert lake.sql("SELECT count(*) FROM spans").fetchall() == [(0,)]
    again = run("retain", "--max-age", "30d", "--data", old)
    assert again.text == "nothing is too old\n"


def test_it_says_so_as_json(run: Run, old: Path) -> None:
    """--format json prints the numbers by table, the bytes, and the days."""
    (done,) = json.loads(run("retain", "--max-age", "30d", "--data", old, "--format", "json").out)
    assert done.pop("freed_bytes") > 0
    assert len(done.pop("days")) == 1
    assert done == {"spans": 2, "logs": 1, "metrics": 0}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "retain needs --max-age, --max-size or both"),
        (["--max-size", "some"], "--max-size is some: must be a size such as 500MB or 50GB"),
        (["--max-age", "1d", "--keep", "best"], "--keep is best: must be errors or assessed"),
    ],
)
def test_what_cannot_be_meant(run: Run, old: Path, options: list[str], told: str) -> None:
    """What is no age, size or rule is the user's mistake, and nothing goes."""
    done = run("retain", *options, "--data", old)
    assert done.status == 2
    assert told in done.err
    with Lake(old) as lake:
        assert lake.sql("SELECT count(*) FROM spans").fetchall() == [(2,)]
