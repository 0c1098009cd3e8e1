"""Whatever a body or a query holds, the API answers with a status that says whose mistake it is."""

import json
from collections.abc import Iterator

import httpx2
import pytest
from api_in_process import Api
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import span, write

from spanlake.web.api.assessment_models import AssessmentQuery, NewAssessment
from spanlake.web.api.dataset_models import (
    NewDataset,
    NewRecords,
    RecordBody,
    RecordReplacement,
    RecordsQuery,
)
from spanlake.web.api.routes import ENDPOINTS
from spanlake.web.api.runs import RowsQuery
from spanlake.web.api.saved_queries import NewSavedQuery
from spanlake.web.api.versions import NewVersion

TRACE = "ab" * 16
TEXT = st.text(max_size=20) | st.sampled_from(["\0", "\ud800", "x" * 300, "'; DROP TABLE", "\x1b["])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


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


@settings(max_examples=60)
@given(
    asked=st.sampled_from(
        [
            ("POST", "/datasets"),
            ("POST", "/datasets/{dataset}/records"),
            ("PUT", "/datasets/{dataset}/records/r"),
            ("POST", "/saved-queries"),
        ]
    ),
    body=bodies(*NewDataset.model_fields, name="d")
    | bodies(*NewSavedQuery.model_fields, name="q")
    | bodies(*RecordReplacement.model_fields, record={"inputs": {"a": 1}})
    | bodies(*RecordBody.model_fields, inputs={"a": 1}).map(lambda each: {"records": [each]})
    | bodies(*NewRecords.model_fields)
    | JSON,
)
def test_any_body_of_datasets(api: Api, asked: tuple[str, str], body: object) -> None:
    """Any JSON becomes a dataset, a record or a query, or is refused in a line."""
    headers = {"content-type": "application/json"}
    assert is_told(api.request(*asked, content=encoded(body), headers=headers))


@settings(max_examples=60)
@given(
    path=st.sampled_from([each.path for each in ENDPOINTS if each.method == "GET"]),
    asked=st.dictionaries(
        st.sampled_from(
            [
                *AssessmentQuery.model_fields,
                *RowsQuery.model_fields,
                *RecordsQuery.model_fields,
                *("filter", "names", "until", "runs", "before", "after", "kind"),
            ]
        ),
        TEXT.filter(lambda text: "\ud800" not in text),
        max_size=3,
    ),
)
def test_any_query(api: Api, path: str, asked: dict[str, str]) -> None:
    """Any parameters are answered or refused in a line."""
    filled = path.replace("{trace_id}", TRACE).replace("{assessment_id}", "x")
    assert is_told(api.request("GET", filled.replace("{version}", "v"), params=asked))
