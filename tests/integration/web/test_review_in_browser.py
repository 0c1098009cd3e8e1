"""Reviewing in a real browser, by keyboard; `--draw-pictures` draws those of the docs anew."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from captures import captures_of, store
from chromium import Faults, Screen, context_of, expect_nothing_runs, guarded_page
from hostile_texts import hostile_traces
from page_lake import own_traces, trace_id
from playwright.sync_api import Browser, BrowserContext, Page, expect
from reviewing import is_saved, leave
from server import RunningServer, wait_until

import spanlake
from spanlake import labeling

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ANN = ["1", "2", "1", "1", "2", "1", "2", "1", "1", "2"]
BOB = ["1", "2", "1", "2", "2", "1", "1", "1", "1", "2"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real traces, and a queue of ten of them with four kinds of questions."""
    folder = tmp_path_factory.mktemp("review") / "lake"
    folders = ("pydantic-ai-otel-v5", "openinference-langchain", "langfuse-v3")
    store([capture for name in folders for capture in captures_of(name)], folder)
    own_traces().store(folder)
    demo = [sys.executable, "-m", "spanlake", "demo", "--data", str(folder), "--format", "json"]
    subprocess.run(demo, check=True, capture_output=True, timeout=120)
    ask(folder)
    spanlake.create_labeling_session(
        "Whole conversations", label_schemas=["correct", "useful"], data=folder
    ).add_sessions(where="starts_with(session_id, 'demo')", limit=1)
    return folder


def ask(folder: Path, name: str = "Support answers", **more: object) -> labeling.LabelingSession:
    """Make the questions and a queue of ten traces."""
    for schema, title, taken in (
        ("correct", "Is the answer correct?", labeling.InputPassFail()),
        ("tone", "How does it sound?", labeling.InputCategorical(options=["Kind", "Plain"])),
        ("useful", "How useful is it?", labeling.InputNumeric(min_value=1, max_value=5)),
    ):
        spanlake.create_label_schema(
            schema, type="feedback", input=taken, title=title, enable_comment=True, data=folder
        )
    plan: dict[str, object] = {
        "label_schemas": ["correct", "tone", "useful", "expected_response"],
        "reviewers_per_item": 2,
    }
    session = spanlake.create_labeling_session(name, **plan | more, data=folder)  # type: ignore[arg-type]
    return session.add_traces(filter_string="llm_call_count > 0", limit=10)


@pytest.fixture(scope="module")
def served(data: Path) -> Iterator[str]:
    """The address of a server over them."""
    with RunningServer(data) as server:
        yield f"http://{server.http}"


def as_reviewer(context: BrowserContext, base: str, name: str) -> BrowserContext:
    """That browser, as if its reader had told the server this name."""
    context.add_cookies([{"name": "spanlake-reviewer", "value": name, "url": base}])
    return context


def test_ten_traces_by_keyboard_as_two_reviewers(chrome: Browser, served: str, data: Path) -> None:
    """Two people label ten traces without a mouse, kappa is seen live, and a dataset is made."""
    shown: Page | None = None
    for who, values in (("ann", ANN), ("bob", BOB)):
        context = context_of(chrome, served)
        page = context.new_page()
        faults = Faults(page)
        page.goto("/review/Support%20answers")
        page.get_by_role("button", name="Start reviewing").press("Enter")
        page.get_by_label("Your name").press_sequentially(who)
        page.keyboard.press("Enter")
        page.wait_for_url("**/items/*")
        for at, value in enumerate(values):
            expect(page.locator("[data-progress]")).to_have_text(f"{at} of 10")
            page.keyboard.press(value)
            page.keyboard.press("2")
            page.keyboard.press("5")
            if at == 0:
                page.keyboard.press("Tab")  # to the comment of the last question
                page.keyboard.type("Well said")
                page.keyboard.press("Escape")
            if at < 9:
                leave(page, "Enter")
        page.keyboard.press("Enter")
        page.wait_for_url("**/done")
        expect(page.get_by_role("heading", name="All done")).to_be_visible()
        assert faults.found == []
        if who == "ann":
            shown = context.new_page()
            shown.goto("/review/Support%20answers/agreement")
        else:
            context.close()
    assert shown is not None
    kappa = shown.locator("[data-kappa]").first
    expect(kappa).to_contain_text("0.58")  # without a reload
    shown.reload()
    expect(shown.locator(".disagreements li")).to_have_count(2)
    shown.locator(".decide button").first.press("Enter")
    expect(shown.locator(".tag", has_text="decided")).to_have_count(1)
    session = labeling.get_labeling_session("Support answers", data=data)
    (correct, *_) = session.agreement()
    assert correct.pairs[0].kappa is not None
    assert round(correct.pairs[0].kappa.value or 0, 2) == 0.58
    comments = [each.comment for each in session.labels if each.comment]
    assert comments == ["Well said"] * 2


