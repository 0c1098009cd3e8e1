"""Every so many-th system call of a running server fails: in Python, DuckDB and SQLite alike."""

import time
from pathlib import Path

import pytest
from faults import failing
from invariants import check_counters, check_lake, restarted
from ledger import Ledger
from senders import senders, sending
from server import wait_until
from tally import Family, Tally

CONFIG = "exporters: {lake: {seal_interval: 1s}}"
# Of files alone: sockets, logs and libraries are read and written by other calls.
CALLS = ("pwrite64", "fsync", "fdatasync", "rename", "unlink", "link")
ERRORS = ("EIO", "ENOSPC")
SECONDS = 5.0


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("call", CALLS)
def test_calls_that_fail_now_and_again_lose_nothing(
    data: Path, tmp_path: Path, call: str, tally: Tally
) -> None:
    """While some of the calls fail, what is acknowledged is stored; afterwards all goes on."""
    ledger, failed = Ledger(), 0
    with restarted(data, ledger, config=CONFIG) as server:
        with sending(senders(ledger, 5), server, persistent=True):
            for error in ERRORS:
                for pace in (7, 2, 1):
                    log = tmp_path / f"{error} {pace}.log"
                    with failing(server.process.pid, log, f"{call}:error={error}:when=1+{pace}"):
                        time.sleep(SECONDS)
                    failed += log.read_text("utf-8").count("(INJECTED)")
                    before = ledger.acknowledged
                    wait_until(lambda before=before: ledger.acknowledged > before, seconds=180)  # type: ignore[misc]  # a default
        check_counters(server, ledger.acknowledged)
    check_lake(data, ledger)
    with restarted(data, ledger):
        pass
    if failed:
        tally(Family.FAILED_CALL, failed, spans=ledger.acknowledged, seeds=[call])
