"""`/api/v1/runs`, `/api/v1/datasets` and `/api/v1/saved-queries`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from api_in_process import Api
from run_lake import DATASET, FIRST, SECOND, questions


@pytest.fixture(scope="module")
def evaluations(evaluated: Path) -> Iterator[Api]:
    """The API over a lake with two runs on a dataset."""
    with Api(evaluated) as opened:
        yield opened


@pytest.fixture
def own(data: Path) -> Iterator[Api]:
    """The API over an empty lake of a test's own."""
    data.mkdir()
    with Api(data) as opened:
        yield opened


def test_runs_are_listed_and_read(evaluations: Api) -> None:
    """The newest run is first; one has its scorers with intervals, and is found by its name."""
    listed = evaluations.json("GET", "/runs", params={"text": "prompt", "experiment": "support"})
    assert ([each["name"] for each in listed["runs"]], listed["total"]) == ([SECOND, FIRST], 2)
    found = evaluations.json("GET", f"/runs/{FIRST}")
    (scorer,) = (each for each in found["scorers"] if each["name"] == "correctness")
    assert scorer["low"] < scorer["mean"] < scorer["high"]
    assert scorer["method"] == "Wilson"
    assert scorer["rows"] == scorer["count"] + scorer["errors"] == 24
    assert found["run"]["dataset_name"] == DATASET


def test_rows_of_a_run(evaluations: Api) -> None:
    """The rows with a failure of a scorer, each as JSON with every verdict and its reason."""
    asked = {"scorer": "correctness", "outcome": "fail", "limit": 2}
    page = evaluations.json("GET", f"/runs/{FIRST}/rows", params=asked)
    assert len(page["rows"]) == 2 < page["total"]
    row = page["rows"][0]
    assert row["inputs"]["question"].endswith("?")
    verdicts = {each["name"]: each for each in row["verdicts"]}
    assert verdicts["correctness"]["passed"] is False
    assert verdicts["correctness"]["rationale"].startswith("The answer lacks")
    everything = evaluations.json("GET", f"/runs/{FIRST}/rows", params={"limit": 500})
    assert [each["position"] for each in everything["rows"]] == list(range(24))


def test_runs_are_compared(evaluations: Api) -> None:
    """A comparison has the sentence, and for each scorer what may be claimed."""
    asked = {"runs": f"{FIRST},{SECOND}", "slice": "topic"}
    found = evaluations.json("GET", "/run-comparison", params=asked)
    (candidate,) = found["candidates"]
    assert (found["baseline"], candidate["candidate"]) == (FIRST, SECOND)
    assert candidate["sentence"].endswith(".")
    scorers = {each["spec"]["name"]: each for each in candidate["scorers"]}
    assert scorers["correctness"]["flipped"]
    assert {each["column"] for each in scorers["correctness"]["slices"]} == {"topic"}


def test_records_are_changed_by_version(own: Api) -> None:
    """Records are merged, replaced and taken out; each version stays as it was."""
    own.json("POST", "/datasets", json={"name": "qa", "tags": {"team": "x"}})
    merged = own.json("POST", "/datasets/qa/records", json={"records": questions(3)})
    assert (merged["version"], merged["added"]) == (1, 3)
    first = own.json("GET", "/datasets/qa/records", params={"limit": 1})["records"][0]
    path = f"/datasets/qa/records/{first['record_id']}"
    new = {"inputs": first["inputs"], "expectations": {"answer": 5}, "split": "dev"}
    body = {"record": new, "digest": first["digest"], "note": "corrected"}
    assert own.json("PUT", path, json=body)["version"] == 2
    assert own.request("PUT", path, json=body).status_code == 400  # it has changed since
    assert own.json("GET", path)["expectations"] == {"answer": 5}
    assert own.json("GET", path, params={"version": 1})["expectations"] == first["expectations"]
    assert own.json("DELETE", path)["dataset"]["record_count"] == 2
    diff = own.json("GET", "/datasets/qa/diff", params={"before": 1})
    assert [each["change"] for each in diff["changes"]] == ["removed"]
    found = own.json("GET", "/datasets/qa")
    assert [each["note"] for each in found["versions"]] == [None, "corrected", None]
    assert own.json("GET", "/datasets")["datasets"][0]["tags"] == {"team": "x"}
    own.json("DELETE", "/datasets/qa")
    assert own.json("GET", "/datasets") == {"datasets": []}


def test_queries_are_kept(own: Api) -> None:
    """A query is kept by its name, and forgotten."""
    made = own.json("POST", "/saved-queries", json={"name": "n", "query": "SELECT 1"})
    assert own.json("GET", "/saved-queries") == {"queries": [made]}
    assert own.json("GET", "/saved-queries/n") == made
    assert own.json("DELETE", f"/saved-queries/{made['query_id']}") == made
    assert own.request("GET", "/saved-queries/n").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "said", "status"),
    [
        ("GET", "/runs/none", {}, 404),
        ("GET", "/runs", {"params": {"limit": "0"}}, 400),
        ("GET", "/run-comparison", {"params": {"runs": "one"}}, 400),
        ("GET", f"/runs/{FIRST}/rows", {"params": {"outcome": "fail"}}, 400),
        ("GET", f"/runs/{FIRST}/rows", {"params": {"order": "score"}}, 400),
        ("DELETE", "/runs/none", {}, 404),
        ("GET", "/datasets/none", {}, 404),
        ("GET", f"/datasets/{DATASET}", {"params": {"version": "9"}}, 404),
        ("GET", f"/datasets/{DATASET}/diff", {}, 400),
        ("POST", f"/datasets/{DATASET}/records", {"json": {"records": []}}, 400),
        ("POST", f"/datasets/{DATASET}/records", {"json": {"records": [{"inputs": {}}]}}, 400),
        ("GET", f"/datasets/{DATASET}/records/none", {}, 404),
        ("POST", "/saved-queries", {"json": {"name": "a\nb", "query": "SELECT 1"}}, 400),
    ],
)
def test_what_is_refused(
    evaluations: Api, method: str, path: str, said: dict[str, object], status: int
) -> None:
    """What is not there is not found, and what cannot be is refused in a line."""
    answer = evaluations.request(method, path, **said)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.json()["detail"]
