"""A real browser, Playwright's own or the system's, on one of our servers."""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

DESKTOP, PHONE = (1440, 900), (390, 844)
PATIENCE = 60_000  # ms: a loaded machine takes its time
Theme = Literal["light", "dark"]
_IMAGES = Path(__file__).parents[2] / "docs" / "images"
_IN_DOCS = {
    *("traces-light", "trace-light", "trace-dark", "session-light", "overview-light", "sql-light"),
    *("runs-light", "run-light", "comparison-light", "comparison-dark", "dataset-light"),
    *("review-light", "review-session-light", "review-queue-light", "review-agreement-light"),
}
_SYSTEM = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium; the test is skipped where there is none."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        system = next(filter(None, map(shutil.which, _SYSTEM)), None)
        own = playwright.chromium.executable_path
        path = own if Path(own).exists() else system
        if path is None:
            pytest.skip("there is no Chromium; `playwright install chromium` fetches one")
        # Tests may run as root, where Chromium's own sandbox cannot be.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


class Faults:
    """What a page complains of: errors of its scripts, and breaches of its policy."""

    def __init__(self, page: Page) -> None:
        self.found: list[str] = []
        page.on("pageerror", lambda error: self.found.append(str(error)))
        page.on(
            "console",
            lambda message: self.found.append(message.text) if message.type == "error" else None,
        )


def context_of(
    browser: Browser,
    base: str,
    *,
    size: tuple[int, int] = DESKTOP,
    theme: Theme = "light",
    runs_scripts: bool = True,
) -> BrowserContext:
    """A browser of somebody's own. base: the address of a server. size: in CSS pixels."""
    context = browser.new_context(
        base_url=base,
        viewport={"width": size[0], "height": size[1]},
        color_scheme=theme,
        java_script_enabled=runs_scripts,
    )
    context.set_default_timeout(PATIENCE)
    return context


@contextmanager
def faultless_page(context: BrowserContext) -> Iterator[Page]:
    """A page of that browser, which is closed in the end and must not have complained."""
    page = context.new_page()
    faults = Faults(page)
    yield page
    context.close()
    assert faults.found == []


@contextmanager
def guarded_page(context: BrowserContext, host: str) -> Iterator[Page]:
    """A page for `expect_nothing_runs`, which asks no other host for anything."""
    context.add_init_script("window.__xss = 0")
    page = context.new_page()
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    yield page
    context.close()
    assert hosts - {""} == {host}


def expect_nothing_runs(page: Page, paths: Iterable[str]) -> None:
    """Look at all there is on these pages; no payload runs."""
    for path in paths:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert page.evaluate("window.__xss") == 0, path


@dataclass(frozen=True)
class Screen:
    """A page on a screen of some size and theme. folder: for the pictures the docs do not show."""

    page: Page
    size: tuple[int, int]
    theme: Theme
    folder: Path
    draws_docs: bool

    def fits(self, name: str) -> None:
        """The page does not scroll sideways. name: that of its picture."""
        root = "document.documentElement"
        assert self.page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"), name
        picture = f"{name}-{self.theme}"
        is_drawn = self.draws_docs and self.size == DESKTOP and picture in _IN_DOCS
        folder = _IMAGES if is_drawn else self.folder
        self.page.screenshot(path=folder / f"{picture}.png")
