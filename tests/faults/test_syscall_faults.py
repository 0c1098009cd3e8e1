"""Every system call of a commit fails, or is the last: what was acknowledged is there, once."""

import re
import subprocess
import sys
import time
from collections import Counter
from itertools import count
from pathlib import Path
from typing import NamedTuple

import committer
import grpc
import pyarrow as pa
import pytest
from committer import CONTENTS, TABLE
from faults import CALLS, strace, was_injected
from invariants import check_lake
from ledger import Ledger
from rows import beside_notes
from samples import sample
from senders import senders, sending
from server import RunningServer
from stored import stored_marks
from tally import Family, Tally
from wire import Client, Transport

from spanlake.entities import Signal
from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ERRORS = {
    "openat": ("EMFILE", "ENOSPC", "EIO"),
    "write": ("ENOSPC", "EIO"),
    "fsync": ("ENOSPC", "EIO"),
    "rename": ("ENOSPC", "EIO"),
    "close": ("EIO",),
}
EVERY_ERROR = [f"{call}:error={error}" for call, errors in ERRORS.items() for error in errors]
EVERY_KILL = [f"{call}:signal=KILL" for call in CALLS]


class Run(NamedTuple):
    """What a committer said it has made, and whether it came to its end."""

    acknowledged: list[int]
    ended: bool


def run(data: Path, log: Path, *faults: str) -> Run:
    """Run the committer with faults."""
    command = [*strace(data, log, faults), sys.executable, committer.__file__, str(data)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return Run([int(line) for line in result.stdout.split()], result.returncode == 0)


def assert_whole(data: Path, acknowledged: list[int]) -> Counter[int]:
    """Check that a restart finds whole commits only, none twice, and all that were acknowledged."""
    layout = Layout(data)
    with HotWriter(layout) as writer:
        writer.open_table(TABLE)
        files = layout.hot_files(TABLE)
        assert beside_notes(layout.hot(TABLE, writer.name)) == files
        found = Counter(CONTENTS.index(file.read_bytes()) for file in files)
        assert all(times == 1 for times in found.values())
        assert found.keys() >= set(acknowledged)
        next_file = writer.commit(TABLE, pa.py_buffer(b"after"))
        assert layout.hot_files(TABLE) == [*files, next_file]
    return found


@pytest.mark.parametrize("fault", [*EVERY_ERROR, *EVERY_KILL])
def test_no_single_fault_costs_a_commit(tmp_path: Path, fault: str, tally: Tally) -> None:
    """Whichever call fails or is the last, no acknowledged commit is lost, doubled or torn.

    The first such call, then the second, and so on, until there are no more of them. A writer that
    could open its table gets over any error.
    """
    for number in count(1):
        data, log = tmp_path / f"{number}" / "data", tmp_path / f"{number}.log"
        acknowledged, ended = run(data, log, f"{fault}:when={number}")
        assert_whole(data, acknowledged)
        if fault in EVERY_ERROR:
            assert acknowledged == ([0, 1, 2] if ended else [])
        if not was_injected(log):
            assert acknowledged == [0, 1, 2]
            assert number > len(CONTENTS)
            break
    family = Family.FAILED_CALL if fault in EVERY_ERROR else Family.KILL_AT_STEP
    tally(family, number - 1)


@pytest.mark.parametrize("fault", EVERY_ERROR)
def test_a_fault_that_stays_costs_all_commits(tmp_path: Path, fault: str, tally: Tally) -> None:
    """While a call keeps failing nothing is acknowledged and nothing is on view."""
    acknowledged, _ = run(tmp_path / "data", tmp_path / "log", f"{fault}:when=1+")
    assert acknowledged == []
    assert assert_whole(tmp_path / "data", []) == {}
    tally(Family.FAILED_CALL, 1)


@pytest.mark.parametrize("times", range(1, 8))
def test_a_commit_that_cannot_be_taken_back_is_not_made_again(tmp_path: Path, times: int) -> None:
    """A file that is neither durable nor to be removed refuses its retry until it is removed.

    Otherwise readers would see both.
    """
    data, log = tmp_path / "data", tmp_path / "log"
    opening, draft = 1, 1
    folder_sync = f"fsync:error=EIO:when={opening + draft + 1}"
    acknowledged, _ = run(data, log, folder_sync, f"unlink:error=EIO:when=1..{times}")
    assert was_injected(log)
    assert_whole(data, acknowledged)
    assert acknowledged == [0, 1, 2]


def test_a_commit_is_durable_when_it_returns(tmp_path: Path) -> None:
    """A commit's content reaches the disk before it is named, and its name before it returns."""
    log = tmp_path / "log"
    assert run(tmp_path / "data", log).acknowledged == [0, 1, 2]
    calls = re.findall(r"^\d+ +(write|fsync|rename)\(", log.read_text("utf-8"), re.MULTILINE)
    # The last one is of the note that it leaves: whoever misses its last commit shall know.
    assert calls == ["fsync", *["write", "fsync", "rename", "fsync"] * len(CONTENTS), "fsync"]


@pytest.mark.parametrize("transport", Transport)
def test_a_disk_that_does_not_sync_is_refused_for_as_long(
    tmp_path: Path, transport: Transport
) -> None:
    """While fsync fails clients are told to come again; afterwards they are stored, once."""
    data, log = tmp_path / "data", tmp_path / "log"
    samples = [sample(Signal.TRACES) for _ in range(8)]
    refused = 0
    fault = strace(data, log, ["fsync:error=EIO:when=3..9"])
    with RunningServer(data, under=fault) as server, Client(server) as client:
        for each in samples:
            while (
                client.send(transport, Signal.TRACES, each.request).code
                is grpc.StatusCode.UNAVAILABLE
            ):
                refused += 1
    assert refused > 0
    assert stored_marks(data, Signal.TRACES) == {each.mark: 1 for each in samples}


def test_a_kill_at_any_call_loses_nothing(tmp_path: Path, tally: Tally) -> None:
    """A server under load, killed at each call of a commit in turn, keeps what it acknowledged."""
    data, ledger = tmp_path / "data", Ledger()
    team = senders(ledger, seed=1)
    for call in CALLS:
        fault = strace(data, tmp_path / "log", [f"{call}:signal=KILL:when=8"])
        with RunningServer(data, under=fault) as server, sending(team, server):
            server.process.wait(30)
            server.kill()
        check_lake(data, ledger)
    with RunningServer(data) as server, sending(team, server):
        time.sleep(0.5)
    check_lake(data, ledger)
    tally(Family.KILL_AT_STEP, len(CALLS), spans=ledger.acknowledged, seeds=[1])
