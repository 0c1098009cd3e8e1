"""The pages of datasets: records, versions, what changed, and changes in place."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import Browser, Page
from page_lake import own_traces, trace_id
from run_lake import DATASET, FIRST, SECOND, questions

import spanlake
from spanlake import datasets

ONE = f"/datasets/{DATASET}"
FOREIGN = {"origin": "https://evil.example"}


def records(page: Page) -> list[str]:
    """The ids of the records in a page."""
    return [found["data-row"] for found in page.find("tr") if "data-row" in found]


def form_of(page: Page) -> dict[str, str]:
    """What the form of a record would send, texts of text areas by their place in the page."""
    names = [
        found["name"] for found in page.find("textarea") if not found["name"].startswith("new")
    ]
    texts = [
        part.split(">", 1)[1].split("</textarea>")[0].strip("\n")
        for part in page.html.split("<textarea ")[1:]
        if 'name="new-' not in part.split(">", 1)[0]
    ]
    hidden = {
        found["name"]: found["value"]
        for found in page.find("input", type="hidden")
        if found["name"] in ("record_id", "digest")
    }
    return dict(zip(names, texts, strict=True)) | hidden


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[Browser, Path]]:
    """The pages over a lake of a test's own, with a dataset of four records."""
    data = tmp_path / "lake"
    made = datasets.create_dataset("qa/1", experiment="support", data=data)
    made.merge_records(questions(4))
    with Browser(data) as opened:
        yield opened, data


def place(browser: Browser) -> str:
    """Where its dataset is: the name has a slash in it, so that it is its id that leads there."""
    return browser.page("/datasets?q=qa&experiment=support").links("/datasets/d-")[0]


def test_records_are_read_and_narrowed(evaluations: Browser) -> None:
    """All records of the newest version are there; words and a split narrow them."""
    page = evaluations.page(ONE)
    assert "24 records" in page.text
    assert len(records(page)) == 24
    assert "1 record" in evaluations.page(f"{ONE}?q=order+1004").text
    in_split = evaluations.page(f"{ONE}?split=dev")
    assert 0 < len(records(in_split)) < 24
    assert "No record matches" in evaluations.page(f"{ONE}?q=nobody").text


def test_an_old_version_is_read_and_not_edited(evaluations: Browser) -> None:
    """An earlier version has the records it had, and its pane has no form."""
    page = evaluations.page(f"{ONE}?version=1")
    assert len(records(page)) == 20
    pane = evaluations.part(f"{ONE}?version=1&record={records(page)[0]}", "pane")
    assert "version 1 of 3, which never changes" in pane.text
    assert not pane.find("form")
    assert evaluations.get(f"{ONE}?version=9").status_code == 404


def test_versions_and_runs_of_a_dataset(evaluations: Browser) -> None:
    """Each version has what it changed, and each run what it came to."""
    versions = evaluations.page(f"{ONE}?tab=versions")
    assert "from the help desk" in versions.text
    assert f"{ONE}/diff?before=1&after=2" in versions.links(ONE)
    diff = evaluations.page(f"{ONE}/diff?before=1&after=2")
    assert "4 added" in diff.text
    assert "four more" in diff.text
    assert "24 changed" in evaluations.page(f"{ONE}/diff").text
    runs = evaluations.page(f"{ONE}?tab=runs").text
    assert FIRST in runs
    assert SECOND in runs


def test_a_record_is_changed_in_place(own: tuple[Browser, Path]) -> None:
    """Saving the form makes a version with the change, and says so with a link to it."""
    browser, data = own
    path = place(browser)
    record = records(browser.page(path))[1]
    form = form_of(browser.part(f"{path}?record={record}", "pane"))
    form |= {
        "text:expectations:expected_response": "Within 60 days.",
        "new-key:tags": "seen",
        "new-value:tags": "twice",
        "note": "longer",
    }
    assert browser.post(f"{path}/records", form, FOREIGN).status_code == 403
    saved = browser.post(f"{path}/records", form)
    assert saved.status_code == 303
    page = browser.page(saved.headers["location"])
    assert "Version 2 was made: 1 changed" in page.text
    diff = browser.page(page.links(f"{path}/diff?before=1")[0])
    for words in ("expectations.expected_response", "60", "tags.seen", "longer"):
        assert words in diff.text
    with spanlake.connect(data) as lake:
        found = lake.sql(
            "SELECT expectations, tags['seen'] FROM dataset_records WHERE record_id = ?", [record]
        ).fetchall()
    assert found == [('{"expected_response":"Within 60 days."}', "twice")]


def test_a_form_that_cannot_be_saved_comes_back(own: tuple[Browser, Path]) -> None:
    """What is wrong is said beside what was typed, and nothing changes."""
    browser, _ = own
    path = place(browser)
    record = records(browser.page(path))[0]
    form = form_of(browser.part(f"{path}?record={record}", "pane"))
    stale = browser.post(f"{path}/records", form | {"digest": "0", "text:outputs:": "typed"})
    assert stale.status_code == 400
    page = Page(stale.text)
    assert "was changed meanwhile" in page.text
    assert "typed" in page.text
    broken = browser.post(f"{path}/records", form | {"json:expectations:n": "{"})
    assert "n is '{': must be JSON" in Page(broken.text).text
    assert "version 1" in browser.page(path).text


def test_records_are_added_and_deleted(own: tuple[Browser, Path]) -> None:
    """A new record and the loss of two are a version each; deleting asks first."""
    browser, data = own
    path = place(browser)
    form = {"text:inputs:question": "New?", "text:expectations:expected_response": "Yes."}
    added = browser.post(f"{path}/records", form)
    page = browser.page(added.headers["location"])
    assert "Version 2 was made: 1 added" in page.text
    ids = ",".join(records(page)[:2])
    assert "Delete 2 records of qa/1?" in browser.post(f"{path}/records/delete", {"ids": ids}).text
    done = browser.post(f"{path}/records/delete", {"ids": ids, "confirmed": "yes"})
    assert "Version 3 was made: 2 removed" in browser.page(done.headers["location"]).text
    assert browser.post(f"{path}/records/delete", {"ids": ""}).status_code == 400
    with spanlake.connect(data) as lake:
        assert lake.sql("SELECT count(*) FROM dataset_records").fetchall() == [(3,)]


def test_a_dataset_is_made_and_described(own: tuple[Browser, Path]) -> None:
    """A new dataset is empty and tells how to fill it; a name comes once."""
    browser, _ = own
    made = browser.post("/datasets", {"name": "new one", "description": "of today"})
    assert made.headers["location"] == "/datasets/new%20one"
    page = browser.page("/datasets/new%20one")
    assert "No records yet" in page.text
    assert "of today" in page.text
    browser.post("/datasets/new%20one/describe", {"description": "of tomorrow"})
    assert "of tomorrow" in browser.page("/datasets").text
    assert browser.post("/datasets", {"name": "new one"}).status_code == 400
    assert browser.get("/datasets/none").status_code == 404


def test_a_record_leads_to_its_trace(tmp_path: Path) -> None:
    """A record that was made of a trace has a link to it, in the list and in its pane."""
    data = tmp_path / "lake"
    own_traces().store(data)
    with Browser(data) as browser:
        browser.post("/traces/dataset", {"ids": trace_id(5), "dataset": "from traces"})
        page = browser.page("/datasets/from%20traces")
        assert page.links(f"/traces/{trace_id(5)}")
        pane = browser.part(f"/datasets/from%20traces?record={records(page)[0]}", "pane")
        assert f"trace {trace_id(5)[:8]}" in pane.text
