"""Paths of objects, `s3://bucket/key`, with which files of a bucket are read as others are."""

import fnmatch
import io
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path, PosixPath
from typing import IO, TYPE_CHECKING, Any

from spanlake.errors import UserError

if TYPE_CHECKING:
    from spanlake.storage.files.bucket import Bucket

_SCHEME = "s3://"
_FIRST = "s3:"
# Others are escaped, by some once and by some twice.
_URL = re.compile(r"s3://[a-zA-Z0-9][a-zA-Z0-9._-]*(/[a-zA-Z0-9._=-]*)*")


def is_object_url(text: str) -> bool:
    """Whether a text names a place in a bucket."""
    return text.startswith(_SCHEME)


class ObjectPath(PosixPath):
    """A path in a bucket. `/`, parent, name and the like are those of any path.

    Of what touches files it has those that the lake uses of files that exist: reading, listing,
    removing. How files come to be is a matter of `port.Store`. Anything else, such as handing one
    to `os`, raises TypeError.
    """

    @property
    def bucket_name(self) -> str:
        """The bucket."""
        return self.parts[1]

    @property
    def key(self) -> str:
        """The name of the object in its bucket, empty for the bucket itself."""
        return "/".join(self.parts[2:])

    def __str__(self) -> str:
        """The URL; a part of a path is as it is."""
        if self.parts[:1] != (_FIRST,):
            return super().__str__()
        return _SCHEME + "/".join(self.parts[1:])

    def __repr__(self) -> str:
        return f"ObjectPath({str(self)!r})"

    def __fspath__(self) -> str:
        raise TypeError(f"{self} is no file of this machine: read it through its store")

    def __reduce__(self) -> tuple[type["ObjectPath"], tuple[str, ...]]:
        return type(self), (str(self),)

    def is_absolute(self) -> bool:
        """A URL always is."""
        return True

    def absolute(self) -> "ObjectPath":
        """The path itself."""
        return self

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:  # noqa: ARG002  # there are none
        """Size and time of change. FileNotFoundError."""
        found = self._bucket.entry(self)
        changed = int(found.changed)
        mode = stat.S_IFREG | 0o640
        return os.stat_result((mode, 0, 0, 1, 0, 0, found.size, changed, changed, changed))

    def exists(self, *, follow_symlinks: bool = True) -> bool:  # noqa: ARG002  # as above
        """Whether there is an object, or any under this name."""
        return self._bucket.has(self) or self.is_dir()

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:  # noqa: ARG002  # as above
        """Whether there is any object under this name."""
        return self._bucket.has_any(self)

    def is_file(self, *, follow_symlinks: bool = True) -> bool:  # noqa: ARG002  # as above
        """Whether there is an object of this name."""
        return self._bucket.has(self)

    def iterdir(self) -> Iterator["ObjectPath"]:  # type: ignore[override]  # a narrower one
        """What is in a folder, by name."""
        yield from self._bucket.children(self)

    def glob(self, pattern: str, **_: object) -> Iterator["ObjectPath"]:  # type: ignore[override]  # names of one folder only
        """What is in a folder and has such a name."""
        for each in self._bucket.children(self):
            if fnmatch.fnmatchcase(each.name, pattern):
                yield each

    def open(self, mode: str = "r", *_: object, **__: object) -> IO[Any]:  # type: ignore[override]  # for reading only
        """Read an object. FileNotFoundError."""
        if mode != "rb":
            raise io.UnsupportedOperation(f"{self}: objects are opened to read bytes")
        return self._bucket.reader(self)

    def read_bytes(self) -> bytes:
        """The whole object. FileNotFoundError."""
        return self._bucket.read(self)

    def read_text(self, encoding: str | None = None, *_: object, **__: object) -> str:
        """The same as text."""
        return self.read_bytes().decode(encoding or "utf-8")

    def mkdir(self, *_: object, **__: object) -> None:
        """Nothing: folders of a bucket are but names."""

    def unlink(self, missing_ok: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002  # as pathlib; a bucket does not say
        """Remove an object."""
        self._bucket.remove(self)

    @property
    def _bucket(self) -> "Bucket":
        from spanlake.storage.files.stores import bucket_of

        return bucket_of(self)


def path_of(text: str) -> Path:
    """The path that a text names: s3://bucket/prefix, or a path of this machine. UserError."""
    if text.startswith(("http://", "https://")):
        raise UserError(
            f"--data is {text}: must be the data directory or bucket itself for this; run it where "
            "that is"
        )
    if not is_object_url(text):
        return Path(text)
    if not _URL.fullmatch(text) or "/../" in f"{text}/":
        raise UserError(
            f"--data is {text}: must be s3://BUCKET/PREFIX, of letters, digits and - _ . = /, "
            "which all who read the bucket write alike"
        )
    return ObjectPath(text)
