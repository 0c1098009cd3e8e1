"""`spanlake evaluate`, `runs` and `score`."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from command_line import Outcome, Run

APP = """
import spanlake

def good(n): return n * 2
def worse(n): return n

@spanlake.scorer
def doubled(inputs, outputs): return outputs == 2 * inputs["n"]
"""


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module of the working directory, of a name of its own."""
    name = f"app_{abs(hash(tmp_path))}"
    (tmp_path / f"{name}.py").write_text(APP, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return name


def rows(outcome: Outcome) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(outcome.out)
    return found


def test_evaluate_compare_and_gate(run: Run, tmp_path: Path, app: str) -> None:
    """A good run passes; a worse one fails the gate with status 1, with its flipped rows."""
    data = ("--data", tmp_path / "lake")
    file = tmp_path / "n.jsonl"
    file.write_text("".join(f'{{"inputs": {{"n": {n}}}}}\n' for n in range(1, 13)), "utf-8")
    run("datasets", "create", "n", *data)
    run("datasets", "add", "n", file, *data)
    evaluation = ("--dataset", "n", "--scorer", f"{app}:doubled", *data)
    criteria = ("--criteria", "doubled >= 0.9")
    good = run("evaluate", f"{app}:good", "--name", "good", *evaluation, *criteria)
    assert good.status == 0, good.err
    assert "doubled/mean  1\npassed: doubled is 1, >= 0.9" in good.text
    worse = run(
        "evaluate", f"{app}:worse", "--name", "worse", *evaluation, *criteria, "--format", "json"
    )
    assert worse.status == 1
    assert (rows(worse)[0]["metrics"], rows(worse)[0]["passed"]) == ({"doubled/mean": 0.0}, False)
    listed = rows(run("runs", "list", *data, "--format", "json"))
    assert [(each["name"], each["done_count"]) for each in listed] == [("worse", 12), ("good", 12)]
    assert "doubled/mean  0" in run("runs", "show", "worse", *data).text
    (compared,) = rows(run("runs", "compare", "good", "worse", *data, "--format", "json"))
    assert [len(each["flipped"]) for each in compared["scorers"]] == [12]
    junit = tmp_path / "gate.xml"
    gate = run("runs", "gate", "worse", "--baseline", "good", "--junit", junit, *data)
    assert gate.status == 1
    assert gate.text.count("pass to fail") == 13
    assert "FAILED: Failed 1 of 2 checks: doubled: worse than good" in gate.text
    assert ET.fromstring(junit.read_text("utf-8")).get("failures") == "1"  # noqa: S314  # our own
    assert run("runs", "gate", "good", "--baseline", "worse", *data).status == 0
    assert run("runs", "gate", "good", *data).status == 0
    assert run("runs", "delete", "worse", "--yes", *data).status == 0
    assert len(rows(run("runs", "list", *data, "--format", "json"))) == 1


def test_score(run: Run, data: Path, tmp_path: Path) -> None:
    """What lacks a verdict is said beforehand, scored, and not scored again."""
    query = tmp_path / "fast.sql"
    query.write_text("SELECT trace_id, duration_ms < 100 AS value FROM traces", "utf-8")
    command = ("score", "--scorer", query, "--data", data)
    assert run(*command, "--dry-run").text == "fast: 2 targets without a verdict\n"
    assert run(*command).text == "fast: 2 verdicts, 2 targets\nfinished: 2 verdicts\n"
    (again,) = rows(run(*command, "--format", "json"))
    assert (again["run_id"], again["scored"]) == (None, {})
    assert run(*command, "a" * 32).text == "fast: 0 verdicts, 0 targets\nfinished: 0 verdicts\n"


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (("evaluate", "--dataset", "n"), "--scorer is missing"),
        (("evaluate", "--scorer", "exact_match"), "no data given: must be one of --dataset"),
        (
            ("evaluate", "nope:f", "--dataset", "n", "--scorer", "exact_match"),
            "PREDICT_FN is nope:f: there is no module nope",
        ),
        (("evaluate", "nope", "--dataset", "n", "--scorer", "a"), "PREDICT_FN is nope: must be"),
        (("runs", "show", "nope"), "RUN is 'nope': no run has this id or name"),
        (("runs", "gate", "nope", "--margin", "x"), "--margin is 'x': must be SCORER=AMOUNT"),
        (("score",), "--scorer is missing"),
        (("score", "--scorer", "nope"), "the scorer is nope: no scorer has that name"),
    ],
)
def test_mistakes(run: Run, data: Path, arguments: tuple[str, ...], wrong: str) -> None:
    """A mistake ends with status 2, and a line that says what and why."""
    ended = run(*arguments, "--data", data)
    assert ended.status == 2
    assert ended.err.startswith(f"error: {wrong}")
