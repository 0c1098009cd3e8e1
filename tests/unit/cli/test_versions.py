"""`spanlake versions`: list, show, compare, create, log-metrics, aliases and delete."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from command_line import Run
from rows import evaluation, span, usage, write

from spanlake.quantities import UNKNOWN


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A lake of three traces by two versions, one of them assessed."""
    folder = tmp_path / "lake"
    write(
        folder,
        span("a", trace_id="1", app_version="v1", cost_usd=0.5, **usage(10, 2), span_type="LLM"),
        span("b", trace_id="2", app_version="v2", duration_ms=30),
        span("c", trace_id="3", app_version="v2", is_error=True),
    )
    score = {"gen_ai.evaluation.score.value": "0.5"}
    write(folder, evaluation("tone", score, trace_id="2"), table="logs")
    return folder


def asked(run: Run, data: Path, *arguments: str) -> list[dict[str, Any]]:
    """The rows of a command's JSON."""
    done = run("versions", *arguments, "--data", data, "--format", "json")
    assert done.status == 0, done.err
    rows: list[dict[str, Any]] = json.loads(done.out)
    return rows


@pytest.fixture
def two(run: Run, data: Path) -> Path:
    """The lake with both versions in its catalog."""
    asked(run, data, "create", "v1", "--param", "model=a", "--param", "k=5", "--tag", "t=1")
    asked(run, data, "create", "v2", "--param", "model=b", "--param", "k=5", "--description", "d")
    return data


def test_list(run: Run, two: Path) -> None:
    """Versions are listed with what their traces come to, the newest first."""
    rows = asked(run, two, "list")
    assert [(row["name"], row["trace_count"], row["error_trace_count"]) for row in rows] == [
        ("v2", 2, 1),
        ("v1", 1, 0),
    ]
    assert (rows[1]["input_tokens"], rows[1]["cost_usd"], rows[1]["params"]) == (
        10,
        0.5,
        {"k": "5", "model": "a"},
    )
    lines = run("versions", "list", "--data", two).text.splitlines()
    assert lines[1].split()[:4] == ["v2", "default", "2", "1"]
    assert asked(run, two, "list", "--experiment", "other") == []


def test_show(run: Run, two: Path) -> None:
    """One version is shown with all that is known of it."""
    asked(run, two, "alias", "v2", "champion")
    (row,) = asked(run, two, "show", "@champion")
    assert (row["name"], row["description"], row["duration_p50_ms"]) == ("v2", "d", 20.0)
    shown = run("versions", "show", "v2", "--data", two).text
    for words in (
        "aliases       champion",
        "param model   b",
        "traces        2",
        "with errors   1",
    ):
        assert words in shown


def test_compare(run: Run, two: Path) -> None:
    """Versions side by side show what differs, and what was said of their traces."""
    (found,) = asked(run, two, "compare", "v1", "v2")
    assert found["params"] == {"model": ["a", "b"]}
    assert found["scores"] == {"tone": [None, {"mean": 0.5, "count": 1}]}
    assert [side["traffic"]["trace_count"] for side in found["sides"]] == [1, 2]
    lines = [
        line.split()
        for line in run("versions", "compare", "v1", "v2", "--data", two).text.splitlines()
    ]
    assert lines[0] == ["v1", "v2"]
    assert ["param", "model", "a", "b"] in lines
    assert ["feedback", "tone", UNKNOWN, "0.500", "(n=1)"] in lines
    done = run("versions", "compare", "v1", "--data", two)
    assert (done.status, "NAMEs are v1: must be two versions" in done.err) == (2, True)


