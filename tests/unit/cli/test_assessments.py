"""`spanlake assessments`: list, log, override and delete."""

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import Run

TRACE = "a" * 32


def asked(run: Run, data: Path, *arguments: str) -> list[dict[str, Any]]:
    """The rows of a command's JSON."""
    done = run("assessments", *arguments, "--data", data, "--format", "json")
    assert done.status == 0, done.err
    rows: list[dict[str, Any]] = json.loads(done.out)
    return rows


def test_log_and_list(run: Run, data: Path) -> None:
    """What is logged is listed, the last first, as rows of the view; again, it is one."""
    said = ["log", "--trace", "aaa", "--name", "tone", "--value", "0.5", "--metadata", "round=2"]
    who = ["--source-id", "ann", "--rationale", "calm"]
    (first,) = asked(run, data, *said, *who)
    assert (first["is_new"], first["target_is_stored"]) == (True, True)
    assert asked(run, data, *said, *who) == [first | {"is_new": False}]
    asked(
        run, data, "log", "--session", "s-1", "--kind", "expectation", "--name", "e", "--value", "x"
    )
    rows = asked(run, data, "list")
    assert [(row["name"], row["value"], row["target_type"]) for row in rows] == [
        ("e", "x", "session"),
        ("tone", 0.5, "trace"),
    ]
    assert (rows[1]["source_type"], rows[1]["source_id"]) == ("HUMAN", "ann")
    assert (rows[1]["metadata"], rows[1]["rationale"]) == ({"round": "2"}, "calm")
    for chosen in (["--trace", "aaa"], ["--kind", "feedback"], ["--name", "tone"]):
        assert asked(run, data, "list", *chosen) == [rows[1]]
    assert asked(run, data, "list", "--limit", "1") == [rows[0]]
    assert asked(run, data, "list", "--source-type", "CODE") == []


def test_list_for_people(run: Run, data: Path) -> None:
    """A line has the value, who said it and of what, made harmless."""
    run(
        "assessments",
        "log",
        "--trace",
        TRACE,
        "--value",
        "a\x1bb",
        "--source-id",
        "ann",
        "--data",
        data,
    )
    run("assessments", "log", "--trace", TRACE, "--error", "TIMEOUT", "--data", data)
    lines = run("assessments", "list", "--data", data).text.splitlines()
    assert "TIMEOUT" in lines[1]
    assert f"ab       HUMAN ann   trace {TRACE}" in lines[2]


def test_override_and_delete(run: Run, data: Path) -> None:
    """An override takes the place of a value, and a deletion brings it back."""
    (first,) = asked(run, data, "log", "--trace", TRACE, "--value", "true")
    (second,) = asked(run, data, "override", first["assessment_id"], "--value", "false")
    assert [row["value"] for row in asked(run, data, "list")] == [False]
    assert [row["is_valid"] for row in asked(run, data, "list", "--history")] == [True, False]
    (gone,) = asked(run, data, "delete", second["assessment_id"], "--reason", "slip")
    assert gone["is_new"]
    assert not asked(run, data, "delete", second["assessment_id"])[0]["is_new"]
    assert [row["value"] for row in asked(run, data, "list")] == [True]
    (expected,) = asked(run, data, "log", "--trace", TRACE, "--kind", "expectation", "--value", "1")
    (other,) = asked(run, data, "override", expected["assessment_id"], "--value", "2")
    assert other["is_new"]


def test_said_in_words(run: Run, data: Path) -> None:
    """Each command says in a line what it did."""
    said = ["assessments", "log", "--trace", TRACE, "--value", "good", "--data", data]
    done = run(*said)
    assert done.text.startswith("logged ")
    assert run(*said).text.startswith("said already ")
    assessment_id = done.text.split()[1]
    changed = run("assessments", "override", assessment_id, "--value", "bad", "--data", data)
    assert changed.text.startswith("overridden by ")
    gone = run("assessments", "delete", changed.text.split()[2], "--data", data)
    assert gone.text.startswith("deleted ")


def test_a_trace_that_is_not_there_yet(run: Run, data: Path) -> None:
    """A whole id of no stored trace is taken, with a note; a part of one is not."""
    done = run("assessments", "log", "--trace", "1" * 32, "--value", "1", "--data", data)
    assert (done.status, done.err.startswith("note: the trace is not stored yet")) == (0, True)
    done = run("assessments", "log", "--trace", "111", "--value", "1", "--data", data)
    assert (done.status, "no stored trace starts with it" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["log", "--value", "1"], "trace_id, session_id and record_id are missing"),
        (["log", "--trace", TRACE], "feedback 'feedback' has neither value nor error"),
        (["log", "--trace", TRACE, "--value", "1", "--metadata", "x"], "--metadata is x: must be"),
        (["log", "--trace", TRACE, "--value", "1", "--source-type", "me"], "source_type is 'me'"),
        (
            ["log", "--trace", TRACE, "--kind", "expectation", "--value", "1", "--rationale", "r"],
            "--rationale is r: is of feedback only; leave it out",
        ),
        (["override", "none", "--value", "1"], "assessment_id is 'none': no assessment has it"),
        (["delete", "none"], "assessment_id is 'none': no assessment has it"),
        (["list", "--since", "soon"], "--since is soon: must be how long ago"),
    ],
)
def test_mistakes(run: Run, data: Path, arguments: list[str], message: str) -> None:
    """A mistake is one line that says what is wrong, with status 2."""
    done = run("assessments", *arguments, "--data", data)
    assert (done.status, done.text) == (2, "")
    assert message in done.err
    assert done.err.count("\n") == 1


def test_nothing_to_list(run: Run, data: Path) -> None:
    """A lake without assessments says how to make one."""
    done = run("assessments", "list", "--data", data)
    assert (done.status, done.text) == (0, "")
    assert done.err == "no assessments; `spanlake assessments log` makes one\n"
