"""What has to hold of a lake after any fault, numbered as the page on trust numbers it.

1 every acknowledged span is there once, as it was sent; 2 others are there once or not, whole
batches at a time; 3 retries double nothing; 4 resources and scopes are theirs; 5 the server is
ready in time, with nobody's help; 6 every file is as it was published; 7 nothing is left outside
the data directory, and no draft within; 8 the server's counters agree with what clients were told.
"""

from pathlib import Path

from ledger import Ledger
from server import RunningServer

from spanlake.storage.layout import Layout
from spanlake.storage.verify import verify

# Of processor time, which does not depend on what else the machine has to do; it takes about three.
READY_SECONDS = 20
# What `RunningServer` itself puts beside the data.
_SERVERS_OWN = {"stderr.log", "otel-config.yaml"}


def quiet(done: int, total: int) -> None:
    """Show nobody how far it is."""


def check_lake(data: Path, ledger: Ledger) -> None:
    """Assert 1 to 4 and 6 of a lake, whether or not a server runs on it."""
    ledger.check(data)
    check_files(data)


def check_files(data: Path) -> None:
    """Assert 6 of a lake."""
    assert verify(Layout(data), progress=quiet).damage == ()


def check_place(data: Path) -> None:
    """Assert 7 of a lake whose server has just started, or has ended."""
    assert list(data.rglob("*.tmp")) == []
    home = data.with_name(f"{data.name}-server")
    assert {file.name for file in home.iterdir()} <= _SERVERS_OWN


def restarted(data: Path, ledger: Ledger, *, config: str | None = None) -> RunningServer:
    """Start the server on what a fault has left; assert 1 to 7."""
    # Before, as verifying waits for a server that seals.
    if data.exists():
        check_files(data)
    server = RunningServer(data, config=config)
    try:
        assert server.cpu_seconds() < READY_SECONDS
        check_place(data)
        ledger.check(data)
    except BaseException:
        server.kill()
        raise
    return server


def check_counters(server: RunningServer, acknowledged: int) -> None:
    """Assert 8: so many spans were acknowledged by this server since it started."""
    counted = sum(
        server.metric(f"spanlake_{what}_items_total", signal="traces")
        for what in ("accepted", "deduplicated")
    )
    assert counted == acknowledged
