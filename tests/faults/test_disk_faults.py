"""Disks that are full, gone or damaged: refused at the time, taken when they are well again."""

import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import duckdb
import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from invariants import quiet
from samples import Sample, sample
from server import RunningServer, wait_until
from stored import stored, stored_marks
from tally import Family, Tally
from wire import PROTOBUF, Answer, Client, Transport

import spanlake
from spanlake.entities import Signal
from spanlake.storage.layout import Layout
from spanlake.storage.schema import TABLE_OF
from spanlake.storage.verify import verify

# Less than any file of the lake.
TOO_LITTLE = 4096
MOUNT, UMOUNT = "/bin/mount", "/bin/umount"
FILLS = 5
REST_SECONDS = 0.5
# What is left for commits when the disk is nearly full.
LEFT = 1 << 20
SEALING = """
exporters:
  lake: {seal_interval: 1s}
"""
MARKS = "SELECT resource['test.mark'], count(*) FROM spans GROUP BY 1"


@contextmanager
def limited(server: RunningServer, kind: int, limit: int) -> Iterator[None]:
    """Hold a running server to a resource limit for a while."""
    pid = server.process.pid
    soft, hard = resource.prlimit(pid, kind)
    resource.prlimit(pid, kind, (limit, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, kind, (soft, hard))


def open_descriptors(server: RunningServer) -> set[int]:
    return {int(file.name) for file in Path(f"/proc/{server.process.pid}/fd").iterdir()}


def is_at_rest(server: RunningServer) -> bool:
    """Whether it has opened and closed nothing for a while, as once it has begun."""
    before = open_descriptors(server)
    time.sleep(REST_SECONDS)
    return open_descriptors(server) == before


def first_free_descriptor(server: RunningServer) -> int:
    taken = open_descriptors(server)
    return next(number for number in range(len(taken) + 1) if number not in taken)


def assert_come_again(answer: Answer) -> None:
    """Check that a client is told to come again, and when."""
    assert answer.code is grpc.StatusCode.UNAVAILABLE, answer
    delay = answer.detail(RetryInfo)
    assert isinstance(delay, RetryInfo)
    assert delay.retry_delay.ToMilliseconds() > 0
    if answer.http is not None:
        assert answer.http.status == 503
        assert int(answer.http.headers["retry-after"]) > 0


def files(data: Path) -> set[Path]:
    """All files in the tables' folders."""
    return {path for table in TABLE_OF.values() for path in (data / table).rglob("*.*")}


def send(client: Client, transport: Transport, signal: Signal, each: Sample) -> Answer:
    return client.send(transport, signal, each.request)


@pytest.mark.parametrize("signal", Signal)
@pytest.mark.parametrize("transport", Transport)
def test_a_failed_write_is_refused_and_the_next_one_is_stored(
    server: RunningServer, client: Client, transport: Transport, signal: Signal
) -> None:
    """A write that the disk cuts short is answered with come again, and nothing of it is kept.

    Once the disk takes writes the same request is stored, and stored once however often it comes.
    """
    before = files(server.data)
    failures = server.metric("spanlake_commit_failures_total", signal=signal)
    each = sample(signal, 3)
    with limited(server, resource.RLIMIT_FSIZE, TOO_LITTLE):
        for _ in range(2):
            assert_come_again(send(client, transport, signal, each))
        assert files(server.data) == before
    assert server.metric("spanlake_commit_failures_total", signal=signal) == failures + 2
    for _ in range(2):
        assert send(client, transport, signal, each).code is grpc.StatusCode.OK
    assert len(stored(server.data, signal, each.mark)) == 3


# A thread of the server's that closes a file just then leaves room for a commit.
@pytest.mark.slow
def test_no_file_descriptors_is_refused_and_got_over(server: RunningServer) -> None:
    """Out of file descriptors, clients that are connected are told to come again, new ones wait.

    With descriptors there are again, all of them are served.
    """
    before, wanted = sample(Signal.TRACES), sample(Signal.TRACES)
    headers = {"Content-Type": PROTOBUF}
    with Client(server) as client, server.connection() as kept, server.connection() as new:
        send(client, Transport.GRPC, Signal.TRACES, before)
        kept.request("GET", "/healthz")
        kept.getresponse().read()
        wait_until(lambda: is_at_rest(server), seconds=60)
        with limited(server, resource.RLIMIT_NOFILE, first_free_descriptor(server)):
            new.request("POST", "/v1/traces", before.payload, headers)
            assert_come_again(send(client, Transport.GRPC, Signal.TRACES, wanted))
            assert post(kept, wanted.payload) == 503
        assert new.getresponse().status == 200
        assert post(kept, wanted.payload) == 200
        assert send(client, Transport.GRPC, Signal.TRACES, wanted).code is grpc.StatusCode.OK
    assert len(stored(server.data, Signal.TRACES, wanted.mark)) == 1
    assert len(stored(server.data, Signal.TRACES, before.mark)) == 1


def post(connection: HTTPConnection, payload: bytes) -> int:
    """Send on a connection that is kept; return the status."""
    connection.request("POST", "/v1/traces", payload, {"Content-Type": PROTOBUF})
    response = connection.getresponse()
    response.read()
    return response.status


def test_damaged_files_do_not_keep_the_server_from_starting(data: Path) -> None:
    """Files that are empty, no Parquet, or cut short are named in the log; all else goes on.

    Requests in the other files are still recognised. SQL leaves no file out: it names one.
    """
    kept, new, *lost = (sample(Signal.TRACES) for _ in range(6))
    with RunningServer(data) as server, Client(server) as client:
        for each in (*lost, kept):
            send(client, Transport.GRPC, Signal.TRACES, each)
    damaged = Layout(data).hot_files("spans")[: len(lost)]
    whole = damaged[-1].read_bytes()
    for file, content in zip(damaged, (b"", b"PAR1", bytes(20_000), whole[:-1]), strict=True):
        file.write_bytes(content)
    with RunningServer(data) as server, Client(server) as client:
        for each in (kept, new):
            assert send(client, Transport.GRPC, Signal.TRACES, each).code is grpc.StatusCode.OK
        assert [file for file in damaged if str(file) not in server.log()] == []
    with spanlake.connect(data) as lake, pytest.raises(duckdb.Error) as refusal:
        lake.sql("SELECT count(*) FROM spans").fetchall()
    assert any(str(file) in str(refusal.value) for file in damaged)
    for file in damaged:
        file.unlink()
    assert stored_marks(data, Signal.TRACES) == {kept.mark: 1, new.mark: 1}


def test_two_servers_share_a_data_directory(data: Path) -> None:
    """Two servers on one data directory both store, and one's end is no concern of the other."""
    samples = [sample(Signal.TRACES) for _ in range(6)]
    with RunningServer(data) as first, RunningServer(data) as second:
        for number, each in enumerate(samples):
            with Client([first, second][number % 2]) as client:
                assert send(client, Transport.GRPC, Signal.TRACES, each).code is grpc.StatusCode.OK
        first.kill()
        with Client(second) as client:
            samples.append(sample(Signal.TRACES))
            send(client, Transport.GRPC, Signal.TRACES, samples[-1])
    assert stored_marks(data, Signal.TRACES) == {each.mark: 1 for each in samples}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 80 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    options = ["-t", "tmpfs", "-o", "size=80m", "spanlake-test", str(place)]
    mounted = subprocess.run([MOUNT, *options], capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr}")
    yield place
    subprocess.run([UMOUNT, str(place)], check=True)


@pytest.mark.slow
def test_a_full_disk_is_refused_until_there_is_space(small_disk: Path, tally: Tally) -> None:
    """A server on a disk that fills up stores to the last byte, then refuses, then goes on.

    Before the disk is full it says that it is not ready; nothing acknowledged is lost.
    """
    data = small_disk / "data"
    acknowledged = []
    with RunningServer(data, config=SEALING) as server, Client(server) as client:
        for _ in range(FILLS):
            acknowledged += fill_up(small_disk, server, client)
    with spanlake.connect(data) as lake:
        assert dict(lake.sql(MARKS).fetchall()) == {each.mark: 20 for each in acknowledged}
    assert verify(Layout(data), progress=quiet).damage == ()
    tally(Family.FULL_DISK, FILLS, spans=20 * len(acknowledged))


def fill_up(disk: Path, server: RunningServer, client: Client) -> list[Sample]:
    """Fill the disk until all is refused, then free it; what was acknowledged on the way."""
    acknowledged = []
    data, filler = server.data, disk / "filler"
    wait_until(lambda: server.get("/readyz")[0] == 200)
    free = shutil.disk_usage(disk).free
    filler.write_bytes(bytes(free - LEFT))
    assert server.get("/readyz")[0] == 503
    for transport in Transport:
        while True:
            each = sample(Signal.TRACES, 20)
            answer = send(client, transport, Signal.TRACES, each)
            if answer.code is not grpc.StatusCode.OK:
                break
            acknowledged.append(each)
        assert_come_again(answer)
        refused = each
    assert list(data.rglob("*.tmp")) == []
    filler.unlink()
    assert send(client, Transport.GRPC, Signal.TRACES, refused).code is grpc.StatusCode.OK
    wait_until(lambda: server.get("/readyz")[0] == 200)
    return [*acknowledged, refused]
