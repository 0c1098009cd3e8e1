"""Writes that outlive a power cut. Neither pyarrow nor DuckDB asks the disk for that by itself."""

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

NEW = ".new"
"""How the name of a file ends that is not there whole yet."""


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


def write_new(path: Path, content: bytes) -> bool:
    """Make a file that is there whole and durable on return, or not at all.

    False when somebody else made one of that name first; theirs stays.
    """
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}{NEW}")
    try:
        write_file(draft, pa.py_buffer(content))
        try:
            os.link(draft, path)
        except FileExistsError:
            return False
        sync_folder(path.parent)
    finally:
        draft.unlink(missing_ok=True)
    return True


def replace_file(path: Path, content: bytes) -> None:
    """Give a file this content at once and durably, whether or not it was there."""
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}{NEW}")
    try:
        write_file(draft, pa.py_buffer(content))
        draft.rename(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Make the content of a file durable that others wrote."""
    with _descriptor(path, os.O_RDONLY) as file:
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
