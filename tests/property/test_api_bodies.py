"""Whatever a body or a query holds, the API answers with a status that says whose mistake it is."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import span, write
from starlette.applications import Starlette

from spanlake.storage.catalog.location import default_location
from spanlake.web.api.assessment_models import AssessmentQuery, NewAssessment
from spanlake.web.api.routes import ENDPOINTS, api_routes
from spanlake.web.api.versions import NewVersion
from spanlake.web.services import Services

TRACE = "ab" * 16
TEXT = st.text(max_size=20) | st.sampled_from(["\0", "\ud800", "x" * 300, "'; DROP TABLE", "\x1b["])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


class Api:
    """The API in this process: what it raises is raised here."""

    def __init__(self, data: Path) -> None:
        self._services = Services.of(
            data, default_location(data), allowed_origins=(), is_local=True
        )
        app = Starlette(routes=api_routes(self._services))
        self._client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app), base_url="http://localhost"
        )
        self._runner = asyncio.Runner()

    def request(self, method: str, path: str, **said: Any) -> httpx2.Response:  # noqa: ANN401  # httpx's
        return self._runner.run(self._client.request(method, f"/api/v1{path}", **said))

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()
        self._services.__exit__(None, None, None)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The API over a lake of one span."""
    data = tmp_path_factory.mktemp("lake")
    write(data, span("cd" * 8, trace_id=TRACE))
    opened = Api(data)
    yield opened
    opened.close()


def bodies(*fields: str, **fixed: object) -> st.SearchStrategy[dict[str, object]]:
    """Some of these members with any values, beside those that are fixed."""
    some = st.dictionaries(st.sampled_from(fields), JSON, max_size=4)
    return some.map(lambda chosen: fixed | chosen)


def is_told(answer: httpx2.Response) -> bool:
    """Whether a refusal is one that a client can read, and is not a fault of ours."""
    if answer.status_code < 300:
        return True
    problem = answer.json()
    return answer.status_code < 500 and problem["status"] == answer.status_code


def encoded(body: object) -> bytes:
    """As a client may write it, whether JSON has it or not."""
    return json.dumps(body).encode("utf-8", "surrogatepass")


@settings(max_examples=60)
@given(
    path=st.sampled_from(["/assessments", "/versions"]),
    body=bodies(*NewAssessment.model_fields, trace_id=TRACE, value=1)
    | bodies(*NewVersion.model_fields, name="v")
    | JSON,
)
def test_any_body(api: Api, path: str, body: object) -> None:
    """Any JSON is stored, recognised or refused in a line."""
    headers = {"content-type": "application/json"}
    assert is_told(api.request("POST", path, content=encoded(body), headers=headers))


@settings(max_examples=40)
@given(
    path=st.sampled_from([each.path for each in ENDPOINTS if each.method == "GET"]),
    asked=st.dictionaries(
        st.sampled_from([*AssessmentQuery.model_fields, "filter", "names", "offset", "until"]),
        TEXT.filter(lambda text: "\ud800" not in text),
        max_size=3,
    ),
)
def test_any_query(api: Api, path: str, asked: dict[str, str]) -> None:
    """Any parameters are answered or refused in a line."""
    filled = path.replace("{trace_id}", TRACE).replace("{assessment_id}", "x")
    assert is_told(api.request("GET", filled.replace("{version}", "v"), params=asked))
