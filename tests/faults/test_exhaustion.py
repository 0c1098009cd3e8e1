"""Memory, file descriptors and threads run out: refused at the time, served when there are some."""

import resource
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from chance import chance
from invariants import check_lake, restarted
from ledger import Ledger
from senders import senders, sending
from server import RunningServer, wait_until
from tally import Family, Tally

_PAGE = resource.getpagesize()
SECONDS, PATIENCE = 0.7, 180
# How a library of C, C++ or Rust ends its process when it gets no memory.
_FROM_WITHIN = {signal.SIGABRT, signal.SIGSEGV}


def address_space(server: RunningServer) -> int:
    """The bytes of its address space."""
    return int(Path(f"/proc/{server.process.pid}/statm").read_text("ascii").split()[0]) * _PAGE


def descriptors(server: RunningServer) -> int:
    """How many file descriptors it has open."""
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


def lives(server: RunningServer) -> bool:
    """Whether it has not ended."""
    return server.process.poll() is None


def take_away(server: RunningServer, number: int, source: Random) -> None:
    """Let it have no more memory, or descriptors, than it has now, for a while."""
    kind, limit = (
        (resource.RLIMIT_AS, address_space(server) + source.choice((0, 1 << 20)))
        if number % 2
        else (resource.RLIMIT_NOFILE, descriptors(server) + source.choice((0, 1, 3)))
    )
    _, hard = resource.prlimit(server.process.pid, kind)
    resource.prlimit(server.process.pid, kind, (limit, hard))
    time.sleep(SECONDS)
    resource.prlimit(server.process.pid, kind, (hard, hard))


def goes_on(server: RunningServer, ledger: Ledger) -> bool:
    """Return once it acknowledges again: True; or has ended: False."""
    before = ledger.acknowledged
    wait_until(lambda: ledger.acknowledged > before or not lives(server), seconds=PATIENCE)
    return lives(server)


def exhausted(data: Path, rounds: int, seed: int, tally: Tally) -> None:
    """Take memory or descriptors from a server under load, and give them back, again and again."""
    ledger, source = Ledger(), chance(seed)
    team = senders(ledger, seed)
    done = endings = 0
    while done < rounds:
        with restarted(data, ledger) as server:
            with sending(team, server, persistent=True):
                while goes_on(server, ledger) and done < rounds:
                    done += 1
                    try:
                        take_away(server, done, source)
                    except OSError:
                        assert not lives(server)
            if lives(server):
                server.kill()
            else:
                assert -server.process.returncode in _FROM_WITHIN, server.log()
                endings += 1
    check_lake(data, ledger)
    # What it logged while it had nothing left may have been a traceback.
    restarted(data, ledger).kill()
    note = f"{endings} ended the server, which was started again" if endings else ""
    tally(Family.EXHAUSTION, rounds, spans=ledger.acknowledged, seeds=[seed], note=note)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_memory_and_descriptors_run_out(data: Path, seed: int, tally: Tally) -> None:
    """A server without memory or descriptors refuses, and goes on with them; all it took is there.

    Libraries of C and Rust may end its process for want of memory, as the kernel may.
    """
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
    # In this order: nobody else can start a Python that is in the home of root.
    under = ["prlimit", f"--nproc={started + 1}", *nobody]
    with RunningServer(open_data, under=under) as server:
        with sending(senders(ledger, 3), server, persistent=True):
            wait_until(lambda: ledger.acknowledged > 100, seconds=PATIENCE)
        server.kill()
    check_lake(open_data, ledger)
    tally(Family.EXHAUSTION, 1, spans=ledger.acknowledged, seeds=[3])
