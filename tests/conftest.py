import atexit
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from object_stores import MotoServer, environment, variables

# How long an example takes depends on the machine; pytest's own timeout catches what hangs.
hypothesis.settings.register_profile("no deadline", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("no deadline")

# Hundreds of servers and commands start here: they shall not compile all of Spanlake each time.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_collection_finish() -> None:
    """Keep the search for garbage out of thousands of tests and modules."""
    gc.collect()
    gc.freeze()
    # DuckDB's binding would take them for leaked, and say so.
    atexit.register(gc.unfreeze)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what our own commands pass on."""
    parser.addoption(
        "--draw-pictures", action="store_true", help="Draw the pictures of the docs anew."
    )
    parser.addoption(
        "--draw-instrumentors",
        action="store_true",
        help="Draw the table of instrumentors in the docs anew.",
    )
    parser.addoption(
        "--record-faults",
        action="store_true",
        help="Write down what the fault suite tries, for the page on trust.",
    )
    parser.addoption("--draw-trust", action="store_true", help="Draw the page on trust anew.")


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MotoServer]:
    """An object store in memory, which the environment leads to from now on."""
    state = tmp_path_factory.mktemp("state")
    with MotoServer() as server, environment(variables(server.url, state)):
        yield server


@pytest.fixture(params=["directory", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where a lake may be: a directory, and a prefix in a bucket."""
    if request.param == "directory":
        return tmp_path
    moto: MotoServer = request.getfixturevalue("moto")
    return moto.new_lake()
