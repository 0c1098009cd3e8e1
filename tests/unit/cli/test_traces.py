"""`spanlake traces`: list, show, export and delete."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from command_line import Keyboard, Run
from rich.console import Console

from spanlake.cli import progress
from spanlake.storage.lake import Lake

ANSWERED, FAILED = "a" * 32, "b" * 32


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], [FAILED, ANSWERED]),
        (["--session", "s-1"], [FAILED]),
        (["--where", "total_tokens > 1000"], [ANSWERED]),
        (["span.type = 'LLM' AND NOT has_errors"], [ANSWERED]),
        (["--filter", "'no answer'", "--where", "error_count > 0"], [FAILED]),
        (["span.type = 'MEMORY'"], []),
        (["--since", "2026-09-21T14:13:20.040Z"], [FAILED]),
        (["--since", "2026-01-01", "--errors", "--limit", "5"], [FAILED]),
    ],
)
def test_list(run: Run, data: Path, options: list[str], found: list[str]) -> None:
    """Traces are listed newest first, and only those that meet every option."""
    rows = json.loads(run("traces", "list", "--data", data, "--format", "json", *options).out)
    assert [row["trace_id"] for row in rows] == found


def test_list_shows_what_a_trace_took(run: Run, data: Path) -> None:
    """A line has time, name, duration, spans, tokens, cost, status and the input, made harmless."""
    shown = run("traces", "list", "--data", data).text.splitlines()
    assert " ".join(shown[2].split()) == (
        f"2026-09-21 14:13:20Z {ANSWERED} plan a trip 10 ms 2 1,204 → 318 $0.0040 ok To Rome?"
    )
    assert " ".join(shown[1].split()[-3:]) == "1 error Pay[31m!"


def test_list_of_nothing(run: Run, data: Path) -> None:
    """No traces are an empty JSON array, or a hint on stderr."""
    options = ["--where", "false", "--data", data]
    assert run("traces", "list", *options, "--format", "json").out == b"[]\n"
    shown = run("traces", "list", *options)
    assert (shown.status, shown.out) == (0, b"")
    assert "no trace matched" in shown.err


def test_list_of_a_lake_without_traces(run: Run, tmp_path: Path) -> None:
    """Where nothing was sent yet, a hint says how to get something."""
    shown = run("traces", "list", "--data", tmp_path)
    assert (shown.status, shown.out) == (0, b"")
    assert "spanlake demo" in shown.err


def test_list_with_a_mistake_in_the_filter(run: Run, data: Path) -> None:
    """A filter that is none is the user's mistake, and the message points at it."""
    ended = run("traces", "list", "span.nam = 'chat'", "--data", data)
    assert (ended.status, ended.out) == (2, b"")
    assert ended.err == (
        "error: filter, character 1: span.nam is no field of a trace; did you mean span.name?\n"
        "  span.nam = 'chat'\n"
        "  ^^^^^^^^\n"
    )
    twice = run("traces", "list", "has_errors", "--filter", "is_complete", "--data", data)
    assert (twice.status, twice.out) == (2, b"")
    assert "--filter is is_complete, and FILTER is given as well" in twice.err


def test_show(run: Run, data: Path) -> None:
    """A trace is shown by the beginning of its id: as a tree, or as JSON with every span."""
    tree = run("traces", "show", "bb", "--data", data).text
    assert "1 error" in tree
    assert "└─ call" in tree
    assert "TimeoutError: no answer" in tree
    (trace,) = json.loads(run("traces", "show", FAILED, "--data", data, "--format", "json").out)
    assert [trace["trace_id"], trace["error_count"]] == [FAILED, 1]
    assert [(span["name"], span["place"], span["depth"]) for span in trace["spans"]] == [
        ("pay", "root", 0),
        ("call", "child", 1),
    ]


def test_a_trace_that_is_not_there(run: Run, data: Path) -> None:
    """An id that no trace has is the user's mistake."""
    ended = run("traces", "show", "c0ffee", "--data", data)
    assert (ended.status, ended.out) == (2, b"")
    assert ended.err.startswith("error: TRACE_ID is c0ffee: no stored trace starts with it; ")


def test_export_of_chosen_traces(run: Run, data: Path) -> None:
    """Only the traces that are named, or that meet a condition, are exported."""
    by_id = run("traces", "export", "a", "--data", data, "--format", "jsonl")
    assert {json.loads(line)["trace_id"] for line in by_id.out.splitlines()} == {ANSWERED}
    by_sql = run(
        "traces", "export", "--where", "error_count > 0", "--data", data, "--format", "jsonl"
    )
    assert {json.loads(line)["trace_id"] for line in by_sql.out.splitlines()} == {FAILED}
    by_filter = run(
        "traces", "export", "--filter", "model = 'gpt-4o'", "--data", data, "--format", "jsonl"
    )
    assert {json.loads(line)["trace_id"] for line in by_filter.out.splitlines()} == {ANSWERED}


