"""`spanlake schemas` and `spanlake queues`."""

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import Run

from spanlake.entities.review import Answer
from spanlake.labeling import get_labeling_session
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.labels.reviews import save_answer, set_status
from spanlake.storage.catalog.location import default_location

MISTAKES = (
    (["queues", "show", "p"], "QUEUE is 'p': no queue is called so"),
    (["queues", "create", "q", "--schema", "good"], "must be new, and there is such a queue"),
    (["queues", "create", "n", "--schema", "godo"], "did you mean 'good'?"),
    (["queues", "create", "n", "--schema", "good", "--filter", "x ="], "^"),
    (["queues", "add", "q"], "TRACE_ID or --session, or else one of --filter"),
    (["queues", "add", "q", "f" * 32], "no stored trace starts with it"),
    (["queues", "add", "q", "--session", "none"], "no stored trace belongs to it"),
    (["queues", "add", "q", "--session", "s", "--by-session"], "must be given, and not both"),
    (["queues", "create", "n", "--schema", "good", "--rule", "--by-session"], "leave --by-session"),
    (["queues", "fill", "q"], "must have a rule"),
    (["queues", "sync", "q", "d"], "nobody has completed one yet"),
    (["queues", "labels", "none"], "no queue is called so"),
    (["schemas", "create", "c", "--kind", "categorical"], "--option is missing"),
    (["schemas", "show", "none"], "no question is called so"),
    (["schemas", "create", "good", "--kind", "text"], "must be new"),
)


def asked(run: Run, data: Path, *arguments: str) -> list[dict[str, Any]]:
    """The rows of a command's JSON."""
    done = run(*arguments, "--data", data, "--format", "json")
    assert done.status == 0, done.err
    rows: list[dict[str, Any]] = json.loads(done.out)
    return rows


@pytest.fixture
def queue(run: Run, data: Path) -> Path:
    """The lake with a question and a queue of its two traces, reviewed by two people."""
    asked(
        run, data, "schemas", "create", "good", "--kind", "pass-fail", "--positive", "Good",
        "--negative", "Bad", "--title", "Is it good?", "--comment",
    )  # fmt: skip
    asked(
        run, data, "queues", "create", "q", "--schema", "good", "--schema", "expected_response",
        "--reviewers-per-item", "2", "--limit", "5",
    )  # fmt: skip
    return data


def answer(data: Path, who: str, values: list[bool]) -> None:
    """Answer the items of the queue, in their order."""
    items = get_labeling_session("q", data=data).items
    with Catalog.open(default_location(data)) as catalog:
        for item, value in zip(items, values, strict=True):
            said = Answer(schema_id="good", value=value, comment="since" if value else None)
            save_answer(catalog, "q", item.item_id, who, said)
            expected = Answer(schema_id="expected_response", value="So.")
            save_answer(catalog, "q", item.item_id, who, expected)
            set_status(catalog, "q", item.item_id, who, "complete")


def test_questions(run: Run, queue: Path) -> None:
    """Questions are listed and shown with the answers they take, and can be deleted."""
    names = [row["name"] for row in asked(run, queue, "schemas", "list")]
    assert names == ["expected_facts", "expected_response", "good", "guidelines"]
    shown = run("schemas", "show", "good", "--data", queue).text
    assert "title        Is it good?" in shown
    assert "answers      Good or Bad" in shown
    asked(run, queue, "schemas", "delete", "good")
    assert "good" not in run("schemas", "list", "--data", queue).text.split()
    for kind, flags in (
        ("categorical", ["--option", "a", "--option", "b", "--several"]),
        ("numeric", ["--min", "1", "--max", "5"]),
        ("text", ["--type", "expectation"]),
        ("text-list", []),
    ):
        (made,) = asked(run, queue, "schemas", "create", kind, "--kind", kind, *flags)
        assert made["input"]["kind"] == kind.replace("-", "_")


def test_whole_sessions(run: Run, queue: Path) -> None:
    """A session comes in by its id, or by a filter of its traces, and is listed by its id."""
    (added,) = asked(run, queue, "queues", "add", "q", "--session", "s-1")
    assert (added["added"], added["known"]) == (1, 0)
    (again,) = asked(run, queue, "queues", "add", "q", "--by-session", "--filter", "name = 'pay'")
    assert (again["added"], again["known"]) == (0, 1)
    assert "s-1" in run("queues", "items", "q", "--data", queue).text
    (made,) = asked(run, queue, "queues", "create", "r", "--schema", "good", "--by-session")
    assert made["counts"]["items"] == 1


def test_queues(run: Run, queue: Path) -> None:
    """Queues are listed with how far they are, and shown with what they ask."""
    answer(queue, "ann", [True, False])
    answer(queue, "bob", [True, True])
    (row,) = asked(run, queue, "queues", "list")
    assert (row["counts"]["complete"], row["reviewers_per_item"]) == (2, 2)
    assert "asks good" in run("queues", "show", "q", "--data", queue).text
    (first, _) = asked(run, queue, "queues", "items", "q", "--status", "complete")
    assert first["complete"] == 2
    assert len(asked(run, queue, "queues", "labels", "q")) == 8
    assert len(asked(run, queue, "queues", "labels", "q", "--final")) == 3
    (good, _) = asked(run, queue, "queues", "agreement", "q")
    assert (good["pairs"][0]["observed"]["value"], len(good["to_decide"])) == (0.5, 1)
    assert "ann and bob" in run("queues", "agreement", "q", "--data", queue).text
    (synced,) = asked(run, queue, "queues", "sync", "q", "golden")
    assert (synced["added"], synced["version"]) == (2, 1)


def test_what_comes_in(run: Run, queue: Path) -> None:
    """Traces come by id, filter and rule; each of them once."""
    ids = [row["trace_id"] for row in asked(run, queue, "queues", "items", "q")]
    assert asked(run, queue, "queues", "add", "q", ids[0][:6]) == [
        {"queue": "q", "added": 0, "known": 1}
    ]
    rule = ["--rule", "--filter", "error_count > 0", "--since", "2020-01-01"]
    (made,) = asked(run, queue, "queues", "create", "r", "--schema", "guidelines", *rule)
    assert (made["rule"]["filter"], made["counts"]["items"]) == ("error_count > 0", 1)
    assert asked(run, queue, "queues", "fill", "r")[0]["added"] == 0


def test_changes(run: Run, queue: Path) -> None:
    """Reviewers are assigned, a queue is closed and opened, and deleted in the end."""
    said = run("queues", "assign", "q", "ann", "bob", "--data", queue).text
    assert said == "q is reviewed by ann, bob, 2 an item\n"
    assert run("queues", "close", "q", "--data", queue).text == "q is closed\n"
    assert run("queues", "open", "q", "--data", queue).text == "q is open\n"
    assert run("queues", "delete", "q", "--data", queue).text == "q is deleted\n"
    assert "`spanlake queues create" in run("queues", "list", "--data", queue).err


def test_mistakes(run: Run, queue: Path) -> None:
    """A mistake is told with status 2, and leaves nothing half made."""
    for arguments, message in MISTAKES:
        done = run(*arguments, "--data", queue)
        assert (done.status, done.text) == (2, "")
        assert message in done.err
    assert [row["name"] for row in asked(run, queue, "queues", "list")] == ["q"]


def test_no_labels(run: Run, queue: Path) -> None:
    """A queue that nobody answered says where to answer."""
    assert "http://localhost:4318/review" in run("queues", "labels", "q", "--data", queue).err
