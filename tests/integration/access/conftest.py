from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from credentials import make_key, make_user
from server import RunningServer
from wire import Client

from spanlake.entities.access import SCOPES, Permission, Role


@dataclass(frozen=True)
class Guarded:
    """A server that asks everybody. keys: by scope, and `mine` for one experiment."""

    server: RunningServer
    keys: dict[str, str]

    @property
    def url(self) -> str:
        """Of the API and the pages."""
        return f"http://{self.server.http}"


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """One server for all tests, with a key for each scope and two users."""
    data = tmp_path_factory.mktemp("guarded") / "data"
    data.mkdir()
    keys = {scope.value: make_key(data, scope, scope) for scope in SCOPES}
    keys["mine"] = make_key(data, "mine", Permission.INGEST, Permission.READ, experiment="mine")
    make_user(data, "ann", Role.EDITOR)
    make_user(data, "root", Role.ADMIN)
    with RunningServer(data) as server:
        yield Guarded(server, keys)


@pytest.fixture(scope="session")
def guarded_client(guarded: Guarded) -> Iterator[Client]:
    """A client of it."""
    with Client(guarded.server) as connected:
        yield connected
