"""What only a bucket has to see to: others' commits, requests that come late, lost leases."""

import threading
from pathlib import Path

import pyarrow as pa
import pytest
from object_stores import MotoServer, careless_server, environment, variables

from spanlake.errors import UserError
from spanlake.storage.files.bucket import Bucket
from spanlake.storage.files.lease import LEASE_SECONDS
from spanlake.storage.files.object_path import ObjectPath, path_of
from spanlake.storage.files.port import MaybePublishedError
from spanlake.storage.hot import CommitError, HotWriter
from spanlake.storage.layout import Layout

CONTENT = pa.py_buffer(b"a commit of some length")
TABLE = "spans"


@pytest.fixture
def lake(moto: MotoServer) -> ObjectPath:
    path = moto.new_lake()
    assert isinstance(path, ObjectPath)
    return path


@pytest.fixture
def bucket(lake: ObjectPath) -> Bucket:
    """As another process has it."""
    return Bucket(lake.bucket_name)


def test_a_server_that_ignores_conditions_is_refused(tmp_path: Path) -> None:
    """A store that would let two writers overwrite each other is refused in a line."""
    with (
        careless_server() as url,
        environment(variables(url, tmp_path)),
        pytest.raises(UserError, match=r"careless.*ignores If-None-Match.*use one that"),
    ):
        HotWriter(Layout(path_of("s3://careless/lake")))


def test_a_commit_that_met_itself_is_made(lake: ObjectPath, bucket: Bucket) -> None:
    """A request that was sent twice finds what it has made, and is not another's."""
    path = lake / "1.parquet"
    assert bucket.create(path, b"x")
    assert bucket.create(path, b"x")
    assert not bucket.create(path, b"y")


def test_a_request_that_comes_late_finds_its_name_given_up(
    lake: ObjectPath, bucket: Bucket
) -> None:
    """What was taken back before it arrived does not appear afterwards."""
    path = lake / "1.parquet"
    bucket.take_back(path, memoryview(CONTENT))
    assert not bucket.create(path, CONTENT.to_pybytes())
    assert list(bucket.walk(lake)) == []


def test_what_another_has_written_is_not_taken_back(lake: ObjectPath, bucket: Bucket) -> None:
    """Only what the writer itself may have published goes."""
    path = lake / "1.parquet"
    bucket.create(path, b"of another")
    bucket.take_back(path, memoryview(CONTENT))
    assert path.read_bytes() == b"of another"


def test_numbers_that_were_given_up_are_passed_over(lake: ObjectPath, bucket: Bucket) -> None:
    """A restarted writer does not stumble over what it could not finish."""
    layout = Layout(lake)
    bucket.take_back(layout.hot_file(TABLE, "0001", 1), memoryview(CONTENT))
    with HotWriter(layout) as writer:
        writer.open_table(TABLE)
        assert writer.commit(TABLE, CONTENT) == layout.hot_file(TABLE, "0001", 2)


def test_a_commit_in_doubt_is_taken_back(lake: ObjectPath, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit whose answer is lost is refused, and not seen; the next one is made."""
    layout = Layout(lake)
    publish = Bucket.publish

    def lose_the_answer(self: Bucket, path: Path, content: memoryview) -> None:
        publish(self, path, content)
        raise MaybePublishedError(5, "the answer was lost")

    with HotWriter(layout) as writer:
        writer.open_table(TABLE)
        with monkeypatch.context() as patch:
            patch.setattr(Bucket, "publish", lose_the_answer)
            with pytest.raises(CommitError, match="the answer was lost"):
                writer.commit(TABLE, CONTENT)
        assert layout.hot_files(TABLE) == []
        assert writer.blocked_by == []
        assert writer.commit(TABLE, CONTENT) == layout.hot_file(TABLE, "0001", 2)


def test_a_dead_writers_name_is_taken_over(
    lake: ObjectPath, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lease that was not renewed for long enough is another's; who had it takes another name."""
    layout = Layout(lake)
    with HotWriter(layout) as writer:
        writer.open_table(TABLE)
        writer.commit(TABLE, CONTENT)
        name = layout.writers / "0001.lock"
        bucket.prove(layout.writers)
        assert bucket.claim(name) is None
        now = bucket.now()
        monkeypatch.setattr(bucket, "now", lambda: now + LEASE_SECONDS + 5)
        taken = bucket.claim(name)
        assert taken is not None
        # The writer that was thought dead tries to renew its lease.
        writer._claim._renewed()  # type: ignore[attr-defined]  # noqa: SLF001  # what its thread does
        assert not writer.has_name
        file = writer.commit(TABLE, CONTENT)
        assert (writer.name, file) == ("0002", layout.hot_file(TABLE, "0002", 1))
        taken.close()


def test_waiting_for_a_lease_ends_when_told(lake: ObjectPath, bucket: Bucket) -> None:
    """Who waits for somebody who may be dead does not keep its own process from ending."""
    name = lake / "writers" / "rewrite.lock"
    held = bucket.claim(name)
    assert held is not None
    told = threading.Event()
    told.set()
    assert bucket.claim(name, wait_unless=told) is None
    held.close()


def test_nothing_is_changed_without_the_lease(lake: ObjectPath, bucket: Bucket) -> None:
    """Whoever lost the right to change stored files changes none."""
    claim = bucket.claim(lake / "writers" / "rewrite.lock")
    assert claim is not None
    with bucket.under(claim):
        bucket.replace(lake / "1", b"x")
        claim.close()
        with pytest.raises(OSError, match="was lost"):
            bucket.replace(lake / "1", b"y")
        with pytest.raises(OSError, match="was lost"):
            bucket.create(lake / "2", b"y")
    assert (lake / "1").read_bytes() == b"x"


def test_an_object_that_changed_is_not_read_as_it_was(lake: ObjectPath, bucket: Bucket) -> None:
    """A part of another content than was meant is never returned."""
    path = lake / "1.parquet"
    bucket.create(path, b"first" * 1_000_000)
    file = bucket.ranged(path, bucket.entry(path))
    bucket.replace(path, b"other" * 1_000_000)
    with pytest.raises(OSError, match="changed meanwhile"):
        file.read(10)


@pytest.mark.parametrize("typed", ["s3://", "s3:///x", "s3://b/ü", "s3://b/a b", "s3://b/../x"])
def test_a_place_that_cannot_be_named_is_refused(typed: str) -> None:
    """A bucket that is left out, and what is not written alike by all readers, is refused."""
    with pytest.raises(UserError, match=f"--data is {typed}: must be s3://BUCKET/PREFIX"):
        path_of(typed)


def test_objects_are_no_files_of_this_machine(lake: ObjectPath) -> None:
    """A path in a bucket is never taken for one of the file system."""
    with pytest.raises(TypeError, match="no file of this machine"):
        lake.rename("elsewhere")
    assert (str(lake), lake.absolute()) == (f"s3://{lake.bucket_name}/team=a/lake", lake)
    assert (lake / "a" / "b.parquet").relative_to(lake).as_posix() == "a/b.parquet"


def test_what_a_server_says_is_said_in_a_line(moto: MotoServer) -> None:
    """A bucket that is not there is named as such."""
    assert moto
    with pytest.raises(UserError, match=r"--data is s3://none/x: cannot be written \(there is no"):
        HotWriter(Layout(path_of("s3://none/x")))
