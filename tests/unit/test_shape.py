"""The house keeps its shape: sizes, sentences, and commands that are the same everywhere."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import spanlake

ROOT = Path(__file__).parents[2]
MAX_LINES = 400
HEAVY = ("duckdb", "pyarrow", "polars", "pydantic", "starlette", "grpc", "numpy", "ptars")


def python_files() -> list[Path]:
    folders = [ROOT / name for name in ("src", "tests", "benchmarks")]
    return sorted(file for folder in folders for file in folder.rglob("*.py"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", python_files(), ids=name_of)
def test_no_file_is_long(path: Path) -> None:
    """A Python file has at most 400 lines."""
    assert len(path.read_text("utf-8").splitlines()) <= MAX_LINES


def test_every_test_says_its_behaviour_in_one_sentence() -> None:
    """The docstring of a test is one sentence that ends with a full stop."""
    silent = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                sentence = ast.get_docstring(node)
                is_test = node.name.startswith("test_")
                if is_test and (not sentence or not sentence.strip().endswith(".")):
                    silent.append(f"{name_of(path)}:{node.lineno} {node.name}")
    assert silent == []


def test_importing_spanlake_loads_nothing_heavy() -> None:
    """`import spanlake` and its instrumentation load none of the libraries of the server."""
    code = "import sys, spanlake, spanlake.instrumentation; print('\\n'.join(sys.modules))"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert {name.partition(".")[0] for name in loaded} & set(HEAVY) == set()


def test_the_changelog_is_headed_by_this_version() -> None:
    """The first version in the changelog is the one that is installed."""
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    versions = re.findall(r"^## \[([^\]]+)\]", changelog, re.MULTILINE)
    assert versions[0] == spanlake.__version__


def test_ci_runs_the_readmes_test_command() -> None:
    """The last line of .ci/run is the test command that the README gives, word for word."""
    command = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()[-1]
    assert f"    {command}\n" in (ROOT / "README.md").read_text("utf-8")


def test_decisions_are_numbered_and_short() -> None:
    """An ADR has its number in its name and title, its four parts, and 10 to 40 lines."""
    files = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(file.name[:4]) for file in files] == list(range(1, len(files) + 1))
    for file in files:
        lines = file.read_text("utf-8").splitlines()
        assert 10 <= len(lines) <= 40, file.name
        assert lines[0].startswith(f"# {int(file.name[:4])}. ")
        assert any(line.startswith("Status: ") for line in lines)
        for part in ("## Context", "## Decision", "## Consequences"):
            assert part in lines, f"{file.name} has no {part}"
