"""`spanlake datasets`: create, add, from-traces, import, show, list, versions, diff and export."""

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import Outcome, Run

QA = r"""
{"inputs": {"question": "2+2?"}, "expectations": {"answer": "4"}, "tags": {"topic": "a\u001b"}}
{"inputs": {"question": "capital?"}, "outputs": "Rome"}
"""


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """A file of two records."""
    file = tmp_path / "qa.jsonl"
    file.write_text(QA, "utf-8")
    return file


def done(outcome: Outcome) -> Outcome:
    assert outcome.status == 0, outcome.err
    return outcome


def rows(outcome: Outcome) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(done(outcome).out)
    return found


def test_a_dataset_from_a_file(run: Run, data: Path, records: Path) -> None:
    """Records of a file become versions, which are listed, shown and compared."""
    command = ("datasets",)
    done(run(*command, "create", "qa", "--tag", "team=a", "--data", data))
    added = run(*command, "add", "qa", records, "--note", "first", "--data", data)
    assert added.text == "qa@1: 2 records added, 0 changed, 0 unchanged\n"
    done(run(*command, "split", "qa", "dev=1", "--data", data))
    as_json = ("--data", data, "--format", "json")
    (listed,) = rows(run(*command, "list", "--tag", "team=a", *as_json))
    assert (listed["version"], listed["record_count"]) == (2, 2)
    assert rows(run(*command, "list", "--tag", "team=b", *as_json)) == []
    versions = rows(run(*command, "versions", "qa", *as_json))
    assert [(each["added"], each["changed"], each["note"]) for each in versions] == [
        (2, 0, "first"),
        (0, 2, None),
    ]
    changes = rows(run(*command, "diff", "qa", "1", *as_json))
    assert [(each["change"], each["parts"]) for each in changes] == [("changed", ["split"])] * 2
    shown = rows(run(*command, "show", "qa@1", *as_json))
    assert [each["inputs"]["question"] for each in shown] == ["2+2?", "capital?"]
    text = done(run(*command, "show", "qa", "--data", data)).text
    assert "1 of 2" not in text
    assert "2 of 2" in text
    assert "\x1b" not in text
    told = done(run(*command, "diff", "qa", "1", "--data", data)).text
    assert told.endswith("qa@1..2: 0 added, 2 changed, 0 removed\n")


def test_an_export_is_imported(run: Run, data: Path, records: Path, tmp_path: Path) -> None:
    """What is exported makes an equal dataset; a name that is taken, or a bad file, makes none."""
    done(run("datasets", "import", "a", records, "--data", data))
    file = tmp_path / "a.parquet"
    assert (
        "2 records of a@1 written"
        in done(run("datasets", "export", "a", "-o", file, "--data", data)).err
    )
    done(run("datasets", "import", "b", file, "--data", data))
    listed = rows(run("datasets", "list", "--data", data, "--format", "json"))
    assert listed[0]["digest"] == listed[1]["digest"]
    assert run("datasets", "import", "a", file, "--data", data).status == 2
    records.write_text("{}", "utf-8")
    assert run("datasets", "import", "c", records, "--data", data).status == 2
    assert run("datasets", "show", "c", "--data", data).status == 2
    done(run("datasets", "delete", "b", "--yes", "--data", data))
    assert len(rows(run("datasets", "list", "--data", data, "--format", "json"))) == 1


def test_traces_become_records(run: Run, data: Path) -> None:
    """Traces that meet a condition are merged into a dataset that is made for them."""
    command = ("datasets", "from-traces", "good", "--where", "error_count = 0", "--data", data)
    assert done(run(*command)).text == "good@1: 1 record added, 0 changed, 0 unchanged\n"
    assert done(run(*command)).text == "good@1: 0 records added, 0 changed, 1 unchanged\n"
    wrong = run("datasets", "from-traces", "bad", "--where", "nope", "--data", data)
    assert wrong.status == 2
    assert run("datasets", "versions", "bad", "--data", data).status == 2


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (("create", "a@b"), "NAME is 'a@b': must be without @"),
        (("create", "a", "--tag", "x"), "--tag is x: must be KEY=TEXT"),
        (("split", "a", "x=y"), "the weight of x is 'y': must be a number"),
        (("show", "nope"), "NAME is 'nope': no dataset is called so"),
        (("show", "nope@x"), "the dataset is nope@x: a version after @ must be a number"),
        (("add", "nope", "a.txt"), "NAME is 'nope': no dataset is called so"),
    ],
)
def test_mistakes(run: Run, data: Path, arguments: tuple[str, ...], wrong: str) -> None:
    """A mistake ends with status 2, and a line that says what and why."""
    ended = run("datasets", *arguments, "--data", data)
    assert ended.status == 2
    assert ended.err.startswith(f"error: {wrong}")
