"""`/api/v1/schemas` and `/api/v1/queues` of a real server: questions, queues, answers, labels."""

import os
from typing import Any, NamedTuple

import httpx2
import pytest
from server import RunningServer

import spanlake


class Traced(NamedTuple):
    """What the fixture `traced` has of a stored trace."""

    trace_id: str
    span_id: str
    session_id: str


@pytest.fixture
def named() -> str:
    """A name that no other test has."""
    return f"review {os.urandom(4).hex()}"


@pytest.fixture
def queue(api: httpx2.Client, named: str, traced: Traced) -> str:
    """The path of a queue of one trace, which two people are to review."""
    question = {
        "name": named,
        "type": "feedback",
        "input": {"kind": "categorical", "options": ["good", "bad"]},
        "enable_comment": True,
    }
    assert api.post("/api/v1/schemas", json=question).json()["version"] == 1
    plan = {"name": named, "schemas": [named, "expected_facts"], "reviewers_per_item": 2}
    assert api.post("/api/v1/queues", json=plan).status_code == 201
    path = f"/api/v1/queues/{named}"
    added = api.post(f"{path}/items", json={"trace_ids": [traced.trace_id]}).json()
    assert added == {"added": 1, "known": 0}
    return path


def review(api: httpx2.Client, queue: str, who: str, **answers: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
    """Answer the next item, complete it, and return the review."""
    item = api.post(f"{queue}/next", json={"reviewer": who}).json()["item"]
    path = f"{queue}/items/{item['item_id']}"
    for schema, value in answers.items():
        body = {"reviewer": who, "schema": schema.replace("_x_", " "), "value": value}
        assert api.put(f"{path}/answers", json=body).status_code == 200
    done = api.put(f"{path}/review", json={"reviewer": who, "status": "complete"})
    found: dict[str, Any] = done.json()
    return found


def test_whole_sessions(api: httpx2.Client, queue: str, traced: Traced) -> None:
    """A session is an item of its own, comes once, and by a filter as by its id."""
    asked = {"session_ids": [traced.session_id]}
    assert api.post(f"{queue}/items", json=asked).json() == {"added": 1, "known": 0}
    chosen = {"granularity": "session", "filter": f"trace_id = '{traced.trace_id}'"}
    assert api.post(f"{queue}/items", json=chosen).json() == {"added": 0, "known": 1}
    (_, item) = api.get(f"{queue}/items").json()["items"]
    assert (item["session_id"], item["trace_id"]) == (traced.session_id, None)
    unknown = api.post(f"{queue}/items", json={"session_ids": ["nobody"]})
    assert unknown.status_code == 404


def test_from_question_to_dataset(
    api: httpx2.Client, server: RunningServer, queue: str, named: str, traced: Traced
) -> None:
    """Two answers become labels and assessments, the difference is decided, and a dataset made."""
    for who, value in (("ann", "good"), ("bob", "bad")):
        facts = {"expected_facts": ["It rains."]}
        done = review(api, queue, who, **{named: value}, **facts)
        assert (done["status"], done["reviewer"]) == ("complete", who)
    assert api.post(f"{queue}/next", json={"reviewer": "ann"}).json()["item"] is None
    (first, _) = api.get(f"{queue}/agreement").json()["questions"]
    assert [each["reviewers"] for each in first["pairs"]] == [["ann", "bob"]]
    (item,) = [each["item_id"] for each in first["disagreements"]]
    decision = {"reviewer": "eve", "schema": named, "value": "bad"}
    assert api.put(f"{queue}/items/{item}/decision", json=decision).json()["value"] == "bad"
    labels = api.get(f"{queue}/labels").json()["labels"]
    final = {each["name"]: each["value"] for each in labels if each["is_final"]}
    assert final == {named: "bad", "expected_facts": ["It rains."]}
    with spanlake.connect(server.data) as lake:
        said = lake.sql(
            "SELECT source_id, value_string FROM assessments WHERE name = ? AND trace_id = ?"
            " ORDER BY source_id",
            [named, traced.trace_id],
        ).fetchall()
    assert said == [("ann", "good"), ("bob", "bad"), ("eve", "bad")]
    listed = api.get("/api/v1/queues").json()["queues"]
    (counts,) = [each["counts"] for each in listed if each["name"] == named]
    assert (counts["items"], counts["complete"]) == (1, 1)


def test_saved_as_typed(api: httpx2.Client, queue: str, named: str) -> None:
    """An answer is there before the review is complete, for its reviewer alone."""
    item = api.post(f"{queue}/next", json={"reviewer": "ann"}).json()["item"]["item_id"]
    body = {"reviewer": "ann", "schema": named, "value": "good", "comment": "ok"}
    api.put(f"{queue}/items/{item}/answers", json=body)
    mine = api.get(f"{queue}/items/{item}/review", params={"reviewer": "ann"}).json()
    (answer,) = mine["answers"].values()
    assert (mine["status"], answer["value"], answer["comment"]) == ("pending", "good", "ok")
    other = api.get(f"{queue}/items/{item}/review", params={"reviewer": "bob"}).json()
    assert other["answers"] == {}
    assert api.get(f"{queue}/labels").json()["labels"] == []


def test_changed_and_removed(api: httpx2.Client, queue: str, named: str) -> None:
    """A queue is assigned anew and closed, its items are listed and removed, and it is deleted."""
    changed = api.put(queue, json={"assigned_users": ["ann", "bob"], "closed": True}).json()
    assert (changed["assigned_users"], changed["closed_at"] is None) == (["ann", "bob"], False)
    assert api.post(f"{queue}/next", json={"reviewer": "ann"}).json()["item"] is None
    (item,) = api.get(f"{queue}/items", params={"status": "pending"}).json()["items"]
    assert api.delete(f"{queue}/items/{item['item_id']}").json() == {"removed": 1}
    assert api.post(f"{queue}/fill", json={}).json() == {"added": 0, "known": 0}
    assert api.delete(queue).json() == {"name": named}
    assert api.get(queue).status_code == 404
    assert api.delete(f"/api/v1/schemas/{named}").json() == {"name": named}
    assert named not in [each["name"] for each in api.get("/api/v1/schemas").json()["schemas"]]


def test_a_rule_brings_traces(api: httpx2.Client, named: str, traced: Traced) -> None:
    """Who asks for an item of a queue with a rule is given what came in since."""
    rule = {"filter": f"session = '{traced.session_id}'", "since": "2020-01-01T00:00:00Z"}
    plan = {"name": named, "schemas": ["guidelines"], "rule": rule}
    assert api.post("/api/v1/queues", json=plan).status_code == 201
    item = api.post(f"/api/v1/queues/{named}/next", json={"reviewer": "ann"}).json()["item"]
    assert item["trace_id"] == traced.trace_id


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "", {"name": "x", "schemas": []}, 400),
        ("POST", "", {"name": "x", "schemas": ["none"]}, 404),
        ("POST", "", {"name": "x", "schemas": ["guidelines"], "colour": "red"}, 400),
        ("GET", "/none", None, 404),
        ("POST", "/none/next", {"reviewer": "ann"}, 404),
        ("POST", "/none/next", {}, 400),
        ("POST", "/none/items", {}, 400),
        ("PUT", "/none/items/i/review", {"reviewer": "ann", "status": "lost"}, 400),
        ("PUT", "/none/items/i/answers", {"reviewer": "ann", "schema": "x"}, 404),
        ("PUT", "/none/items/i/decision", {"reviewer": "ann", "schema": "x"}, 404),
        ("POST", "/none/sync", {"dataset": "d"}, 404),
    ],
)
def test_what_is_refused(
    api: httpx2.Client, method: str, path: str, body: object, status: int
) -> None:
    """What is not there is not found, and what cannot be is refused."""
    answer = api.request(method, f"/api/v1/queues{path}", json=body)
    assert (answer.status_code, answer.json()["status"]) == (status, status)


def test_what_is_no_question(api: httpx2.Client, named: str) -> None:
    """A question with other settings than its kind has is refused in a line."""
    for taken in ({"kind": "stars"}, {"kind": "text", "options": ["a"]}, {"kind": "categorical"}):
        body = {"name": named, "type": "feedback", "input": taken}
        answer = api.post("/api/v1/schemas", json=body)
        assert answer.status_code == 400
        assert "\n" not in answer.json()["detail"]