def test_aliases(run: Run, two: Path) -> None:
    """Moves of an alias are told in a line each, and listed afterwards."""
    done = run("versions", "alias", "v1", "champion", "--by", "ann", "--data", two)
    assert done.text == "champion is v1 of default\n"
    run(
        "versions", "alias", "v2", "champion", "--expected", "v1", "--note", "better", "--data", two
    )
    stale = run("versions", "alias", "v1", "champion", "--expected", "v1", "--data", two)
    assert (stale.status, "'v2' has it by now" in stale.err) == (2, True)
    assert (
        run("versions", "unalias", "champion", "--data", two).text == "champion is of no version\n"
    )
    moves = asked(run, two, "aliases")
    assert [(move["version"], move["previous"], move["note"]) for move in moves] == [
        (None, "v2", None),
        ("v2", "v1", "better"),
        ("v1", None, None),
    ]
    assert run("versions", "aliases", "--data", two).text.count("champion") == 3
    assert run("versions", "unalias", "champion", "--data", two).status == 2


def test_metrics(run: Run, two: Path) -> None:
    """A measurement is what `compare` shows of its version, until the next one."""
    asked(run, two, "log-metrics", "v1", "exact/mean=0.5", "n=3")
    (changed,) = asked(run, two, "log-metrics", "v1", "exact/mean=0.75", "--run", "r")
    assert changed["metrics"] == {"exact/mean": 0.75, "n": 3}
    lines = run("versions", "compare", "v1", "v2", "--data", two).text.splitlines()
    assert ["metric", "exact/mean", "0.75", UNKNOWN] in [line.split() for line in lines]


def test_delete(run: Run, two: Path) -> None:
    """A version is removed with what was said of it, and its traces stay; not one with an alias."""
    run("versions", "alias", "v1", "champion", "--data", two)
    run("versions", "unalias", "champion", "--data", two)
    kept = run("versions", "delete", "v1", "--yes", "--data", two)
    assert kept.status == 2
    assert "NAME is 'v1': must never have had an alias, and this version was @champion" in kept.err
    assert run("versions", "delete", "v2", "--yes", "--data", two).status == 0
    assert [row["name"] for row in asked(run, two, "list")] == ["v1"]
    counted = run("sql", "SELECT count(*) FROM traces WHERE app_version = 'v2'", "--data", two)
    assert "2" in counted.text
    (again,) = asked(run, two, "create", "v2", "--param", "model=c")
    assert (again["params"], again["description"]) == ({"model": "c"}, None)


def test_create_from_a_repository(run: Run, data: Path, tmp_path: Path) -> None:
    """The commit and branch of a directory are those of the version."""
    git = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@example.com"]
    for command in (["init", "-q", "-b", "main"], ["commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run([*git, *command], check=True)
    (made,) = asked(run, data, "create", "v1", "--git", str(tmp_path))
    assert (len(made["git"]["commit"]), made["git"]["branch"]) == (40, "main")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "none"], "NAME is 'none': no version is called so"),
        (["create", "@x"], "NAME is '@x': must not begin with @"),
        (["create", "v", "--param", "x"], "--param is x: must be KEY=TEXT"),
        (["create", "v1", "--param", "model=b"], "param 'model' of version 'v1' is 'b': must stay"),
        (["create", "v", "--git", "/"], "--git is /: must be in a git repository"),
        (["log-metrics", "v1", "a=x"], "metric 'a' is 'x': must be a number"),
        (["log-metrics", "v1", "a"], "KEY=NUMBER is a: must be KEY=TEXT, such as exact/mean=0.75"),
        (["delete", "none", "--yes"], "NAME is 'none': no version is called so"),
        (["alias", "none", "champion"], "NAME is 'none': no version is called so"),
    ],
)
def test_mistakes(run: Run, two: Path, arguments: list[str], message: str) -> None:
    """A mistake is one line that says what is wrong, with status 2."""
    done = run("versions", *arguments, "--data", two)
    assert (done.status, done.text) == (2, "")
    assert message in done.err
    assert done.err.count("\n") == 1


def test_no_versions(run: Run, data: Path) -> None:
    """A lake without versions or aliases says how to make one."""
    assert "`spanlake versions create`" in run("versions", "list", "--data", data).err
    assert "`spanlake versions alias`" in run("versions", "aliases", "--data", data).err
