"""A real browser, Playwright's own or the system's, on one of our servers."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

_SYSTEM = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium; the test is skipped where there is none."""
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
