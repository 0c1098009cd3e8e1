"""Commits whose files are gone: `verify` tells each once, and nothing else for one."""

from pathlib import Path

import pytest
from invariants import quiet
from rows import span, table_of

from spanlake.storage.files import directory
from spanlake.storage.hot import CommitError, HotWriter
from spanlake.storage.layout import Layout
from spanlake.storage.parquet import encode
from spanlake.storage.schema import SPANS
from spanlake.storage.upkeep import Upkeep
from spanlake.storage.verify import verify

TABLE = "spans"


@pytest.fixture
def layout(place: Path) -> Layout:
    return Layout(place / "data")


def commit(writer: HotWriter, *span_ids: str) -> list[Path]:
    """Commit spans, each as a file of its own."""
    return [
        writer.commit(TABLE, encode(table_of([span(each)], SPANS), [], compression_level=1))
        for each in span_ids
    ]


def opened(layout: Layout) -> HotWriter:
    writer = HotWriter(layout)
    writer.open_table(TABLE)
    return writer


def told(layout: Layout) -> list[tuple[Path, str]]:
    return [(each.path, each.reason) for each in verify(layout, progress=quiet).damage]


def test_a_missing_commit_is_told_once(layout: Layout) -> None:
    """A file that is gone from among others is named by the first look, and by no later one."""
    with opened(layout) as writer:
        _, lost, _ = commit(writer, "a", "b", "c")
        assert told(layout) == []
        lost.unlink()
        assert told(layout) == [(lost, "it is missing")]
        assert told(layout) == []


def test_the_last_commit_of_a_stopped_writer_is_told(layout: Layout) -> None:
    """A writer that was closed noted its last commit; its number is not given again."""
    with opened(layout) as writer:
        _, lost = commit(writer, "a", "b")
    assert told(layout) == []
    lost.unlink()
    assert told(layout) == [(lost, "it is missing")]
    with opened(layout) as writer:
        (new,) = commit(writer, "c")
    assert int(new.stem) == int(lost.stem) + 1
    assert told(layout) == []


def test_a_commit_that_is_lost_before_it_is_sealed_is_told(layout: Layout) -> None:
    """Sealing goes on past a lost file, and leaves it to the next look to tell."""
    with opened(layout) as writer:
        lost, _ = commit(writer, "a", "b")
    lost.unlink()
    upkeep = Upkeep(layout)
    assert upkeep.run(TABLE).sealed.rows == 1
    upkeep.tidy(TABLE, hot_grace=-1.0)
    assert told(layout) == [(lost, "it is missing")]
    assert told(layout) == []


def test_what_is_sealed_is_not_missing(layout: Layout) -> None:
    """Hot files that went after they were sealed are none that are lost, nor are later ones."""
    upkeep = Upkeep(layout)
    for names in (("a", "b"), ("c",)):
        with opened(layout) as writer:
            commit(writer, *names)
        upkeep.run(TABLE)
        upkeep.tidy(TABLE, hot_grace=-1.0)
    with opened(layout) as writer:
        commit(writer, "d")
    assert told(layout) == []


def test_a_commit_that_failed_is_not_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a commit that could not be written nor one that was taken back leaves a gap."""
    layout = Layout(tmp_path)
    with opened(layout) as writer:
        commit(writer, "a")
        for step in ("write_file", "sync_folder"):
            with monkeypatch.context() as patched:
                patched.setattr(directory, step, refuse)
                with pytest.raises(CommitError, match="disk full"):
                    commit(writer, "b")
            commit(writer, "c")
        numbers = [int(file.stem) for file in layout.hot_files(TABLE)]
        assert numbers == [1, 2, 4]
        assert told(layout) == []
        upkeep = Upkeep(layout, {writer.name: writer})
        assert upkeep.run(TABLE).sealed.files == len(numbers)
    assert told(layout) == []


def refuse(*_: object) -> None:
    raise OSError(28, "disk full")


def test_what_was_not_listed_is_sealed_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit that a list has not seen is not taken for lost, and none after it is sealed."""
    layout = Layout(tmp_path)
    with opened(layout) as writer:
        first, second, third = commit(writer, "a", "b", "c")
    upkeep = Upkeep(layout)
    with monkeypatch.context() as patched:
        patched.setattr(Layout, "hot_files", lambda *_: [first, third])
        assert upkeep.run(TABLE).sealed.files == 1
    assert upkeep.unsealed(TABLE) == [second, third]
    assert upkeep.run(TABLE).sealed.files == 2
    assert told(layout) == []
