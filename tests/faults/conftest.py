from collections.abc import Iterator
from pathlib import Path

import pytest
from server import RunningServer
from tally import Tally, record
from wire import Client

_PASSED = pytest.StashKey[bool]()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Where a test may have a lake of its own."""
    return tmp_path / "data"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server with its defaults for all tests that do not end it; it has to end well."""
    with RunningServer(tmp_path_factory.mktemp("lake") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def client(server: RunningServer) -> Iterator[Client]:
    """A client of that server."""
    with Client(server) as connected:
        yield connected


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Keep for the fixtures whether the test has passed."""
    report = yield
    if call.when == "call":
        item.stash[_PASSED] = report.passed  # type: ignore[attr-defined]  # what the others return
    return report


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """What the test has tried; with --record-faults it goes to the results of the page on trust."""
    counted = Tally()
    yield counted
    wanted = request.config.getoption("--record-faults")
    if wanted and counted.family is not None and request.node.stash.get(_PASSED, False):
        record(request.node.nodeid, counted)
