"""The code blocks of the README and of docs/ are run as a reader would run them."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

import spanlake

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# Whose blocks, all of the shell, go on from each other.
TOURS = {"five-minutes.md"}
_BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A code block: its page, the line it begins at, its language and its code."""

    page: str
    line: int
    language: str
    code: str


def blocks() -> list[Block]:
    found = []
    for page in PAGES:
        text = page.read_text("utf-8")
        if page.name in TOURS:
            code = "".join(match[2] for match in _BLOCK.finditer(text))
            found.append(Block(page.name, 1, "sh", code))
            continue
        for match in _BLOCK.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            found.append(Block(page.name, line, match[1], match[2]))
    return found


@pytest.fixture(scope="module")
def demo_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the README's first command leaves behind."""
    data = tmp_path_factory.mktemp("docs") / "spanlake-data"
    command = [sys.executable, "-m", "spanlake", "demo", "--data", str(data)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return data


@pytest.mark.timeout(600)
@pytest.mark.parametrize("block", blocks(), ids=lambda block: f"{block.page}:{block.line}")
def test_a_code_block_runs(block: Block, demo_lake: Path, tmp_path: Path) -> None:
    """Every block marked sh or python ends with status 0 on the lake that the demo makes."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # PySpark takes what is no file for a doctest of its own.
    script = tmp_path / "reader"
    script.write_text(block.code, encoding="utf-8")
    run = {"sh": ["bash", "-euo", "pipefail"], "python": [sys.executable]}
    done = subprocess.run(
        [*run[block.language], str(script)],
        cwd=tmp_path,
        env={**os.environ, "PATH": programs, "SPANLAKE_DATA": str(demo_lake)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    """A relative link or image in a page names a file that exists."""
    targets = re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_view_and_column_is_documented(tmp_path: Path) -> None:
    """The page on SQL names every column of every view, and no view that is not there."""
    page = (ROOT / "docs" / "sql.md").read_text("utf-8")
    with spanlake.connect(tmp_path) as lake:
        rows = lake.sql(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'main'"
        ).fetchall()
    missing = [f"{view}.{column}" for view, column in rows if f"`{column}`" not in page]
    assert missing == []
    sections = set(re.findall(r"^## (\w+)$", page, re.MULTILINE))
    assert sections | {"assessments_history"} == {view for view, _ in rows}
