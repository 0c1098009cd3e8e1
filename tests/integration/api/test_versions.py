"""`/api/v1/versions` of a real server, and versions that come with spans."""

import os
from typing import Any

import httpx2
import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from samples import span, text, traces
from server import RunningServer, wait_until
from wire import Client, Transport

import spanlake
from spanlake.entities import Signal
from spanlake.entities.git import GitState
from spanlake.errors import UserError
from spanlake.storage.remote.api import ServerError

PATH = "/api/v1/versions"


@pytest.fixture
def experiment() -> str:
    """An experiment that no other test has."""
    return f"versions {os.urandom(4).hex()}"


def send(client: Client, experiment: str, version: str, **fields: Any) -> None:  # noqa: ANN401  # of a span
    attributes = [
        text("spanlake.experiment", experiment),
        text("spanlake.app_version", version),
        text("spanlake.app_version.param.model", "gpt-4o"),
        KeyValue(key="spanlake.app_version.is_dirty", value=AnyValue(bool_value=True)),
        text("vcs.ref.head.revision", "9f3c" * 10),
        text("vcs.ref.head.name", "main"),
    ]
    sent = traces(span(attributes=attributes, **fields)).request
    client.send(Transport.PROTOBUF, Signal.TRACES, sent)


def test_a_version_comes_with_its_first_span(
    server: RunningServer, client: Client, api: httpx2.Client, experiment: str
) -> None:
    """What spans name is a version soon after, with what they say of how it was made."""
    send(client, experiment, "v1")
    send(client, experiment, "v1")
    query = "SELECT name, params, git_commit, git_branch, git_is_dirty FROM versions"

    def found() -> list[tuple[Any, ...]]:
        with spanlake.connect(server.data) as lake:
            return lake.sql(f"{query} WHERE experiment = ?", [experiment]).fetchall()

    wait_until(lambda: found() != [])
    assert found() == [("v1", {"model": "gpt-4o"}, "9f3c" * 10, "main", True)]
    shown = api.get(f"{PATH}/v1", params={"experiment": experiment}).json()
    assert (shown["git_commit"], shown["params"]) == ("9f3c" * 10, {"model": "gpt-4o"})


def test_joined_to_traces(
    server: RunningServer, client: Client, api: httpx2.Client, experiment: str
) -> None:
    """Versions join with the traces of their experiment, in SQL and side by side."""
    for name in ("v1", "v2"):
        api.post(PATH, json={"name": name, "experiment": experiment, "params": {"n": name}})
        send(client, experiment, name)
    send(client, experiment, "v2", end_time_unix_nano=0)
    with spanlake.connect(server.data) as lake:
        rows = lake.sql(
            "SELECT versions.name, count(*) FROM versions JOIN traces"
            " ON traces.experiment = versions.experiment AND traces.app_version = versions.name"
            " WHERE versions.experiment = ? GROUP BY ALL ORDER BY ALL",
            [experiment],
        ).fetchall()
    assert rows == [("v1", 1), ("v2", 2)]
    asked = {"names": "v1,v2", "experiment": experiment}
    found = api.get("/api/v1/version-comparison", params=asked).json()
    assert [each["traffic"]["trace_count"] for each in found["versions"]] == [1, 2]
    assert found["params"]["n"] == ["v1", "v2"]


def test_aliases(api: httpx2.Client, experiment: str) -> None:
    """An alias moves from one version to another, and every move is known afterwards."""
    where = {"experiment": experiment}
    for name in ("v1", "v2"):
        api.post(PATH, json={"name": name, **where})
    for name, expected in (("v1", ""), ("v2", "v1")):
        body = {"moved_by": "ann", "expected": expected}
        moved = api.put(f"{PATH}/{name}/aliases/champion", json=body, params=where)
        assert moved.json()["aliases"] == ["champion"]
    stale = api.put(f"{PATH}/v1/aliases/champion", json={"expected": "v1"}, params=where)
    assert (stale.status_code, "'v2' has it by now" in stale.json()["detail"]) == (400, True)
    assert api.get(f"{PATH}/@champion", params=where).json()["name"] == "v2"
    assert api.delete(f"{PATH}/v1/aliases/champion", params=where).status_code == 404
    assert api.delete(f"{PATH}/v2/aliases/champion", params=where).json()["aliases"] == []
    moves = api.get("/api/v1/version-alias-moves", params=where).json()["moves"]
    assert [(each["version"], each["previous"]) for each in moves] == [
        (None, "v2"),
        ("v2", "v1"),
        ("v1", None),
    ]


def test_metrics(api: httpx2.Client, experiment: str) -> None:
    """The last value of a metric is that of its version."""
    api.post(PATH, json={"name": "v1", "experiment": experiment})
    for value in (0.5, 0.75):
        body = {"metrics": {"exact/mean": value}, "run_id": "r"}
        answer = api.post(f"{PATH}/v1/metrics", json=body, params={"experiment": experiment})
    assert answer.json()["metrics"] == {"exact/mean": 0.75}
    listed = api.get(PATH, params={"experiment": experiment}).json()["versions"]
    assert [each["metrics"] for each in listed] == [{"exact/mean": 0.75}]


def test_delete(api: httpx2.Client, experiment: str) -> None:
    """A version that is deleted is answered once more, and then is not there."""
    query = {"experiment": experiment}
    made = api.post(PATH, json={"name": "v1", **query}).json()
    assert api.delete(f"{PATH}/v1", params=query).json() == made
    assert api.get(f"{PATH}/v1", params=query).status_code == 404


def test_create_external_version_by_a_server(server: RunningServer, experiment: str) -> None:
    """A build makes a version through a server as it does in a data directory."""
    told: dict[str, Any] = {
        "experiment": experiment,
        "params": {"model": "gpt-4o", "k": 5},
        "git": GitState("9f3c", "main", is_dirty=False),
    }
    remote = spanlake.create_external_version("v1", data=f"http://{server.http}/", **told)
    local = spanlake.create_external_version("v1", data=server.data, **told)
    assert remote == local
    with pytest.raises(UserError, match="param 'k' of version 'v1' is '6': must stay '5'"):
        spanlake.create_external_version(
            "v1", experiment=experiment, params={"k": 6}, data=f"http://{server.http}"
        )
    with pytest.raises(ServerError, match=r"http://127\.0\.0\.1:9 does not answer as a Spanlake"):
        spanlake.create_external_version("v1", data="http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/none", None, 404),
        ("POST", "", {"name": "@x"}, 400),
        ("POST", "", {"name": ""}, 400),
        ("POST", "", {"name": "v", "colour": "red"}, 400),
        ("POST", "/none/metrics", {"metrics": {"a": 1}}, 404),
        ("POST", "/none/metrics", {"metrics": {}}, 400),
        ("PUT", "/none/aliases/champion", {}, 404),
    ],
)
def test_what_is_refused(
    api: httpx2.Client, method: str, path: str, body: object, status: int
) -> None:
    """What is not there is not found, and what cannot be is refused."""
    answer = api.request(method, PATH + path, json=body)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
