"""The disk after a power cut: every state that the calls so far allow, as POSIX has it.

Only what was synced is there for certain. Of what was not, anything may be: each write in a file,
whole, in sectors, or not at all; each change of names in a folder.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from call_record import (
    Change,
    Folder,
    Name,
    Said,
    Sync,
    SyncFolder,
    Truncate,
    Write,
)

_SECTOR = 512


class Mood(NamedTuple):
    """How a disk treats what was not synced: the shares of it that last, or last in part."""

    lasting: float
    torn: float


MOODS = (Mood(0, 0), Mood(1, 0), Mood(0.5, 0), Mood(0.5, 0.5), Mood(0.9, 0.1), Mood(0.1, 0.5))
"""From a disk that forgets all to one that forgets nothing."""


def acknowledged(changes: Sequence[Change]) -> list[str]:
    """The steps that the program had said were done."""
    return [change.step for change in changes if isinstance(change, Said)]


def after_power_cut(changes: Sequence[Change], mood: Mood, source: Random) -> "Disk":
    """One legal state of the disk when the power went after these changes."""
    synced = {
        _what(change): at
        for at, change in enumerate(changes)
        if isinstance(change, Sync | SyncFolder)
    }
    disk = Disk()
    for at, change in enumerate(changes):
        places = _places(change)
        if all(at < synced.get(each, -1) for each in places):
            disk.apply(change)
        elif source.random() < mood.lasting:
            is_torn = isinstance(change, Write) and source.random() < mood.torn
            disk.apply(_torn(change, source) if is_torn else change)  # type: ignore[arg-type]  # as is_torn says
    return disk


def _what(change: Sync | SyncFolder) -> int | str:
    return change.inode if isinstance(change, Sync) else change.path


def _places(change: Change) -> Collection[int | str]:
    """The inode or the folders that have to be synced for a change to last; none for no change."""
    match change:
        case Write(inode, _, _) | Truncate(inode, _):
            return (inode,)
        case Name(_, folders):
            # One rename is one change: journals write both of its names, or none.
            return folders
        case Folder(path, _):
            return (path.rpartition("/")[0],)
        case _:
            return ()


def _torn(write: Write, source: Random) -> Write:
    """Only so many sectors of a write, or zeros in their place."""
    size = _SECTOR * source.randint(0, len(write.content) // _SECTOR)
    if source.random() < 0.5:
        return write._replace(content=write.content[:size])
    return write._replace(content=write.content[:size] + bytes(len(write.content) - size))


class Disk:
    """Files by inode, names by path."""

    def __init__(self) -> None:
        self._contents: dict[int, bytearray] = {}
        self._names: dict[str, int] = {}
        self._folders: set[str] = set()

    def apply(self, change: Change) -> None:
        """Make one change."""
        match change:
            case Write(inode, at, content):
                file = self._contents.setdefault(inode, bytearray())
                file.extend(bytes(max(0, at + len(content) - len(file))))
                file[at : at + len(content)] = content
            case Truncate(inode, size):
                file = self._contents.setdefault(inode, bytearray())
                del file[size:]
                file.extend(bytes(size - len(file)))
            case Name(changes, _):
                for path, meant in changes:
                    self._names.pop(path, None)
                    if meant is not None:
                        self._names[path] = meant
            case Folder(path, exists):
                (self._folders.add if exists else self._folders.discard)(path)

    def build(self, root: str, place: Path) -> None:
        """Lay the state out in a directory that is not there yet; root: what it stands for."""
        place.mkdir(parents=True)
        for path in sorted(self._folders):
            if self._is_there(path, root):
                (place / path.removeprefix(root).lstrip("/")).mkdir(parents=True, exist_ok=True)
        for path, inode in self._names.items():
            folder = path.rpartition("/")[0]
            if folder == root or (folder in self._folders and self._is_there(folder, root)):
                file = place / path.removeprefix(root).lstrip("/")
                file.write_bytes(self._contents.get(inode, b""))

    def _is_there(self, folder: str, root: str) -> bool:
        """Whether a folder and all those it stands in are there; the root is, by now."""
        while folder not in {root, ""}:
            if folder not in self._folders:
                return False
            folder = folder.rpartition("/")[0]
        return True
