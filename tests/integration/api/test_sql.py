"""`/api/v1/sql` of a real server."""

from typing import Any

import httpx2
import pyarrow as pa
import pytest

PATH = "/api/v1/sql"


def test_json(api: httpx2.Client, traced: Any) -> None:  # noqa: ANN401  # ids
    """A query over the views, also over those of the catalog, is answered as JSON rows."""
    query = f"SELECT trace_id, span_count FROM traces WHERE trace_id = '{traced.trace_id}'"  # noqa: S608
    answer = api.post(PATH, json={"query": query})
    assert answer.json() == [{"trace_id": traced.trace_id, "span_count": 1}]
    named = api.post(PATH, json={"query": "SELECT name FROM experiments WHERE name = 'default'"})
    assert named.json() == [{"name": "default"}]


def test_calls_with_and_without_texts(api: httpx2.Client) -> None:
    """Model calls are counted behind closed doors, whether or not their texts are asked for."""
    counted = api.post(PATH, json={"query": "SELECT count(*) AS n FROM llm_calls"})
    listed = api.post(PATH, json={"query": "SELECT input, output FROM llm_calls"})
    assert counted.json() == [{"n": len(listed.json())}]


def test_arrow(api: httpx2.Client) -> None:
    """An answer is an Arrow stream where that is asked for."""
    asked = {"query": "SELECT range AS n FROM range(3)", "format": "arrow"}
    answer = api.post(PATH, json=asked)
    assert answer.headers["content-type"] == "application/vnd.apache.arrow.stream"
    assert pa.ipc.open_stream(answer.content).read_all().to_pydict() == {"n": [0, 1, 2]}


@pytest.mark.parametrize(
    "query",
    [
        "SELEC 1",
        "FROM nothing",
        "DROP VIEW traces",
        "COPY (SELECT 1) TO '/tmp/spanlake-escape.csv'",
        "SELECT * FROM read_text('/etc/passwd')",
        "ATTACH '/tmp/x.db'",
        "SET threads = 1",
        "SELECT 1; SELECT 2",
    ],
)
def test_what_may_not_run(api: httpx2.Client, query: str) -> None:
    """What is no single SELECT over the views is refused in one line."""
    answer = api.post(PATH, json={"query": query})
    assert (answer.status_code, answer.json()["title"]) == (400, "Bad Request")


def test_only_as_a_post(api: httpx2.Client) -> None:
    """A query is not run for a link, nor for a page of another site."""
    assert api.get(PATH, params={"query": "SELECT 1"}).status_code == 405
    headers = {"origin": "https://evil.example"}
    assert api.post(PATH, json={"query": "SELECT 1"}, headers=headers).status_code == 403
