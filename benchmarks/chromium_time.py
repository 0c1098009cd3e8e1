"""How long a page takes in Chromium until something, and until its first rows, can be seen."""

import re
import shutil
import statistics
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

_ROUNDS = 5
_SYSTEM = ("chromium", "chromium-browser", "google-chrome")
# The frame after that in which a row is there for the first time is the one that shows it.
_WATCH = """
new MutationObserver((_, observer) => {
    if (!document.querySelector("tr[data-span]")) return;
    observer.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => {
        window.firstRows = performance.now();
    }));
}).observe(document, {childList: true, subtree: true});
"""
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


class Seen(NamedTuple):
    """Milliseconds since a page was asked for; bytes of its process, and of its scripts' heap."""

    paint: float
    rows: float
    memory: int
    scripts: int


def look(base: str, path: str, *, scrolled_to: int = 0) -> Seen:
    """Open a page of a server some times, each in a new browser, and take the medians.

    scrolled_to: how many rows of the tree are scrolled through before memory is read.
    """
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
        system = next(filter(None, map(shutil.which, _SYSTEM)), None)
        program = own if Path(own).exists() else system
        if program is None:
            raise SystemExit("there is no Chromium; `playwright install chromium` fetches one")
        seen: list[Seen] = []
        for _ in range(_ROUNDS):
            # As root, Chromium's own sandbox cannot be.
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            seen.append(_seen(browser, base + path, scrolled_to))
            browser.close()
    return Seen(
        paint=statistics.median(each.paint for each in seen),
        rows=statistics.median(each.rows for each in seen),
        memory=round(statistics.median(each.memory for each in seen)),
        scripts=round(statistics.median(each.scripts for each in seen)),
    )


def _seen(browser: Browser, url: str, scrolled_to: int) -> Seen:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(120_000)
    page.add_init_script(_WATCH)
    page.goto(url)
    page.wait_for_function("window.firstRows > 0")
    paint, rows = page.evaluate(_PAINT), page.evaluate("window.firstRows")
    while (shown := page.locator("tr[data-span]").count()) < scrolled_to:
        page.locator("tr.sentinel").scroll_into_view_if_needed()
        page.locator("tr[data-span]").nth(shown).wait_for(state="attached")
    return Seen(paint, rows, _memory(browser), _heap(page))


def _heap(page: Page) -> int:
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    metrics = session.send("Performance.getMetrics")["metrics"]
    return int({each["name"]: each["value"] for each in metrics}["JSHeapUsedSize"])


def _memory(browser: Browser) -> int:
    """Of the processes that render pages: the largest, as the others are spare."""
    found = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    pages = [Path(f"/proc/{each['id']}/status") for each in found if each["type"] == "renderer"]
    return max(_resident(each.read_text()) for each in pages)


def _resident(status: str) -> int:
    match = re.search(r"VmHWM:\s+(\d+)", status)
    return int(match[1]) << 10 if match else 0
