from pathlib import Path

import pytest

from spanlake.storage.layout import Layout


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path)


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_a_commit_has_one_place(layout: Layout) -> None:
    """A commit's file is told by its table, its writer and its number."""
    file = layout.hot_file("spans", "0007", 42)
    assert file == layout.root / "spans" / "hot" / "0007" / "000000000042.parquet"
    assert file.parent == layout.hot("spans", "0007")


def test_commits_come_by_writer_and_number(layout: Layout) -> None:
    """The files of a table are listed writer by writer, each one's in the order of its commits."""
    files = [
        put(layout.hot_file("spans", writer, number))
        for writer in ("0001", "0002", "0010")
        for number in (1, 2, 9, 10, 100_000_000_000)
    ]
    put(layout.hot_file("logs", "0001", 1))
    assert layout.hot_files("spans") == files


def test_what_is_not_a_commit_is_not_listed(layout: Layout) -> None:
    """Drafts, foreign files and folders, and links to elsewhere are never read as commits."""
    file = put(layout.hot_file("spans", "0001", 1))
    folder = file.parent
    put(folder / "000000000002.tmp")
    put(folder / "2.parquet")
    put(folder / "notes.parquet")
    put(folder / "000000000003.parquet.bak")
    (folder / "000000000004.parquet").mkdir()
    (folder / "000000000005.parquet").symlink_to(file)
    put(folder.parent / "000000000006.parquet")
    put(folder.parent / "backup" / "000000000007.parquet")
    put(folder.parent / "0002")
    (folder.parent / "0003").symlink_to(folder)
    assert layout.hot_folders("spans") == [folder]
    assert layout.hot_files("spans") == [file]


def test_a_table_nobody_wrote_to_has_no_commits(layout: Layout) -> None:
    """A table without a folder has no commits; neither has one without commits."""
    assert layout.hot_files("spans") == []
    layout.hot("spans", "0001").mkdir(parents=True)
    assert layout.hot_files("spans") == []
