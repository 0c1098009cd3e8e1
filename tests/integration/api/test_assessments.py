"""`/api/v1/assessments` of a real server."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from server import RunningServer

import spanlake

PATH = "/api/v1/assessments"
THUMB = {"name": "thumb", "value": True, "source_type": "HUMAN", "source_id": "ann"}


def stored(server: RunningServer, trace_id: str) -> list[tuple[Any, ...]]:
    """The values of the assessments of a trace, and whether each stands, as SQL has them."""
    with spanlake.connect(server.data) as lake:
        return lake.sql(
            "SELECT value::VARCHAR, is_valid FROM assessments WHERE trace_id = ?"
            " ORDER BY created_at, value",
            [trace_id],
        ).fetchall()


def test_a_thumb(server: RunningServer, api: httpx2.Client, traced: Any) -> None:  # noqa: ANN401
    """A thumb from a browser is in SQL when the answer comes; the same POST again is one."""
    answer = api.post(PATH, json=THUMB | {"trace_id": traced.trace_id})
    assert answer.status_code == 201
    said = answer.json()
    assert (said["is_new"], said["target_is_stored"], said["value"]) == (True, True, True)
    assert stored(server, traced.trace_id) == [("true", True)]
    again = api.post(PATH, json=THUMB | {"trace_id": traced.trace_id})
    assert (again.status_code, again.json()["is_new"]) == (200, False)
    assert again.json()["assessment_id"] == said["assessment_id"]
    assert api.get(f"{PATH}/{said['assessment_id']}").json()["source_id"] == "ann"
    assert stored(server, traced.trace_id) == [("true", True)]


def test_curl(server: RunningServer, traced: Any) -> None:  # noqa: ANN401  # ids
    """One line of curl is enough, in any language that has HTTP."""
    body = f'{{"trace_id": "{traced.trace_id}", "name": "helpful", "value": 0.5}}'
    command = ["curl", "-sS", f"http://{server.http}{PATH}", "--json", body]
    done = subprocess.run(command, check=True, capture_output=True, timeout=30)
    assert b'"is_new":true' in done.stdout
    assert stored(server, traced.trace_id) == [("0.5", True)]


def test_a_changed_mind(server: RunningServer, api: httpx2.Client, traced: Any) -> None:  # noqa: ANN401
    """An override takes the place of a thumb, a deletion brings it back; all is in the history."""
    first = api.post(PATH, json=THUMB | {"trace_id": traced.trace_id}).json()["assessment_id"]
    down = {"overrides": first, "value": False, "source_type": "HUMAN", "source_id": "ann"}
    second = api.post(PATH, json=down).json()
    assert (second["name"], second["overrides"], second["trace_id"]) == (
        "thumb",
        first,
        traced.trace_id,
    )
    assert stored(server, traced.trace_id) == [("true", False), ("false", True)]
    url = f"{PATH}/{second['assessment_id']}"
    gone = api.delete(url, params={"source_id": "ann", "reason": "slip"})
    assert gone.json() == {"assessment_id": second["assessment_id"], "is_new": True}
    assert api.delete(url).json()["is_new"] is False
    assert stored(server, traced.trace_id) == [("true", True), ("false", False)]


def test_overrides_at_the_same_time(
    server: RunningServer,
    api: httpx2.Client,
    traced: Any,  # noqa: ANN401  # ids
) -> None:
    """Of many that override one thumb at the same time exactly one stands, and none is lost."""
    first = api.post(PATH, json=THUMB | {"trace_id": traced.trace_id}).json()["assessment_id"]

    def override(value: int) -> int:
        return api.post(PATH, json={"overrides": first, "value": value}).status_code

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(override, range(8))) == {201}
    rows = stored(server, traced.trace_id)
    assert len(rows) == 9
    assert [valid for _, valid in rows].count(True) == 1


def test_the_same_at_the_same_time(
    server: RunningServer,
    api: httpx2.Client,
    traced: Any,  # noqa: ANN401  # ids
) -> None:
    """A request whose retries overtake it is one assessment."""
    body = THUMB | {"trace_id": traced.trace_id}
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: api.post(PATH, json=body), range(8)))
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert len({answer.json()["assessment_id"] for answer in answers}) == 1
    assert stored(server, traced.trace_id) == [("true", True)]


def test_a_batch(server: RunningServer, api: httpx2.Client, traced: Any) -> None:  # noqa: ANN401
    """A batch is stored whole or not at all; each of it is answered."""
    one: dict[str, Any] = {"trace_id": traced.trace_id, "name": "n", "value": 1}
    session = {"session_id": traced.session_id, "kind": "expectation", "name": "e", "value": ["x"]}
    batch = f"{PATH}/batch"
    spoiled = api.post(batch, json={"assessments": [one, one | {"value": None}]})
    assert spoiled.status_code == 400
    assert stored(server, traced.trace_id) == []
    answer = api.post(
        batch, json={"assessments": [one, one | {"span_id": traced.span_id}, session]}
    )
    said = answer.json()["assessments"]
    assert [each["target_type"] for each in said] == ["trace", "span", "session"]
    assert said[2]["source_type"] == "HUMAN"
    assert len(stored(server, traced.trace_id)) == 2


def test_pages(api: httpx2.Client, traced: Any) -> None:  # noqa: ANN401  # ids
    """A list comes in pages, the last one first, each assessment once."""
    for value in range(5):
        api.post(PATH, json={"trace_id": traced.trace_id, "name": "n", "value": value})
    asked: dict[str, Any] | None = {"trace_id": traced.trace_id, "limit": 2}
    values = []
    while asked is not None:
        page = api.get(PATH, params=asked).json()
        values += [each["value"] for each in page["assessments"]]
        asked = asked | {"cursor": page["next"]} if page["next"] else None
    assert values == [4, 3, 2, 1, 0]
    assert api.get(PATH, params={"name": "n", "source_type": "HUMAN"}).json()["assessments"] == []


def test_a_late_trace(api: httpx2.Client) -> None:
    """Feedback on a trace that has not arrived is stored, and the answer says so."""
    answer = api.post(PATH, json=THUMB | {"trace_id": os.urandom(16).hex()})
    assert (answer.status_code, answer.json()["target_is_stored"]) == (201, False)


TRACE = {"trace_id": "ab" * 16}


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"value": 1}, "trace_id, session_id and record_id are missing"),
        (TRACE, "feedback 'feedback' has neither value nor error"),
        (TRACE | {"value": 1, "error_code": "E"}, "value is 1 and error is 'E'"),
        (TRACE | {"value": 1, "colour": "red"}, "colour is not known here: remove it; /api/v1"),
        (TRACE | {"value": 1, "name": 5}, "name is 5: input should be a valid string"),
        (TRACE | {"value": 1, "kind": "poem"}, "kind is 'poem': input should be 'feedback' or"),
        (TRACE | {"value": 1, "source_type": "ROBOT"}, "source_type is 'ROBOT': must be HUMAN"),
        (TRACE | {"value": 1, "created_at": "2026-01-01"}, "created_at is '2026-01-01': input"),
        (TRACE | {"value": 1, "created_at": 0}, "created_at is 0: must be a time as RFC"),
        (TRACE | {"value": 1, "judge_input_tokens": -1}, "judge_input_tokens is -1"),
        (TRACE | {"value": 1, "overrides": "x"}, "trace_id is 'abab"),
        (TRACE | {"value": 1, "error_message": "m"}, "error_message is 'm': must be with error_"),
        (TRACE | {"kind": "expectation", "value": 1, "rationale": "r"}, "rationale is 'r': is of"),
        ({"trace_id": "x", "value": 1}, "trace_id is 'x': must be 32 hexadecimal digits"),
        ([], "the body is []: input should be"),
        ("text", "the body is 'text': input should be"),
    ],
)
def test_what_is_refused(api: httpx2.Client, body: object, detail: str) -> None:
    """A body against a rule is refused in one line that names the member."""
    answer = api.post(PATH, json=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith(detail)


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"\xff", {}, 400),
        (b'{"value": NaN}', {}, 400),
        (b"[" * 100_000, {}, 400),
        (b"{}", {"content-type": "text/plain"}, 415),
        (b"value=1", {"content-type": "application/x-www-form-urlencoded"}, 415),
        (b"{}", {"content-encoding": "gzip"}, 415),
        (b" " * (5 << 20), {}, 413),
    ],
)
def test_bodies_that_are_none(
    api: httpx2.Client, content: bytes, headers: dict[str, str], status: int
) -> None:
    """A body that is no JSON, not called so, or too large, is refused."""
    answer = api.post(PATH, content=content, headers={"content-type": "application/json"} | headers)
    assert answer.status_code == status
    assert answer.json()["status"] == status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/none", 404),
        ("DELETE", "/none", 404),
        ("GET", "?limit=0", 400),
        ("GET", "?limit=x", 400),
        ("GET", "?colour=red", 400),
        ("GET", "?cursor=no", 400),
        ("GET", "?cursor=WzEsMl0", 400),
        ("GET", "?since=yesterday", 400),
        ("GET", "?since=1790000000", 400),
        ("GET", "?since=2026-11-21T12:00:00", 400),
    ],
)
def test_what_is_not_there(api: httpx2.Client, method: str, path: str, status: int) -> None:
    """An unknown id is not found, and a parameter against its rule is refused."""
    answer = api.request(method, PATH + path)
    assert (answer.status_code, answer.json()["status"]) == (status, status)


def test_stored_means_durable(data: Path) -> None:
    """What was answered is there after the server was killed."""
    with RunningServer(data) as server:
        body = {"trace_id": "ab" * 16, "name": "n", "value": "kept"}
        answer = httpx2.post(f"http://{server.http}{PATH}", json=body, timeout=30)
        assert answer.status_code == 201
        server.kill()
        assert stored(server, "ab" * 16) == [('"kept"', True)]
