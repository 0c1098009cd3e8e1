"""Deleting runs, datasets and queues on the pages asks first, and the audit log has it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import Browser, Page
from page_lake import own_traces
from run_lake import DATASET, FIRST, store_runs

import spanlake
from spanlake import labeling


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with two runs on a dataset, and a queue of a session."""
    folder = tmp_path_factory.mktemp("deletions") / "lake"
    own_traces().store(folder)
    store_runs(folder, 4)
    session = spanlake.create_labeling_session(
        "refunds", label_schemas=["expected_response"], data=folder
    )
    session.add_sessions(["two/turns"])
    return folder


@pytest.fixture(scope="module")
def browser(data: Path) -> Iterator[Browser]:
    """The pages over that lake."""
    with Browser(data) as opened:
        yield opened


def deletions(data: Path) -> list[tuple[str, str, str]]:
    with spanlake.connect(data) as lake:
        query = "SELECT action, target, actor_type FROM audit WHERE action LIKE '%.delete'"
        return lake.sql(f"{query} ORDER BY event_id").fetchall()


def confirm(browser: Browser, path: str, form: dict[str, str]) -> str:
    """Ask for a deletion, confirm what the page asks, and say where that leads."""
    asked = browser.post(path, form)
    assert asked.status_code == 200, asked.text
    page = Page(asked.text)
    (target,) = [each["action"] for each in page.find("form", method="post")]
    fields = {each["name"]: each["value"] for each in page.find("input", type="hidden")}
    assert fields.pop("confirmed") == "yes"
    done = browser.post(target, fields | {"confirmed": "yes"})
    assert done.status_code == 303, done.text
    return done.headers["location"]


def test_a_run_is_deleted(browser: Browser, data: Path) -> None:
    """The list offers it, a page asks, the run goes, and its results stay."""
    page = browser.page("/runs")
    assert page.find("button", formaction="/runs/delete")
    run_id = page.find("input", aria_label=f"Select {FIRST}")[0]["value"]
    asked = browser.post("/runs/delete", {"ids": run_id})
    assert f"Delete {FIRST}?" in asked.text
    assert FIRST in browser.page("/runs").text  # nothing is gone before that is confirmed
    assert confirm(browser, "/runs/delete", {"ids": run_id}) == "/runs"
    assert FIRST not in browser.page("/runs").text
    assert ("run.delete", FIRST, "local") in deletions(data)
    with spanlake.connect(data) as lake:
        kept = lake.sql("SELECT count(*) FROM run_results WHERE run_id = $id", {"id": run_id})
        assert kept.fetchall()[0][0] > 0


def test_a_dataset_is_deleted(browser: Browser, data: Path) -> None:
    """Its page offers it, says what goes, and the list has it no more."""
    path = f"/datasets/{DATASET}"
    assert browser.page(path).find("form", action=f"{path}/delete")
    assert confirm(browser, f"{path}/delete", {"confirmed": ""}) == "/datasets"
    assert browser.get(path).status_code == 404
    assert ("dataset.delete", DATASET, "local") in deletions(data)


def test_a_queue_is_deleted(browser: Browser, data: Path) -> None:
    """Its page offers it, and asks before answers go."""
    assert "two/turns" in browser.page("/review/refunds").text
    assert confirm(browser, "/review/refunds/change", {"action": "delete"}) == "/review"
    assert labeling.get_labeling_sessions(data=data) == []
    assert ("queue.delete", "refunds", "local") in deletions(data)


def test_nothing_selected(browser: Browser) -> None:
    """A form without a row says what to do, and a row that is not there is named."""
    assert "no run is selected" in browser.post("/runs/delete", {"ids": ""}).text
    assert browser.post("/runs/delete", {"ids": "nobody"}).status_code == 404
