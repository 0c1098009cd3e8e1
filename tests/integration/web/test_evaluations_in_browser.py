"""Journeys through evaluations, datasets and saved queries in a real browser."""

from collections.abc import Iterator

import pytest
from chromium import Screen, context_of
from page_lake import own_traces
from playwright.sync_api import Browser, Page, expect
from run_lake import DATASET, FIRST, SECOND, store_runs
from server import RunningServer

import spanlake
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.location import default_location
from spanlake.storage.catalog.saved_queries import save_query

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with runs, a dataset, versions and a saved query."""
    data = tmp_path_factory.mktemp("browser") / "lake"
    own_traces().store(data)
    store_runs(data, 80)
    for name, model in (("v1", "gpt-4o-mini"), ("v2", "gpt-4o")):
        spanlake.create_external_version(
            name, experiment="support", params={"model": model, "temperature": 0.2}, data=data
        )
    with Catalog.open(default_location(data)) as catalog:
        save_query(catalog, "Rows by scorer", "SELECT name, count(*) FROM run_results GROUP BY ALL")
    with RunningServer(data) as server:
        yield f"http://{server.http}"


def test_comparing_two_runs(page: Page) -> None:
    """Select two runs, compare them, and go from a flipped row to its trace."""
    page.goto("/traces")
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.wait_for_url("**/runs")
    compare = page.get_by_role("button", name="Compare")
    page.get_by_label(f"Select {SECOND}").check()
    expect(compare).to_be_disabled()
    page.get_by_label(f"Select {FIRST}").check()
    compare.click()
    page.wait_for_url("**/runs/compare?runs=*")
    expect(page.locator("h1")).to_contain_text(f"{SECOND} against {FIRST}")
    expect(page.locator(".lead")).to_contain_text("better on correctness")
    page.get_by_role("link", name="now fail").click()
    first = page.locator(".flip-list > li").first
    expect(first).to_contain_text("now fails")
    first.get_by_role("link", name="trace").last.click()
    expect(page.locator(".told")).to_contain_text("I am not sure")


def test_reading_why_a_row_failed(page: Page) -> None:
    """From a count of failures to the rows, and by keyboard from one to the next."""
    page.goto("/runs")
    page.locator(".row-link", has_text=FIRST).click()
    page.locator(".scorers tr", has_text="correctness").locator("a.tone-bad").click()
    page.wait_for_url("**verdict=correctness*")
    expect(page.locator("#pane")).to_contain_text("The answer lacks")
    second = page.locator("tr[data-row]").nth(1)
    second.locator(".row-link").click()
    page.wait_for_url("**row=*")
    number = second.locator(".c-position").text_content()
    expect(page.locator("#pane h2")).to_have_text(f"Row {number}")
    expect(second).to_have_attribute("aria-selected", "true")
    page.go_back()
    expect(page.locator("#pane h2")).not_to_have_text(f"Row {number}")


def test_editing_a_record(page: Page) -> None:
    """Change an expectation in place, save it, and see what the new version changed."""
    page.goto(f"/datasets/{DATASET}")
    page.locator("tr[data-row] .row-link").nth(2).click()
    field = page.locator('textarea[name="text:expectations:expected_response"]')
    field.fill("It is refunded at once.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".made")).to_contain_text("1 changed")
    expect(field).to_have_value("It is refunded at once.")
    page.get_by_role("link", name="See what changed").click()
    expect(page.locator(".flip-list .new").first).to_be_visible()


def test_saving_a_query(page: Page) -> None:
    """What stands in the editor is saved under a name, opened again, and deleted."""
    page.goto("/sql")
    page.locator("#query").fill("SELECT count(*) AS runs FROM runs")
    page.locator("#saved-name").fill("How many runs")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/sql?saved=*")
    expect(page.locator("table.result")).to_contain_text("2")
    page.goto("/sql")
    page.get_by_role("link", name="How many runs").click()
    expect(page.locator("#query")).to_have_value("SELECT count(*) AS runs FROM runs")
    page.get_by_label("Delete How many runs").click()
    page.wait_for_url("**/sql")
    expect(page.get_by_role("link", name="How many runs")).to_have_count(0)


def test_scoring_selected_traces(page: Page) -> None:
    """Select traces, choose a scorer that needs no model, and see the verdicts as a run."""
    page.goto("/traces?service=page-tests&q=dog")
    page.locator("[data-select]").first.check()
    page.get_by_role("button", name="Score…").click()
    page.get_by_label("pii_detection").check()
    page.get_by_role("button", name="Score", exact=True).click()
    page.wait_for_url("**/runs/*")
    expect(page.locator(".scorers")).to_contain_text("pii_detection")


def test_evaluations_are_read_without_javascript(chrome: Browser, served: str) -> None:
    """Runs, a row, a record and what changed are there without any script."""
    context = context_of(chrome, served, runs_scripts=False)
    opened = context.new_page()
    opened.goto("/runs")
    opened.locator(".row-link", has_text=FIRST).click()
    opened.locator("tr[data-row] .row-link").nth(5).click()
    assert "The answer" in (opened.text_content("#pane") or "")
    opened.goto(f"/datasets/{DATASET}")
    opened.locator("tr[data-row] .row-link").nth(1).click()
    assert opened.input_value('textarea[name="text:inputs:question"]').startswith("Can I return")
    context.close()


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("runs", "/runs"),
        ("run", f"/runs/{FIRST}"),
        ("comparison", f"/runs/compare?runs={FIRST},{SECOND}"),
        ("datasets", "/datasets"),
        ("dataset", f"/datasets/{DATASET}"),
        ("diff", f"/datasets/{DATASET}/diff?before=1&after=2"),
        ("versions", "/versions"),
        ("version-comparison", "/versions/compare?ids=v1,v2&experiment=support"),
    ],
)
def test_pages_fit_every_screen(screen: Screen, name: str, path: str) -> None:
    """No page scrolls sideways, and none complains, in light and dark, on a desk and a phone."""
    screen.page.goto(path)
    if name == "dataset":
        screen.page.locator("tr[data-row] .row-link").first.click()
        expect(screen.page.locator(".record-form")).to_be_visible()
    screen.page.wait_for_load_state("networkidle")
    screen.fits(name)
