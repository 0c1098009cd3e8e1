"""`spanlake experiments`: list, show, create, describe, tag, untag, archive and restore."""

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import Run
from rows import span, write


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A lake of two spans, each of an experiment that no catalog has yet."""
    folder = tmp_path / "lake"
    write(
        folder,
        span("a", experiment="nightly"),
        span("b", experiment="nightly", start_ms=1500),
        span("c", experiment="\x1b[31mred", start_ms=500),
    )
    return folder


def asked(run: Run, data: Path, *arguments: str) -> list[dict[str, Any]]:
    """The rows of a command's JSON."""
    done = run("experiments", *arguments, "--data", data, "--format", "json")
    assert done.status == 0, done.err
    rows: list[dict[str, Any]] = json.loads(done.out)
    return rows


def test_list(run: Run, data: Path) -> None:
    """Every experiment is listed, those that only stored spans name too, the newest span first."""
    rows = asked(run, data, "list")
    assert [(row["name"], row["span_count"], row["experiment_id"] is None) for row in rows] == [
        ("nightly", 2, True),
        ("\x1b[31mred", 1, True),
        ("default", 0, False),
    ]
    assert rows[0]["first_time"] == "2026-09-21T14:13:20Z"
    assert rows[0]["last_time"] == "2026-09-21T14:13:21.500000Z"


def test_list_for_people(run: Run, data: Path) -> None:
    """A line has name, spans, times, tags and description, made harmless."""
    run("experiments", "tag", "nightly", "b", "a", "--data", data)
    run(
        "experiments",
        "describe",
        "nightly",
        "Every\x1b[0m night".replace("\x1b", ""),
        "--data",
        data,
    )
    lines = run("experiments", "list", "--data", data).text.splitlines()
    assert lines[1].split()[:4] == ["nightly", "2", "2026-09-21", "14:13:21Z"]
    assert lines[1].rstrip().endswith("a, b  Every[0m night")
    assert lines[2].split()[:2] == ["[31mred", "1"]


def test_create_and_show(run: Run, data: Path) -> None:
    """An experiment that was created is shown with what was said of it."""
    options = ["--description", "Answers to customers", "--tag", "x", "--tag", "y"]
    (made,) = asked(run, data, "create", "support", *options)
    (shown,) = asked(run, data, "show", "support")
    assert made.items() <= shown.items()
    assert (shown["description"], shown["tags"], shown["span_count"]) == (
        "Answers to customers",
        ["x", "y"],
        0,
    )
    text = run("experiments", "show", "support", "--data", data).text
    assert "Answers to customers" in text
    assert run("experiments", "create", "other", "--data", data).text == "created other\n"


def test_an_experiment_is_made_once(run: Run, data: Path) -> None:
    """A name that is taken cannot be created."""
    ended = run("experiments", "create", "default", "--data", data)
    assert (ended.status, ended.out) == (2, b"")
    assert ended.err.startswith("error: NAME is 'default': must be new")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["describe", "nightly", "d"], "described nightly\n"),
        (["tag", "nightly", "a", "b"], "tagged nightly\n"),
        (["untag", "nightly", "a"], "untagged nightly\n"),
        (["archive", "nightly"], "archived nightly\n"),
        (["restore", "nightly"], "restored nightly\n"),
    ],
)
def test_an_experiment_on_spans_can_be_changed(
    run: Run, data: Path, arguments: list[str], said: str
) -> None:
    """What only stored spans name can be described and the like as if it had been created."""
    assert run("experiments", *arguments, "--data", data).text == said
    (shown,) = asked(run, data, "show", "nightly")
    assert (shown["experiment_id"] is not None, shown["span_count"]) == (True, 2)


@pytest.mark.parametrize("verb", ["show", "describe", "tag", "untag", "archive", "restore"])
def test_an_unknown_experiment(run: Run, data: Path, verb: str) -> None:
    """A name that neither catalog nor spans have is the user's mistake."""
    more = ["x"] if verb in {"describe", "tag", "untag"} else []
    ended = run("experiments", verb, "no such", *more, "--data", data)
    assert (ended.status, ended.out) == (2, b"")
    assert ended.err == (
        "error: NAME is 'no such': no experiment is called so; "
        "`spanlake experiments list` shows them\n"
    )


def test_a_name_that_is_nearly_right(run: Run, data: Path) -> None:
    """A slip of the keyboard is told what was probably meant."""
    run("experiments", "create", "support", "--data", data)
    ended = run("experiments", "tag", "suport", "a", "--data", data)
    assert ended.err.endswith("did you mean 'support'?\n")


def test_archived_experiments_are_out_of_the_way(run: Run, data: Path) -> None:
    """An archived experiment is listed only if asked for, until it is restored."""
    run("experiments", "archive", "nightly", "--data", data)
    assert "nightly" not in [row["name"] for row in asked(run, data, "list")]
    (row,) = [r for r in asked(run, data, "list", "--archived") if r["name"] == "nightly"]
    assert row["archived_at"] is not None
    run("experiments", "restore", "nightly", "--data", data)
    assert "nightly" in [row["name"] for row in asked(run, data, "list")]


def test_tags(run: Run, data: Path) -> None:
    """Tags are added and taken away one by one."""
    asked(run, data, "tag", "nightly", "a", "b", "c")
    (changed,) = asked(run, data, "untag", "nightly", "a", "z")
    assert changed["tags"] == ["b", "c"]


def test_a_catalog_elsewhere(
    run: Run, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SPANLAKE_CATALOG names the catalog of every command."""
    monkeypatch.setenv("SPANLAKE_CATALOG", f"sqlite:///{tmp_path}/other.sqlite")
    asked(run, data, "create", "elsewhere")
    assert (tmp_path / "other.sqlite").exists()
    assert not (data / "catalog.sqlite").exists()
    assert {"elsewhere", "nightly"} <= {row["name"] for row in asked(run, data, "list")}


def test_a_catalog_that_cannot_be_used(run: Run, data: Path) -> None:
    """A catalog that cannot be opened is one line, with status 2."""
    (data / "catalog.sqlite").write_text("no database, though long enough to be one" * 100)
    ended = run("experiments", "list", "--data", data)
    assert (ended.status, ended.out) == (2, b"")
    assert ended.err.startswith(f"error: the catalog is {data}/catalog.sqlite: cannot be used (")
    assert ended.err.count("\n") == 1
