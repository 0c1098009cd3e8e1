"""Writes that outlive a power cut. Neither pyarrow nor DuckDB asks the disk for that by itself."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa


def make_folder(path: Path) -> None:
    """Make a folder and those it stands in, unless they are there; their names are durable."""
    path.mkdir(parents=True, exist_ok=True)
    for parent in path.absolute().parents:
        if not os.access(parent, os.R_OK | os.W_OK):
            return  # nothing of ours was made in there
        sync_folder(parent)


def write_file(path: Path, content: pa.Buffer) -> None:
    """Make a file of this content; the content is durable, its name is not yet.

    Raises OSError, FileExistsError among them, and may leave a part of the file.
    """
    with _descriptor(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as file:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(file, rest) :]
        os.fsync(file)


def sync_folder(path: Path) -> None:
    """Make durable what has been named, renamed and removed in a folder."""
    with _descriptor(path, os.O_RDONLY | os.O_DIRECTORY) as folder:
        os.fsync(folder)


@contextlib.contextmanager
def _descriptor(path: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags | os.O_CLOEXEC, 0o640)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
