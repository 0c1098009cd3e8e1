"""Journeys through the pages in a real browser; `--draw-pictures` draws those of the docs anew."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from captures import captures_of, store
from chromium import Screen, context_of, expect_nothing_runs, guarded_page
from hostile_texts import hostile_traces
from page_lake import own_traces, span_id, trace_id
from playwright.sync_api import Browser, Page, expect
from server import RunningServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with real traces and some of our own."""
    data = tmp_path_factory.mktemp("browser") / "lake"
    folders = ("pydantic-ai-otel-v5", "openinference-langchain", "langfuse-v3")
    store([capture for folder in folders for capture in captures_of(folder)], data)
    own_traces().store(data)
    demo = [sys.executable, "-m", "spanlake", "demo", "--data", str(data), "--format", "json"]
    subprocess.run(demo, check=True, capture_output=True, timeout=120)
    with RunningServer(data) as server:
        yield f"http://{server.http}"


def test_finding_a_failed_trace_and_reading_why(page: Page) -> None:
    """From the list by the facet to the failed trace, and its page says what failed."""
    page.goto("/traces?service=page-tests")
    page.locator(".facets .value", has_text="error").first.click()
    page.locator("tr[data-href] .row-link").first.click()
    expect(page.locator(".told")).to_contain_text("Refund A-1, please.")
    expect(page.locator("#pane .failure")).to_contain_text("the bank does not answer")


def test_everything_by_keyboard(page: Page) -> None:
    """Rows, spans, pages and the filter are reached without a mouse."""
    page.goto("/traces?service=page-tests&sort=-span_count")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/traces/0*")
    first = page.locator('tr[aria-selected="true"]').get_attribute("data-span")
    page.keyboard.press("k")
    page.wait_for_url("**span=*")
    assert page.locator('tr[aria-selected="true"]').get_attribute("data-span") != first
    page.keyboard.press("c")
    expect(page.locator("table.tree")).to_have_class("rows tree shows-critical")
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/sessions")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()


def test_a_chosen_span_is_in_the_url(page: Page) -> None:
    """Choosing a span changes the pane and the URL, and going back does, too."""
    page.goto(f"/traces/{trace_id(4)}")
    page.locator(f'tr[data-span="{span_id(2)}"] .row-link').click()
    expect(page.locator("#pane")).to_contain_text("returned")
    assert f"span={span_id(2)}" in page.url
    page.go_back()
    expect(page.locator("#pane .failure")).to_be_visible()


def test_further_steps_come_as_one_scrolls(page: Page) -> None:
    """A tree shows some hundred steps, and others as soon as one has scrolled to its end."""
    page.goto(f"/traces/{trace_id(2)}?span={span_id(1)}")
    steps = page.locator("tr[data-span]")
    for shown in (200, 400, 600):
        expect(steps).to_have_count(shown)
        page.locator("tr.sentinel").scroll_into_view_if_needed()
    expect(steps).to_have_count(700)


def test_folding_hides_what_is_below(page: Page) -> None:
    """A folded step hides those below it, also those that come later."""
    page.goto(f"/traces/{trace_id(2)}?span={span_id(1)}")
    page.locator(f'tr[data-span="{span_id(3)}"] [data-twist]').click()
    expect(page.locator(f'tr[data-span="{span_id(4)}"]')).to_be_hidden()
    expect(page.locator(f'tr[data-span="{span_id(3)}"] .folded-count')).to_have_text("697")


def test_brushing_the_histogram_chooses_a_time(page: Page) -> None:
    """Dragging over the histogram leaves the traces between."""
    page.goto("/traces")
    box = page.locator(".histogram svg").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20, steps=5)
    page.mouse.up()
    page.wait_for_url("**from=*")
    expect(page.locator(".chip")).to_contain_text("time")


def test_a_query_is_completed_run_and_drawn(page: Page) -> None:
    """The editor completes a column, Ctrl+Enter runs the query, and a chart shows the answer."""
    page.goto("/sql")
    page.keyboard.type("SELECT name, span_cou")
    page.keyboard.press("Tab")
    page.keyboard.type(" FROM traces LIMIT 5")
    page.keyboard.press("Control+Enter")
    expect(page.locator("table.result tbody tr")).to_have_count(5)
    page.locator("[data-chart]").click()
    expect(page.locator(".chart canvas")).to_be_visible()
    assert "span_count" in page.url
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert Path(download.value.path()).read_text("utf-8").startswith("name,span_count\n")


def test_times_are_in_the_readers_zone(chrome: Browser, served: str) -> None:
    """The same moment is another hour in Tokyo."""
    shown = []
    for zone in ("UTC", "Asia/Tokyo"):
        context = chrome.new_context(base_url=served, timezone_id=zone, locale="en-GB")
        opened = context.new_page()
        opened.goto(f"/traces/{trace_id(4)}")
        shown.append(opened.locator(".facts time").first.text_content())
        context.close()
    assert len(set(shown)) == 2


def test_pages_are_read_without_javascript(chrome: Browser, served: str) -> None:
    """List, trace, another span and a query's answer are there without any script."""
    context = context_of(chrome, served, runs_scripts=False)
    opened = context.new_page()
    opened.goto("/traces?service=page-tests&status=error")
    opened.locator("tr[data-href] .row-link").first.click()
    assert "the bank does not answer" in (opened.text_content("#pane") or "")
    opened.locator(f'tr[data-span="{span_id(2)}"] .row-link').click()
    assert "returned" in (opened.text_content("#pane") or "")
    opened.goto("/sql/result?q=SELECT+42+AS+answer")
    assert "42" in (opened.text_content("table.result") or "")
    context.close()


def test_no_text_of_a_trace_ever_runs(chrome: Browser, tmp_path: Path) -> None:
    """Payloads in every field run nowhere, and no page asks another host for anything."""
    hostile_traces().store(tmp_path / "lake")
    with RunningServer(tmp_path / "lake") as server:
        trace = f"/traces/{trace_id(1)}"
        tabs = ("", "documents", "assessments", "attributes", "events", "links", "raw")
        paths = ["/traces", "/traces?page=2", "/traces?page=3", "/sessions", "/overview"]
        paths += [f"{trace}?span={span_id(number)}&tab={tab}" for number in (2, 3) for tab in tabs]
        paths += ["/sql?q=SELECT+name,+input,+session_id+FROM+traces"]
        with guarded_page(context_of(chrome, f"http://{server.http}"), server.http) as opened:
            expect_nothing_runs(opened, paths)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("traces", "/traces"),
        ("trace", "/traces?tool=refund_order"),
        ("sessions", "/sessions"),
        ("session", "/sessions"),
        ("overview", "/overview"),
        ("sql", "/sql?q=SELECT+model,+count(*)+AS+calls+FROM+llm_calls+GROUP+BY+ALL"),
    ],
)
def test_pages_fit_every_screen(screen: Screen, name: str, path: str) -> None:
    """No page scrolls sideways, and none complains, in light and dark, on a desk and a phone."""
    screen.page.goto(path)
    if name in {"trace", "session"}:  # of the demo, which is the newest
        screen.page.locator(".row-link").first.click()
    screen.page.wait_for_load_state("networkidle")
    if name == "sql":
        expect(screen.page.locator("table.result")).to_be_visible()
    screen.fits(name)
