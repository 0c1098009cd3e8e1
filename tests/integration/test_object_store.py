"""Lakes in a bucket: servers, commands and pages over it, and several collectors at once."""

import json
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from ceph import CephServer, is_installed
from invariants import quiet
from ledger import Ledger
from object_stores import MotoServer, careless_server, environment, variables
from samples import sample
from senders import senders, sending
from server import RunningServer
from stored import seen_marks
from wire import Client, Transport

from spanlake.entities import Signal
from spanlake.storage.files.state import make_root
from spanlake.storage.lake import Lake
from spanlake.storage.layout import Layout
from spanlake.storage.verify import verify

SEALING = "exporters: {lake: {seal_interval: 3s}}"
MERGE_SECONDS = 300
# Nobody keeps up with senders that never pause, where one process is the whole object store.
PAUSE = 0.5
COUNT = "SELECT count(*) FROM spans"


@pytest.fixture
def lake(moto: MotoServer) -> Path:
    return moto.new_lake()


def command(*arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "spanlake", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def send(server: RunningServer, *signals: Signal) -> list[str]:
    """Send a sample of each signal; their marks."""
    samples = [sample(signal, 3) for signal in signals]
    with Client(server) as client:
        for signal, each in zip(signals, samples, strict=True):
            assert client.send(Transport.PROTOBUF, signal, each.request).rejected == 0
    return [each.mark for each in samples]


@pytest.mark.timeout(300)
def test_a_server_keeps_its_lake_in_a_bucket(lake: Path, tmp_path: Path) -> None:
    """What a server acknowledged is in SQL, on its pages and after a kill; commands find it."""
    with RunningServer(lake, home=tmp_path) as server:
        marks = send(server, *Signal)
        assert seen_marks(lake) == dict.fromkeys(marks, 3)
        assert server.get("/readyz")[0] == 200
        assert server.get("/traces")[0] == 200
        with server.connection() as connection:
            body = json.dumps({"query": COUNT})
            connection.request("POST", "/api/v1/sql", body, {"Content-Type": "application/json"})
            assert json.loads(connection.getresponse().read()) == [{"count_star()": 3}]
        server.kill()
    assert seen_marks(lake) == dict.fromkeys(marks, 3)
    for arguments in (["seal"], ["sql", COUNT, "--format", "json"]):
        done = command(*arguments, "--data", str(lake))
        assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [{"count_star()": 3}]
    assert seen_marks(lake) == dict.fromkeys(marks, 3)


def test_a_server_that_ignores_conditions_ends_serve(tmp_path: Path) -> None:
    """`spanlake serve` refuses a store without conditional writes, in a line, with status 2."""
    with careless_server() as url, environment(variables(url, tmp_path)):
        done = command("serve", "--data", "s3://careless/lake", "--grpc-port", "0")
    assert done.returncode == 2
    assert "--data is s3://careless/lake: its server ignores If-None-Match" in done.stderr
    assert "Traceback" not in done.stderr


class Repeated(ABC):
    """Does one thing to a lake again and again in a thread of its own."""

    def __init__(self, lake: Path) -> None:
        self.lake = lake
        self._stopping = threading.Event()

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Do it until the block is left; may be called again then."""
        self._stopping.clear()
        thread = threading.Thread(target=self._repeat)
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            thread.join()

    @abstractmethod
    def once(self) -> None:
        """Do it once."""

    def _repeat(self) -> None:
        while not self._stopping.is_set():
            self.once()


class Watcher(Repeated):
    """Counts the spans of a lake: there are never fewer, and none is twice."""

    def __init__(self, lake: Path) -> None:
        super().__init__(lake)
        self.looks = 0
        self.wrong: list[str] = []
        self._before = 0
        self._opened: Lake | None = None

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Do it through the same open lake."""
        with Lake(self.lake) as self._opened, super().going_on():
            yield

    def once(self) -> None:
        """Count."""
        assert self._opened is not None
        ((count, distinct),) = self._opened.rows(
            "SELECT count(*), count(DISTINCT span_id) FROM spans"
        )
        if count != distinct or count < self._before:
            self.wrong.append(f"{self._before} before, then {count} of {distinct} spans")
        self._before = count
        self.looks += 1


class Compactor(Repeated):
    """Runs `spanlake seal`, each time in a process of its own."""

    def __init__(self, lake: Path) -> None:
        super().__init__(lake)
        self.merged = 0
        self.failed: list[str] = []

    def once(self) -> None:
        """Seal and merge."""
        arguments = ["seal", "--data", str(self.lake), "--format", "json"]
        done = command(*arguments, timeout=MERGE_SECONDS)
        if done.returncode == 0:
            self.merged += sum(table["merged"] for table in json.loads(done.stdout))
        else:
            self.failed.append(done.stderr)


def collect_together(lake: Path, home: Path, *, rounds: int, seconds: float, seed: int) -> Ledger:
    """Two servers under load and a compactor on one lake; one server is killed in each round."""
    make_root(lake)
    ledger = Ledger()
    teams = [senders(ledger, seed)[::2], senders(ledger, seed + 1)[::2]]
    watcher, compactor = Watcher(lake), Compactor(lake)
    for number in range(rounds):
        merged_before = compactor.merged
        with ExitStack() as running:
            servers = []
            for at, team in enumerate(teams):
                folder = home / f"{at}"
                folder.mkdir(exist_ok=True)
                server = RunningServer(lake, config=SEALING, home=folder)
                servers.append(running.enter_context(server))
                running.enter_context(sending(team, server, pause=PAUSE))
            running.enter_context(watcher.going_on())
            running.enter_context(compactor.going_on())
            began = time.monotonic()
            while compactor.merged == merged_before or time.monotonic() < began + seconds:
                assert time.monotonic() < began + MERGE_SECONDS, "nothing is merged"
                assert compactor.failed == []
                time.sleep(0.2)
            servers[number % 2].kill()
        ledger.check(lake)
    assert watcher.looks
    assert (watcher.wrong, compactor.failed) == ([], [])
    assert verify(Layout(lake), progress=quiet).damage == ()
    return ledger


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_collectors_and_a_compactor_share_a_lake(lake: Path, tmp_path: Path) -> None:
    """Two servers and a compactor at once: nothing acknowledged is lost, nothing is doubled."""
    ledger = collect_together(lake, tmp_path, rounds=2, seconds=10, seed=1)
    assert ledger.acknowledged > 10


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not is_installed(), reason="needs Ceph: run `just slow-tools`")
def test_collectors_and_a_compactor_share_a_lake_in_ceph(tmp_path: Path) -> None:
    """The same over and over on a real object store, with servers killed under load."""
    with CephServer() as ceph:
        told = variables(ceph.url, tmp_path / "state", key=ceph.key)
        with environment(told):
            lake = ceph.new_lake()
            ledger = collect_together(lake, tmp_path, rounds=4, seconds=15, seed=2)
    assert ledger.acknowledged > 100
