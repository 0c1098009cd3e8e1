from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import Browser
from captures import captures_of, store
from page_lake import own_traces

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
