"""The objects of a bucket: listed, read, and written on conditions. Through `obstore`."""

import errno
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import S3Store

from spanlake.storage.files.kept_bytes import KeptBytes
from spanlake.storage.files.object_errors import as_os_errors
from spanlake.storage.files.object_path import ObjectPath
from spanlake.storage.files.ranged import RangedFile

if TYPE_CHECKING:
    from obstore import ObjectMeta

# What is tried again for longer has no client waiting for it.
_RETRY_SECONDS = 8
_REQUEST_SECONDS = 30
# A smaller object is read as one.
_WHOLE_BYTES = 8 << 20
_BUFFER_BYTES = 4 << 20
# So small are the files of recent commits, which every query reads.
_SMALL_BYTES = 1 << 20
_KEPT_BYTES = 128 << 20


@dataclass(frozen=True, slots=True)
class ObjectEntry:
    """One object. size: bytes. changed: seconds since the epoch, by the server's clock."""

    size: int
    changed: float
    e_tag: str

    @property
    def version(self) -> float:
        """A time of change that another content does not share; servers count whole seconds."""
        return self.changed + zlib.crc32(self.e_tag.encode()) / 2**33


class Objects:
    """What is in one bucket. Paths are `ObjectPath`s of it. All of it raises OSError; thread-safe.

    An object without content is a name that was given up, which nobody lists. Credentials, region
    and endpoint are those of the usual AWS_* variables.
    """

    def __init__(self, name: str) -> None:
        self._store = S3Store(
            name,
            client_options={
                "allow_http": True,  # the endpoint says which it is
                "timeout": timedelta(seconds=_REQUEST_SECONDS),
                "connect_timeout": timedelta(seconds=5),
            },
            retry_config={"retry_timeout": timedelta(seconds=_RETRY_SECONDS)},
        )
        self._entries: dict[str, ObjectEntry] = {}
        self._small = KeptBytes(_KEPT_BYTES)

    def walk(self, folder: Path) -> Iterator[tuple[Path, list[str]]]:
        """Folders and the names of their files, by one listing."""
        place = own(folder)
        prefix = f"{place.key}/" if place.key else ""
        found: dict[str, list[str]] = {}
        seen = set()
        with as_os_errors(folder):
            for page in obstore.list(self._store, prefix or None):
                for meta in page:
                    key = meta["path"]
                    seen.add(key)
                    self._remember(key, meta)
                    if meta["size"]:
                        parent, _, name = key.removeprefix(prefix).rpartition("/")
                        found.setdefault(parent, []).append(name)
        for key in [key for key in list(self._entries) if key.startswith(prefix)]:
            if key not in seen:
                self._entries.pop(key, None)
        for parent, names in found.items():
            yield (place / parent if parent else place), names

    def children(self, folder: ObjectPath) -> list[ObjectPath]:
        """The files and folders in a folder, by name."""
        with as_os_errors(folder):
            listed = obstore.list_with_delimiter(self._store, f"{folder.key}/")
        for meta in listed["objects"]:
            self._remember(meta["path"], meta)
        keys = [meta["path"] for meta in listed["objects"] if meta["size"]]
        names = {key.rpartition("/")[2] for key in [*keys, *listed["common_prefixes"]]}
        return [folder / name for name in sorted(names)]

    def entry(self, path: ObjectPath) -> ObjectEntry:
        """What is known of an object; one that was listed before may have gone since."""
        if path.key not in self._entries:
            # Whoever asks for one asks for its neighbours next.
            self.children(path.parent)
        found = self._entries.get(path.key)
        if found is None or not found.size:
            raise FileNotFoundError(errno.ENOENT, "there is no such object", str(path))
        return found

    def has(self, path: ObjectPath) -> bool:
        """Whether there is an object now."""
        try:
            with as_os_errors(path):
                meta = obstore.head(self._store, path.key)
        except FileNotFoundError:
            return False
        return bool(meta["size"])

    def has_any(self, folder: ObjectPath) -> bool:
        """Whether there is any object under this name now."""
        prefix = f"{folder.key}/" if folder.key else None
        with as_os_errors(folder):
            return any(page for page in obstore.list(self._store, prefix, chunk_size=1))

    def read(self, path: ObjectPath) -> bytes:
        """A whole object."""
        return self.read_with_tag(path)[0]

    def read_with_tag(self, path: ObjectPath) -> tuple[bytes, ObjectEntry]:
        """A whole object, and what it is."""
        with as_os_errors(path):
            answer = obstore.get(self._store, path.key)
            entry = self._remember(path.key, answer.meta)
            return bytes(answer.bytes()), entry

    def read_range(self, path: ObjectPath, start: int, length: int, e_tag: str) -> bytes:
        """A part of an object, which must be the one that was meant. OSError if it is another."""
        with as_os_errors(path):
            answer = obstore.get(
                self._store,
                path.key,
                options={"range": (start, start + length), "if_match": e_tag},
            )
            return bytes(answer.bytes())

    def reader(self, path: ObjectPath) -> IO[bytes]:
        """An object to read from; a large one is fetched by and by."""
        entry = self._entries.get(path.key)
        if entry is None or entry.size <= _WHOLE_BYTES:
            with as_os_errors(path):
                answer = obstore.get(self._store, path.key)
                entry = self._remember(path.key, answer.meta)
                if entry.size <= _WHOLE_BYTES:
                    return BytesIO(bytes(answer.bytes()))
        return BufferedReader(self.ranged(path, entry), _BUFFER_BYTES)

    def ranged(self, path: ObjectPath, entry: ObjectEntry) -> RangedFile:
        """An object to read from, a request for each read; one for a small object, and kept."""
        if entry.size <= _SMALL_BYTES:
            return RangedFile(
                entry.size,
                lambda start, length: self._kept(path, entry)[start : start + length],
            )
        return RangedFile(
            entry.size, lambda start, length: self.read_range(path, start, length, entry.e_tag)
        )

    def _kept(self, path: ObjectPath, entry: ObjectEntry) -> bytes:
        key = (path.key, entry.e_tag)
        content = self._small.get(key)
        if content is None:
            content = self.read_range(path, 0, entry.size, entry.e_tag)
            self._small.add(key, content)
        return content

    def create(self, path: Path, content: bytes) -> bool:
        """Put an object unless there is one."""
        place = own(path)
        with as_os_errors(path):
            try:
                obstore.put(self._store, place.key, content, mode="create", use_multipart=False)
            except AlreadyExistsError:
                pass
            else:
                return True
        # A request that was tried again meets what it has made itself.
        return self.read(place) == content

    def swap(self, path: Path, content: bytes, e_tag: str) -> str:
        """Replace the object that has this tag, and no other; its new one. OSError."""
        try:
            return self._swapped(path, content, e_tag)
        except OSError as error:
            if error.errno != errno.ESTALE or not e_tag.startswith('"'):
                raise
        # Older Ceph compares what is sent with a tag that has no quotes.
        return self._swapped(path, content, e_tag.strip('"'))

    def _swapped(self, path: Path, content: bytes, e_tag: str) -> str:
        with as_os_errors(path):
            done = obstore.put(
                self._store, own(path).key, content, mode={"e_tag": e_tag}, use_multipart=False
            )
        return done["e_tag"] or ""

    def replace(self, path: Path, content: bytes) -> None:
        """Put an object."""
        with as_os_errors(path):
            obstore.put(self._store, own(path).key, content, use_multipart=False)
        self._entries.pop(own(path).key, None)

    def upload(self, path: Path, file: Path) -> None:
        """Put the content of a file of this machine."""
        with as_os_errors(path):
            obstore.put(self._store, own(path).key, file)

    def copy(self, path: Path, to: Path) -> None:
        """Put the content of an object under another name, too."""
        with as_os_errors(path):
            obstore.copy(self._store, own(path).key, own(to).key)

    def remove(self, path: ObjectPath) -> None:
        """Remove an object, if there is one."""
        with as_os_errors(path):
            obstore.delete(self._store, path.key)
        self._entries.pop(path.key, None)

    def _remember(self, key: str, meta: "ObjectMeta") -> ObjectEntry:
        entry = ObjectEntry(meta["size"], meta["last_modified"].timestamp(), meta["e_tag"] or "")
        self._entries[key] = entry
        return entry


def own(path: Path) -> ObjectPath:
    """A path that must be one in a bucket."""
    if not isinstance(path, ObjectPath):
        raise TypeError(f"{path} is not in a bucket")
    return path
