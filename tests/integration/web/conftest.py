from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import Browser
from captures import captures_of, store
from chromium import DESKTOP, PHONE, Screen, chromium, context_of, faultless_page
from page_lake import own_traces
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

FOLDERS = ("pydantic-ai-otel-v5", "openinference-langchain")


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with what two instrumentors sent, and a few traces of our own."""
    data = tmp_path_factory.mktemp("pages") / "lake"
    store([capture for folder in FOLDERS for capture in captures_of(folder)], data)
    own_traces().store(data)
    return data


@pytest.fixture(scope="session")
def browser(filled: Path) -> Iterator[Browser]:
    """The pages over that lake."""
    with Browser(filled) as opened:
        yield opened


@pytest.fixture(scope="session")
def evaluations(evaluated: Path) -> Iterator[Browser]:
    """The pages over a lake with two runs on a dataset."""
    with Browser(evaluated) as opened:
        yield opened


@pytest.fixture(scope="module")
def chrome() -> Iterator[Chromium]:
    """A real browser for a module's journeys; Playwright's event loop ends with it."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(chrome: Chromium, served: str) -> Iterator[Page]:
    """A page of the server at `served`, which the module starts; it must not complain."""
    with faultless_page(context_of(chrome, served)) as opened:
        yield opened


@pytest.fixture(
    params=[(size, theme) for size in (DESKTOP, PHONE) for theme in ("light", "dark")],
    ids=["desktop-light", "desktop-dark", "phone-light", "phone-dark"],
)
def screen(
    request: pytest.FixtureRequest, chrome: Chromium, served: str, tmp_path: Path
) -> Iterator[Screen]:
    """A page of that server, which must not complain, on a desk and a phone, in both themes."""
    size, theme = request.param
    draws_docs = request.config.getoption("--draw-pictures")
    with faultless_page(context_of(chrome, served, size=size, theme=theme)) as opened:
        yield Screen(opened, size, theme, tmp_path, draws_docs=draws_docs)