def test_export_of_everything(run: Run, data: Path, tmp_path: Path) -> None:
    """Without a choice every trace is exported, to a file or to stdout."""
    file = tmp_path / "all.parquet"
    written = run("traces", "export", "--data", data, "--format", "parquet", "-o", file)
    assert (written.out, written.err) == (b"", f"2 traces written to {file}\n")
    assert pq.read_metadata(file).num_rows == 4
    assert run("traces", "export", "--data", data, "--format", "jsonl").out.count(b"\n") == 4


def test_export_of_nothing(run: Run, data: Path, tmp_path: Path) -> None:
    """If no trace matches the answer is no: status 1, and no file."""
    options = ["--data", data, "--format", "jsonl", "-o", tmp_path / "none.jsonl"]
    assert run("traces", "export", "--where", "false", *options).status == 1
    assert not (tmp_path / "none.jsonl").exists()
    for flag, typed in (("--where", "true"), ("--filter", "has_errors")):
        both = run("traces", "export", "a", flag, typed, *options)
        assert (both.status, both.out) == (2, b"")
        assert f"{flag} is {typed}, and TRACE_IDs are given as well" in both.err


@pytest.mark.parametrize("chosen", [["bb"], ["--session", "s-1"], ["--user", "u-1"]])
def test_delete(run: Run, data: Path, chosen: list[str]) -> None:
    """Traces are deleted with their logs, by id, session or user; what is left stays."""
    done = run("traces", "delete", *chosen, "--yes", "--data", data)
    assert done.status == 0
    assert done.text == "deleted 1 trace: 2 spans, 1 log record and 0 assessments\n"
    with Lake(data) as lake:
        assert lake.sql("SELECT DISTINCT trace_id FROM spans").fetchall() == [(ANSWERED,)]
        assert lake.sql("SELECT count(*) FROM logs").fetchall() == [(0,)]


def test_delete_shows_how_far_it_is(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes long has a bar on a terminal, and nothing elsewhere."""
    monkeypatch.setattr(progress, "_QUIET_SECONDS", -1)
    assert run("traces", "delete", "a", "--yes", "--data", data).err == ""
    terminal = Console(stderr=True, force_terminal=True)
    monkeypatch.setattr(progress, "console", lambda *, stderr: stderr and terminal)
    shown = run("traces", "delete", "b", "--yes", "--data", data)
    assert "files" in shown.err
    assert shown.text == "deleted 1 trace: 2 spans, 1 log record and 0 assessments\n"


def test_delete_of_nothing(run: Run, data: Path) -> None:
    """If nothing matches the answer is no: status 1."""
    done = run("traces", "delete", "--user", "nobody", "--yes", "--data", data)
    assert (done.status, done.out) == (1, b"")


def test_delete_says_what_is_gone_as_json(run: Run, data: Path) -> None:
    """--format json prints the numbers."""
    done = run("traces", "delete", "a", "b", "--yes", "--data", data, "--format", "json")
    assert json.loads(done.out) == [{"traces": 2, "spans": 4, "logs": 1, "assessments": 0}]


def test_delete_of_traces_of_which_one_is_unknown(run: Run, data: Path) -> None:
    """If one of several ids is not there, nothing is deleted."""
    ended = run("traces", "delete", "a", "c0ffee", "--yes", "--data", data)
    assert ended.status == 1
    assert "c0ffee" in ended.err
    with Lake(data) as lake:
        assert lake.sql("SELECT count(*) FROM spans").fetchall() == [(4,)]


@pytest.mark.parametrize("chosen", [[], ["a", "--user", "u"], ["--session", "s", "--user", "u"]])
def test_delete_needs_one_choice(run: Run, data: Path, chosen: list[str]) -> None:
    """What is to be deleted has to be said in one way."""
    ended = run("traces", "delete", *chosen, "--yes", "--data", data)
    assert (ended.status, ended.err.partition(";")[0]) == (
        2,
        "error: delete needs one of TRACE_IDs, --session and --user, and only one\n",
    )


def test_delete_asks(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --yes a person is asked; where none can be, nothing is deleted."""
    ended = run("traces", "delete", "b", "--data", data)
    assert (ended.status, ended.out) == (2, b"")
    monkeypatch.setattr(Keyboard, "isatty", lambda _: True)
    assert run("traces", "delete", "b", "--data", data, stdin="n\n").status == 1
    answered = run("traces", "delete", "b", "--data", data, stdin="y\n")
    assert answered.text == "deleted 1 trace: 2 spans, 1 log record and 0 assessments\n"
    assert answered.err.startswith(f"Delete 1 trace from {data} for good?")
