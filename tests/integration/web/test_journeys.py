"""The journeys that people make most, short, in a real browser where one is installed.

Longer ones, with hostile texts, restarts and every screen, are beside this as slow tests.
"""

from collections.abc import Iterator

import pytest
from chromium import context_of, faultless_page
from page_lake import own_traces
from playwright.sync_api import Browser, Page, expect
from reviewing import leave
from run_lake import FIRST, SECOND, store_runs
from server import RunningServer

import spanlake
from spanlake import labeling

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def served(chrome: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: ARG001  # no server where there is no browser
    """The address of a server with a failed trace, a queue of three, and two runs."""
    data = tmp_path_factory.mktemp("journeys") / "lake"
    own_traces().store(data)
    store_runs(data, 8)
    spanlake.create_label_schema(
        "correct",
        type="feedback",
        input=labeling.InputPassFail(),
        title="Is the answer correct?",
        data=data,
    )
    spanlake.create_labeling_session(
        "answers",
        label_schemas=["correct", "expected_response"],
        reviewers_per_item=2,
        data=data,
    ).add_traces(filter_string="llm_call_count > 0", limit=3)
    with RunningServer(data) as server:
        yield f"http://{server.http}"


def test_finding_a_failed_trace_and_reading_why(page: Page) -> None:
    """From the list by the facet to the failed trace, and its page says what failed."""
    page.goto("/traces?service=page-tests")
    page.locator(".facets .value", has_text="error").first.click()
    page.wait_for_url("**status=error*")
    page.locator("tr[data-href] .row-link").first.click()
    expect(page.locator(".told")).to_contain_text("Refund A-1, please.")
    expect(page.locator("#pane .failure")).to_contain_text("the bank does not answer")


def test_labels_by_keyboard_become_kappa_and_a_dataset(chrome: Browser, served: str) -> None:
    """Two people label without a mouse; how well they agree is shown, and a dataset is made."""
    for who, verdicts in (("ann", "121"), ("bob", "122")):
        with faultless_page(context_of(chrome, served)) as page:
            page.goto("/review/answers")
            page.get_by_role("button", name="Start reviewing").press("Enter")
            page.get_by_label("Your name").press_sequentially(who)
            page.keyboard.press("Enter")
            for at, verdict in enumerate(verdicts):
                expect(page.locator("[data-progress]")).to_have_text(f"{at} of 3")
                page.keyboard.press(verdict)
                if at == 0:
                    page.keyboard.press("ArrowDown")
                    page.keyboard.type("Say when.")
                if at < 2:
                    leave(page, "Control+Enter")
            page.keyboard.press("Control+Enter")
            page.wait_for_url("**/done")
            expect(page.get_by_role("heading", name="All done")).to_be_visible()
            if who == "bob":
                page.get_by_role("link", name="How well reviewers agree").press("Enter")
                expect(page.locator("[data-kappa]").first).to_contain_text("0.40")
                expect(page.locator(".disagreements li")).to_have_count(1)
                page.goto("/review/answers")
                page.get_by_label("Dataset").fill("golden")
                page.get_by_role("button", name="Sync").press("Enter")
                page.get_by_role("link", name="Open the dataset").press("Enter")
                expect(page.locator("tr[data-row]")).to_have_count(1)


def test_comparing_two_runs(page: Page) -> None:
    """Select two runs, compare them, and see the rows that flipped."""
    page.goto("/runs")
    page.get_by_label(f"Select {SECOND}").check()
    page.get_by_label(f"Select {FIRST}").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("h1")).to_contain_text(f"{SECOND} against {FIRST}")
    expect(page.locator(".lead")).to_contain_text("correctness")
    expect(page.locator(".flip-list > li").first).to_be_visible()


def test_saving_a_query(page: Page) -> None:
    """What stands in the editor is saved under a name, runs, and is opened again."""
    page.goto("/sql")
    page.locator("#query").fill("SELECT count(*) AS runs FROM runs")
    page.locator("#saved-name").fill("How many runs")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/sql?saved=*")
    expect(page.locator("table.result")).to_contain_text("2")
    page.goto("/sql")
    page.get_by_role("link", name="How many runs").click()
    expect(page.locator("#query")).to_have_value("SELECT count(*) AS runs FROM runs")
