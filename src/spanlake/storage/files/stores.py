"""The store that a path is in."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from spanlake.storage.files.directory import Directory
from spanlake.storage.files.object_path import ObjectPath
from spanlake.storage.files.port import Store

if TYPE_CHECKING:
    from spanlake.storage.files.bucket import Bucket

_DIRECTORY = Directory()


def store_of(path: Path) -> Store:
    """Where the file is, or will be."""
    return bucket_of(path) if isinstance(path, ObjectPath) else _DIRECTORY


def bucket_of(path: ObjectPath) -> "Bucket":
    """The bucket that a path names."""
    return _bucket(path.bucket_name)


@cache
def _bucket(name: str) -> "Bucket":
    # Takes a while to import, which a lake in a directory need not wait for.
    from spanlake.storage.files.bucket import Bucket

    return Bucket(name)
