"""Memory, file descriptors and threads run out: refused at the time, served when there are some."""

import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from chance import chance
from invariants import check_lake, restarted
from ledger import Ledger
from senders import senders, sending
from server import RunningServer, wait_until
from tally import Family, Tally

_PAGE = resource.getpagesize()
SECONDS, PATIENCE = 0.7, 180


def address_space(server: RunningServer) -> int:
    """The bytes of its address space."""
    return int(Path(f"/proc/{server.process.pid}/statm").read_text("ascii").split()[0]) * _PAGE


def descriptors(server: RunningServer) -> int:
    """How many file descriptors it has open."""
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


def exhausted(data: Path, rounds: int, seed: int, tally: Tally) -> None:
    """Take memory or descriptors from a server under load, and give them back, again and again."""
    ledger, source = Ledger(), chance(seed)
    with restarted(data, ledger) as server:
        with sending(senders(ledger, seed), server, persistent=True):
            for number in range(rounds):
                before = ledger.acknowledged
                wait_until(lambda before=before: ledger.acknowledged > before, seconds=PATIENCE)  # type: ignore[misc]  # a default
                kind, limit = (
                    (resource.RLIMIT_AS, address_space(server) + source.choice((0, 1 << 20)))
                    if number % 2
                    else (resource.RLIMIT_NOFILE, descriptors(server) + source.choice((0, 1, 3)))
                )
                _, hard = resource.prlimit(server.process.pid, kind)
                resource.prlimit(server.process.pid, kind, (limit, hard))
                time.sleep(SECONDS)
                resource.prlimit(server.process.pid, kind, (hard, hard))
            before = ledger.acknowledged
            wait_until(lambda: ledger.acknowledged > before, seconds=PATIENCE)
        server.kill()
    check_lake(data, ledger)
    # What it logged while it had nothing left may have been a traceback.
    restarted(data, ledger).kill()
    tally(Family.EXHAUSTION, rounds, spans=ledger.acknowledged, seeds=[seed])


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [1, 2])
def test_memory_and_descriptors_run_out(data: Path, seed: int, tally: Tally) -> None:
    """A server that has no memory or descriptors left refuses, lives, and goes on with them."""
    exhausted(data, 20, seed, tally)


@pytest.fixture
def open_data() -> Iterator[Path]:
    """A place for a lake that anybody may write to."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o777)
        yield Path(place) / "data"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_threads_run_out(open_data: Path, tally: Tally) -> None:
    """A server that may start no more threads acknowledges only what it stores."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("setpriv is not installed")
    # The limit does not bind root, and nobody else may enter the folders of pytest.
    nobody = [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups"]
    try:
        server = RunningServer(open_data, under=nobody)
    except AssertionError as error:
        pytest.skip(f"no server of another user can be run here: {error}")
    with server:
        started = len(list(Path(f"/proc/{server.process.pid}/task").iterdir()))
    ledger = Ledger()
    under = [*nobody, "prlimit", f"--nproc={started + 1}"]
    with RunningServer(open_data, under=under) as server:
        with sending(senders(ledger, 3), server, persistent=True):
            wait_until(lambda: ledger.acknowledged > 100, seconds=PATIENCE)
        server.kill()
    check_lake(open_data, ledger)
    tally(Family.EXHAUSTION, 1, spans=ledger.acknowledged, seeds=[3])