def test_nothing_is_lost_when_the_server_restarts(chrome: Browser, tmp_path: Path) -> None:
    """What is answered while no server is there is stored once one is, also after a reload."""
    folder = tmp_path / "lake"
    own_traces().store(folder)
    ask(folder, "q", reviewers_per_item=1)
    port = "0"
    with RunningServer(folder) as server:
        port = server.http.rpartition(":")[2]
        base = f"http://{server.http}"
        context = as_reviewer(context_of(chrome, base), base, "ann")
        page = context.new_page()
        page.goto("/review/q")
        page.get_by_role("button", name="Start reviewing").click()
        page.wait_for_url("**/items/*")
        leave(page, "1", "1", "3", "Enter")
        is_saved(page)
        page.wait_for_load_state("networkidle")  # the item after this one is loaded ahead
        server.kill()
    for key in ("2", "2", "4"):
        page.keyboard.press(key)
    page.locator("textarea[name^='value.']").fill("It should have said so.")
    expect(page.locator("[data-saved]")).to_contain_text("trying again")
    leave(page, "Control+Enter")
    page.keyboard.press("1")
    with RunningServer(folder, arguments=["--http-port", port]) as server:
        is_saved(page)
        expect(page.locator("[data-saved]")).to_have_text("saved")
        page.reload()
        expect(page.locator("[data-question] input:checked").first).to_have_value("true")
        labels = labeling.get_labeling_session("q", data=folder).labels
        said = [(each.name, each.value) for each in labels]
        assert said.count(("correct", True)) == 1
        assert said.count(("correct", False)) == 1
        assert ("expected_response", "It should have said so.") in said
        with spanlake.connect(folder) as lake:
            rows = lake.sql("SELECT count(*) FROM assessments WHERE is_valid").fetchall()
        assert rows == [(len(labels),)]
        context.close()


def test_undo_skip_and_decline(chrome: Browser, tmp_path: Path) -> None:
    """`z` takes back answers and whole items, `s` leaves one for later, `d` says it cannot be."""
    folder = tmp_path / "lake"
    own_traces().store(folder)
    session = ask(folder, "q", reviewers_per_item=1)
    with RunningServer(folder) as server:
        base = f"http://{server.http}"
        context = as_reviewer(context_of(chrome, base), base, "ann")
        page = context.new_page()
        page.goto("/review/q")
        page.get_by_role("button", name="Start reviewing").click()
        page.wait_for_url("**/items/*")
        first = page.locator("#item").get_attribute("data-item")
        page.keyboard.press("Enter")
        expect(page.locator(".problem-line").first).to_contain_text("press s to skip")
        page.keyboard.press("1")
        page.keyboard.press("z")
        expect(page.locator("input:checked")).to_have_count(0)
        page.keyboard.press("2")  # which marks the next question
        page.keyboard.press("Tab")
        page.keyboard.type("Too short")
        page.keyboard.press("Escape")
        expect(page.locator("[data-comment]").first).to_have_value("Too short")
        expect(page.locator("[data-question]").nth(1)).to_have_class("question is-active")
        leave(page, "2", "3", "Enter")
        is_saved(page)
        assert next(each.status for each in session.items) == "complete"
        page.keyboard.press("z")
        expect(page.locator("#item")).to_have_attribute("data-item", first or "")
        expect(page.locator("input:checked")).to_have_count(3)
        is_saved(page)
        assert session.labels == []
        with spanlake.connect(folder) as lake:
            assert lake.sql("SELECT count(*) FROM assessments WHERE is_valid").fetchall() == [(0,)]
        leave(page, "s")
        page.keyboard.press("d")
        page.keyboard.type("Not my language")
        leave(page, "Tab", "Enter")
        is_saved(page)
        wait_until(lambda: [each.status for each in session.items].count("declined") == 1)
        assert next(each.status for each in session.items) == "skipped"
        context.close()


