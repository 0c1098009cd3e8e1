from collections.abc import Iterator
from pathlib import Path

import pytest
from run_lake import store_runs
from server import RunningServer
from wire import Client


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server with its defaults for all tests; it has to end well."""
    with RunningServer(tmp_path_factory.mktemp("lake") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def client(server: RunningServer) -> Iterator[Client]:
    """A client of that server."""
    with Client(server) as connected:
        yield connected


_SMALL = """
receivers:
  otlp:
    protocols:
      grpc: {max_recv_msg_size_mib: 8}
      http:
        max_request_body_size: 8388608
        read_timeout: 2s
        idle_timeout: 2s
        cors: {allowed_origins: [https://app.example.com]}
processors:
  memory_limiter: {limit_mib: 8}
  genai:
exporters:
  lake: {seal_interval: 0s}  # its memory is measured
"""


@pytest.fixture(scope="session")
def small_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with 8 MiB for a request and for all of them, 2 s for a body, and one origin."""
    with RunningServer(tmp_path_factory.mktemp("small") / "data", config=_SMALL) as running:
        yield running


@pytest.fixture(scope="session")
def small_client(small_server: RunningServer) -> Iterator[Client]:
    """A client of that one."""
    with Client(small_server) as connected:
        yield connected


@pytest.fixture(scope="session")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with two runs on a dataset, which tests read and do not change."""
    data = tmp_path_factory.mktemp("evaluated") / "lake"
    store_runs(data)
    return data


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Where a test may have a lake of its own."""
    return tmp_path / "data"
