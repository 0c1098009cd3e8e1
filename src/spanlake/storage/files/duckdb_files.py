"""How DuckDB reads objects: without its httpfs extension, which it would have to download.

DuckDB itself keeps in memory what it has read, and asks for the time of change of a file each time
whether that still holds.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from fsspec import AbstractFileSystem

from spanlake.storage.files.object_path import ObjectPath
from spanlake.storage.files.ranged import RangedFile
from spanlake.storage.files.stores import bucket_of


class DuckdbFiles(AbstractFileSystem):  # type: ignore[misc]  # it has no types
    """What DuckDB asks of a file system, for s3:// URLs."""

    protocol = "s3"
    cachable = False

    def glob(self, path: str, **_: object) -> Sequence[str]:
        """The file itself: all are named one by one."""
        return [path]

    def info(self, path: str, **_: object) -> dict[str, Any]:
        """Size and kind of a file."""
        place = ObjectPath(path)
        return {"name": path, "size": bucket_of(place).entry(place).size, "type": "file"}

    def modified(self, path: str) -> datetime:
        """When a file was changed; another content has another time."""
        place = ObjectPath(path)
        return datetime.fromtimestamp(bucket_of(place).entry(place).version, UTC)

    def exists(self, path: str, **_: object) -> bool:
        """Whether there is a file."""
        return ObjectPath(path).is_file()

    def open(self, path: str, mode: str = "rb", **_: object) -> RangedFile:
        """A file to read from."""
        if mode != "rb":
            raise PermissionError(f"{path}: objects are read only")
        place = ObjectPath(path)
        bucket = bucket_of(place)
        return bucket.ranged(place, bucket.entry(place))
