import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pytest

from spanlake.errors import UserError
from spanlake.storage.hot import CommitError, HotWriter
from spanlake.storage.layout import Layout

TABLE = "spans"
CONTENT = pa.py_buffer(b"a commit of some length " * 1000)
LATER = pa.py_buffer(b"another")
HOLDER = [
    sys.executable,
    "-c",
    """
import sys, time
from pathlib import Path
from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout
writer = HotWriter(Layout(Path(sys.argv[1])))
print(writer.name, flush=True)
time.sleep(60)
""",
]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "data")


@pytest.fixture
def any_layout(place: Path) -> Layout:
    return Layout(place / "data")


@pytest.fixture
def writer(layout: Layout) -> Iterator[HotWriter]:
    """A writer with an open table."""
    with HotWriter(layout) as opened:
        opened.open_table(TABLE)
        yield opened


def stored(layout: Layout) -> list[bytes]:
    return [file.read_bytes() for file in layout.hot_files(TABLE)]


def left_over(layout: Layout) -> list[str]:
    """The files beside the commits."""
    committed = layout.hot_files(TABLE)
    return [
        file.name
        for folder in layout.hot_folders(TABLE)
        for file in folder.iterdir()
        if file not in committed
    ]


@contextmanager
def limited(kind: int, limit: int) -> Iterator[None]:
    """Hold this process to a resource limit for a while."""
    soft, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(kind, (soft, hard))


def next_descriptor() -> int:
    """The number that the next file to be opened gets."""
    descriptor = os.open(os.devnull, os.O_RDONLY)
    os.close(descriptor)
    return descriptor


def test_commits_are_visible_in_order(writer: HotWriter, layout: Layout) -> None:
    """A commit is on view when it returns, whole, after those before it, with nothing beside."""
    assert writer.commit(TABLE, CONTENT) == layout.hot_file(TABLE, "0001", 1)
    assert writer.commit(TABLE, LATER) == layout.hot_file(TABLE, "0001", 2)
    assert stored(layout) == [CONTENT, LATER]
    assert left_over(layout) == []


def test_tables_are_counted_apart(writer: HotWriter, layout: Layout) -> None:
    """Each table has numbers of its own."""
    writer.open_table("logs")
    writer.commit(TABLE, CONTENT)
    assert writer.commit("logs", LATER) == layout.hot_file("logs", "0001", 1)


def test_counting_goes_on_after_a_restart(any_layout: Layout) -> None:
    """A writer that opens a table again goes on after the last commit, and leaves it alone."""
    for content in (CONTENT, LATER):
        with HotWriter(any_layout) as writer:
            writer.open_table(TABLE)
            writer.commit(TABLE, content)
    assert stored(any_layout) == [CONTENT, LATER]


def test_two_writers_never_meet(any_layout: Layout) -> None:
    """Writers at work at the same time have names of their own, and neither harms the other."""
    with HotWriter(any_layout) as first, HotWriter(any_layout) as second:
        for writer in (first, second):
            writer.open_table(TABLE)
        first.commit(TABLE, CONTENT)
        second.commit(TABLE, LATER)
        assert (first.name, second.name) == ("0001", "0002")
    assert stored(any_layout) == [CONTENT, LATER]


def test_a_name_is_taken_again(any_layout: Layout) -> None:
    """A name is free when its writer has closed, so that names stay few; closing twice is one."""
    first = HotWriter(any_layout)
    first.close()
    first.close()
    with HotWriter(any_layout) as second:
        assert second.name == "0001"


def test_a_killed_process_gives_its_name_back(layout: Layout) -> None:
    """A name is taken as long as its process lives, and free once that is killed."""
    with subprocess.Popen([*HOLDER, layout.root], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "0001\n"
        with HotWriter(layout) as beside:
            assert beside.name == "0002"
        process.kill()
    with HotWriter(layout) as after:
        assert after.name == "0001"


def test_drafts_of_a_crash_are_dropped(writer: HotWriter, layout: Layout) -> None:
    """What a killed writer left unfinished goes when the table is opened, and nothing else does."""
    file = writer.commit(TABLE, CONTENT)
    folder = file.parent
    (folder / "000000000002.tmp").write_bytes(b"half a com")
    (folder / "notes.parquet").touch()
    (folder / "folder.tmp").mkdir()
    writer.open_table(TABLE)
    assert sorted(left_over(layout)) == ["folder.tmp", "notes.parquet"]
    assert writer.commit(TABLE, LATER) == layout.hot_file(TABLE, "0001", 2)


def test_a_write_cut_short_is_no_commit(writer: HotWriter, layout: Layout) -> None:
    """A write that ends half-way raises, leaves nothing, and harms no commit before or after."""
    writer.commit(TABLE, LATER)
    with limited(resource.RLIMIT_FSIZE, 4096), pytest.raises(CommitError, match="File too large"):
        writer.commit(TABLE, CONTENT)
    assert left_over(layout) == []
    # The number is not spent: a gap is a file that is lost.
    assert writer.commit(TABLE, CONTENT) == layout.hot_file(TABLE, "0001", 2)
    assert stored(layout) == [LATER, CONTENT]


def test_no_descriptor_is_no_commit(writer: HotWriter, layout: Layout) -> None:
    """A process out of file descriptors commits nothing, and goes on when it has some."""
    none_left = limited(resource.RLIMIT_NOFILE, next_descriptor())
    with none_left, pytest.raises(CommitError, match="Too many open files"):
        writer.commit(TABLE, CONTENT)
    writer.commit(TABLE, CONTENT)
    assert stored(layout) == [CONTENT]


def test_a_name_that_is_taken_is_no_commit(writer: HotWriter, layout: Layout) -> None:
    """A name that cannot be given raises, leaves what has it alone, and the next one is tried."""
    taken = layout.hot_file(TABLE, "0001", 1)
    taken.mkdir()
    with pytest.raises(CommitError, match=TABLE):
        writer.commit(TABLE, CONTENT)
    assert taken.is_dir()
    assert sorted(left_over(layout)) == ["000000000001.given-up", taken.name]
    assert writer.commit(TABLE, CONTENT) == layout.hot_file(TABLE, "0001", 2)
    assert writer.blocked_by == []


def test_a_folder_that_went_is_no_commit(writer: HotWriter, layout: Layout) -> None:
    """A data directory that was taken away raises at each commit; nothing is made elsewhere."""
    layout.root.rename(layout.root.with_name("elsewhere"))
    with pytest.raises(CommitError, match="No such file"):
        writer.commit(TABLE, CONTENT)
    assert not layout.root.exists()


def test_data_that_cannot_be_a_folder_is_the_users_mistake(tmp_path: Path) -> None:
    """A data directory that is a file is refused in a line that names it and the next step."""
    file = tmp_path / "data"
    file.touch()
    with pytest.raises(UserError, match=rf"--data is {file}: .*name a directory you own"):
        HotWriter(Layout(file))


def test_a_table_that_cannot_be_a_folder_is_the_users_mistake(layout: Layout) -> None:
    """A table's folder that is a file is refused in the same way."""
    with HotWriter(layout) as writer:
        (layout.root / TABLE).touch()
        with pytest.raises(UserError, match=rf"--data is {layout.root}: .*"):
            writer.open_table(TABLE)
