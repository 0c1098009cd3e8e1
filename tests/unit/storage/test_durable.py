from pathlib import Path

import pyarrow as pa
import pytest

from spanlake.storage.durable import make_folder, sync_folder, write_file


def test_a_folder_is_made_with_those_it_stands_in(tmp_path: Path) -> None:
    """Making a folder makes its parents, and is nothing where it is there already."""
    folder = tmp_path / "a" / "b" / "c"
    make_folder(folder)
    make_folder(folder)
    assert folder.is_dir()


def test_a_folder_may_be_named_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path is made below the working directory."""
    monkeypatch.chdir(tmp_path)
    make_folder(Path("a/b"))
    assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize("content", [b"", b"x", b"x" * 5_000_000])
def test_a_file_holds_what_was_written(tmp_path: Path, content: bytes) -> None:
    """A file has its content to the byte, whatever its size."""
    write_file(tmp_path / "file", pa.py_buffer(content))
    sync_folder(tmp_path)
    assert (tmp_path / "file").read_bytes() == content


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    """A name that is taken stays what it was."""
    file = tmp_path / "file"
    file.write_bytes(b"first")
    with pytest.raises(FileExistsError):
        write_file(file, pa.py_buffer(b"second"))
    assert file.read_bytes() == b"first"
