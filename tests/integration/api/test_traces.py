"""`/api/v1/traces` and the description of the API."""

import re
from typing import Any

import httpx2
import pytest
from samples import span, text, traces
from wire import Client, Transport

from spanlake.entities import Signal
from spanlake.web.api.routes import ENDPOINTS

PATH = "/api/v1/traces"


def test_a_trace(api: httpx2.Client, traced: Any) -> None:  # noqa: ANN401  # ids
    """A trace comes with its spans as SQL has them, and with what was said of it."""
    api.post("/api/v1/assessments", json={"trace_id": traced.trace_id, "name": "n", "value": 1})
    found = api.get(f"{PATH}/{traced.trace_id.upper()}").json()
    assert (found["trace"]["name"], found["trace"]["session_id"]) == ("answer", traced.session_id)
    assert [each["span_id"] for each in found["spans"]] == [traced.span_id]
    assert found["spans"][0]["attributes"]["session.id"] == traced.session_id
    assert [each["value"] for each in found["assessments"]] == [1]
    missing = api.get(f"{PATH}/{'1' * 32}")
    assert (missing.status_code, missing.json()["title"]) == (404, "Not Found")


def test_spans_in_pages(api: httpx2.Client, client: Client) -> None:
    """The spans of a long trace come in parts, in the order they started."""
    trace_id = b"\7" * 16
    sent = [span(f"s{n}", trace_id=trace_id, start_time_unix_nano=10**18 + n) for n in range(5)]
    client.send(Transport.PROTOBUF, Signal.TRACES, traces(*sent).request)
    asked = [
        api.get(f"{PATH}/{trace_id.hex()}", params={"limit": 2, "offset": offset}).json()["spans"]
        for offset in (0, 2, 4)
    ]
    assert [[each["name"] for each in page] for page in asked] == [
        ["s0", "s1"],
        ["s2", "s3"],
        ["s4"],
    ]


def test_lists_and_pages(api: httpx2.Client, client: Client) -> None:
    """Traces come the newest first, in pages, and only those that were asked for."""
    session = text("session.id", "paged")
    for n in range(3):
        started = {"start_time_unix_nano": 10**18 + n * 1000}
        sent = span(f"t{n}", attributes=[session], **started)
        client.send(Transport.PROTOBUF, Signal.TRACES, traces(sent).request)
    asked: dict[str, Any] | None = {"session_id": "paged", "limit": 2}
    names = []
    while asked is not None:
        page = api.get(PATH, params=asked).json()
        names += [each["name"] for each in page["traces"]]
        asked = asked | {"cursor": page["next"]} if page["next"] else None
    assert names == ["t2", "t1", "t0"]
    only = {"session_id": "paged", "filter": "name = 't1' OR name = 't0'"}
    found = api.get(PATH, params=only).json()["traces"]
    assert [each["name"] for each in found] == ["t1", "t0"]
    none = api.get(PATH, params={"session_id": "paged", "since": "2026-01-01T00:00:00Z"})
    assert none.json() == {"traces": [], "next": None}


def test_a_filter_that_is_none(api: httpx2.Client) -> None:
    """A filter that cannot be understood is refused with the place of the mistake."""
    answer = api.get(PATH, params={"filter": "nam = 'x'"})
    assert answer.status_code == 400
    assert "character 1" in answer.json()["detail"]


def test_no_sql_in_a_filter(api: httpx2.Client) -> None:
    """A filter is not SQL, and reads no file."""
    for hostile in ("1=1) UNION SELECT * FROM read_text('/etc/passwd') --", "trace_id; DROP"):
        assert api.get(PATH, params={"filter": hostile}).status_code == 400


def test_openapi(api: httpx2.Client) -> None:
    """The description has every operation, with the models it takes, and nothing unresolved."""
    described = api.get("/api/v1/openapi.json").json()
    assert described["openapi"] == "3.1.0"
    operations = {
        (method.upper(), path) for path, each in described["paths"].items() for method in each
    }
    assert operations == {(each.method, f"/api/v1{each.path}") for each in ENDPOINTS}
    ids = [each["operationId"] for path in described["paths"].values() for each in path.values()]
    assert len(ids) == len(set(ids))
    schemas = described["components"]["schemas"]
    references = set(re.findall(r'"#/components/schemas/(\w+)"', str(described).replace("'", '"')))
    assert references <= set(schemas)
    assert "trace_id" in schemas["NewAssessment"]["properties"]


def test_methods_of_a_path(api: httpx2.Client) -> None:
    """A method that a path does not have is refused, with those that it has."""
    refused = api.patch("/api/v1/assessments")
    assert refused.status_code == 405
    assert set(refused.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert api.head(PATH).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/none", "/api/v2/traces"])
def test_paths_that_are_none(api: httpx2.Client, path: str) -> None:
    """A path that no operation has is not found."""
    assert api.get(path).status_code == 404