def test_no_text_of_a_trace_ever_runs(chrome: Browser, tmp_path: Path) -> None:
    """Payloads in every field, in questions and answers run on no page of the review app."""
    folder = tmp_path / "lake"
    hostile_traces().store(folder)
    line = "<img src=x onerror=window.__xss=1>"
    taken = labeling.InputCategorical(options=[line, "javascript:window.__xss=1"])
    spanlake.create_label_schema(line, type="feedback", input=taken, title=line, data=folder)
    session = spanlake.create_labeling_session(
        line, label_schemas=[line], description=line, reviewers_per_item=2, data=folder
    ).add_traces([trace_id(1), *(trace_id(number) for number in range(2, 110, 9))])
    session.add_sessions(limit=20)
    with RunningServer(folder) as server:
        base = f"http://{server.http}"
        url = f"/review/{session.labeling_session_id}"
        paths = ["/review", "/review/schemas", "/review/new", url, f"{url}/agreement"]
        paths += [f"{url}/items/{item.item_id}" for item in session.items]
        context = as_reviewer(context_of(chrome, base), base, "ann")
        with guarded_page(context, server.http) as page:
            expect_nothing_runs(page, paths)
            page.goto(paths[5])
            for key in ("1", "2", "1", "2"):
                leave(page, key, "Enter")
                assert page.evaluate("window.__xss") == 0
            is_saved(page)
            expect_nothing_runs(page, [f"{url}/agreement"])


def test_pages_fit_every_screen(screen: Screen, served: str, data: Path) -> None:
    """No page of the review app scrolls sideways or complains, on a desk and a phone."""
    page = screen.page
    as_reviewer(page.context, served, "cid")
    session = labeling.get_labeling_session("Support answers", data=data)
    with httpx2.Client(base_url=served, timeout=60) as api:
        for at, item in enumerate(session.items[:6]):
            path = f"/api/v1/queues/{session.labeling_session_id}/items/{item.item_id}"
            for who in ("ann", "bob"):
                value = at % 3 > 0 if who == "ann" else at != 3
                said = {"reviewer": who, "schema": "correct", "value": value}
                assert api.put(f"{path}/answers", json=said).status_code == 200
                done = {"reviewer": who, "status": "complete"}
                assert api.put(f"{path}/review", json=done).status_code == 200
    url = "/review/Support%20answers"
    last = session.items[-1].item_id
    (talk,) = labeling.get_labeling_session("Whole conversations", data=data).items
    for name, path in (
        ("review-queues", "/review"),
        ("review-queue", url),
        ("review", f"{url}/items/{last}"),
        ("review-session", f"/review/Whole%20conversations/items/{talk.item_id}"),
        ("review-agreement", f"{url}/agreement"),
        ("review-new", "/review/new"),
        ("review-questions", "/review/schemas"),
    ):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        if name == "review":
            page.keyboard.press("1")
        screen.fits(name)
