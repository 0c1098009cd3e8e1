"""The pages of app versions, and of saved queries."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import Browser
from page_lake import SpanFile

import spanlake
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.location import default_location
from spanlake.storage.catalog.version_moves import set_alias
from spanlake.storage.catalog.versions import log_metrics


@pytest.fixture(scope="module")
def ids() -> dict[str, str]:
    """The ids of the versions by their names; filled with the lake."""
    return {}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory, ids: dict[str, str]) -> Iterator[Browser]:
    """The pages over a lake with two versions of an app, with traces of the second."""
    data = tmp_path_factory.mktemp("versions") / "lake"
    spans = SpanFile()
    app = {"spanlake.app_version": "v2", "spanlake.experiment": "bot"}
    spans.add(1, 1, "answer", duration_ms=20, attributes=app)
    spans.add(2, 1, "answer", duration_ms=40, attributes=app, error="no")
    spans.store(data)
    for name, model in (("v1", "gpt-4o-mini"), ("v2", "gpt-4o")):
        made = spanlake.create_external_version(
            name, experiment="bot", params={"model": model, "k": 5}, data=data
        )
        ids[name] = made.version_id
    with Catalog.open(default_location(data)) as catalog:
        for name, value in (("v1", 0.5), ("v2", 0.75)):
            log_metrics(catalog, name, {"exact/mean": value}, experiment="bot")
        set_alias(catalog, "v2", "champion", experiment="bot", moved_by="ann")
    with Browser(data) as opened:
        yield opened


def test_the_list(browser: Browser, ids: dict[str, str]) -> None:
    """Each version has its aliases, parameters, metrics and traces; words narrow the list."""
    page = browser.page("/versions?experiment=bot")
    for words in ("@champion", "gpt-4o-mini", "exact/mean", "0.75", "30 ms"):
        assert words in page.text
    found = browser.page("/versions?q=gpt-4o-mini")
    assert found.links("/versions/")[0] == f"/versions/{ids['v1']}"
    assert "1 version" in found.text
    assert "No version matches" in browser.page("/versions?q=nothing").text


def test_side_by_side(browser: Browser, ids: dict[str, str]) -> None:
    """What differs stands first, the metrics with their change, and who moved an alias."""
    answer = browser.get(f"/versions/compare?ids={ids['v2']},{ids['v1']}&order=oldest")
    assert answer.status_code == 303
    page = browser.page(answer.headers["location"])
    assert page.text.index("model") < page.text.index(" k ")
    for words in ("1 differ", "+0.25", "none yet", "50.0 %", "ann"):
        assert words in page.text
    assert browser.get(f"/versions/compare?ids={ids['v1']}").status_code == 400


def test_one_version(browser: Browser, ids: dict[str, str]) -> None:
    """One version is found by its id, its name, or its alias."""
    for name in (ids["v2"], "v2?experiment=bot", "@champion?experiment=bot"):
        assert "gpt-4o" in browser.page(f"/versions/{name}").text
    assert browser.get("/versions/v9").status_code == 404


def test_queries_are_saved_by_name(tmp_path: Path) -> None:
    """A query is saved, opened, replaced and deleted; pages of other sites cannot do it."""
    data = tmp_path / "lake"
    data.mkdir()
    form = {"name": "errors", "q": "SELECT 1"}
    with Browser(data) as opened:
        foreign = {"origin": "https://evil.example"}
        assert opened.post("/sql/saved", form, foreign).status_code == 403
        saved = opened.post("/sql/saved", form)
        assert saved.status_code == 303
        page = opened.page(saved.headers["location"])
        assert "SELECT 1" in page.text
        assert page.find("input", name_="name")[0]["value"] == "errors"
        again = opened.post("/sql/saved", form | {"q": "SELECT 2"})
        assert again.headers["location"] == saved.headers["location"]
        assert "SELECT 2" in opened.page(again.headers["location"]).text
        assert opened.post("/sql/saved", {"name": "x", "q": " "}).status_code == 400
        (found,) = opened.page("/sql").find("input", name_="query_id")
        assert opened.post("/sql/saved/delete", {"query_id": found["value"]}).status_code == 303
        assert "No query is saved yet" in opened.page("/sql").text
