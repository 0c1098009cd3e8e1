"""What a run has done since its last commit, so that a process killed meanwhile loses none of it.

A commit costs some milliseconds and a file; a verdict may have cost a second of a judge's time. So
each result goes to a journal at once, in one write, and to the lake with many others. The next
process that goes on with the run finds what was written and not committed.

<data>/runs/<name>/lock                       held by the process that works on the run
<data>/runs/<name>/000000000003.journal       results since a commit began; gone once it is done
"""

import fcntl
import os
import struct
import zlib
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

from spanlake.errors import UserError
from spanlake.storage.closing import Closing
from spanlake.storage.durable import make_folder
from spanlake.storage.layout import Layout

# Length, checksum and kind of what follows.
_HEAD = struct.Struct("<IIB")


class EntryKind(IntEnum):
    """What an entry of a journal is: a result as JSON, or an export request of spans."""

    RESULT = 1
    SPANS = 2


class JournalEntry(NamedTuple):
    """One entry. payload: its bytes."""

    kind: EntryKind
    payload: bytes


class RunJournal(Closing):
    """The journal of one run, which one process at a time has open. For one thread."""

    def __init__(self, layout: Layout, name: str) -> None:
        """Open the journal. UserError while another process has it open."""
        self._folder = layout.state / "runs" / name
        make_folder(self._folder)
        self._lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise UserError(
                f"the run {name!r} is being worked on by another process: one at a time can; "
                "wait for it, or end it"
            ) from None
        self._left = sorted(self._folder.glob("*.journal"))
        last = int(self._left[-1].stem) if self._left else 0
        self._number = last + 1
        self._file = self._open_segment()

    def close(self) -> None:
        """Let others work on the run. Safe to call twice."""
        if self._lock >= 0:
            os.close(self._file)
            os.close(self._lock)
            self._lock = -1

    def left_over(self) -> Iterator[JournalEntry]:
        """What an earlier process wrote and did not commit; a torn end is left out."""
        for path in self._left:
            yield from _entries(path.read_bytes())

    def forget_left_over(self) -> None:
        """To be called once that is committed."""
        for path in self._left:
            path.unlink(missing_ok=True)
        self._left = []

    def add(self, entry: JournalEntry) -> None:
        """Write an entry: it outlives the process, though not yet a power cut. Raises OSError."""
        checksum = zlib.crc32(entry.payload)
        head = _HEAD.pack(len(entry.payload), checksum, entry.kind)
        rest = memoryview(head + entry.payload)
        while rest:
            rest = rest[os.write(self._file, rest) :]

    def begin_commit(self) -> Path:
        """Write what comes to a new segment; what was written is now in the one returned."""
        done = self._segment
        os.close(self._file)
        self._number += 1
        self._file = self._open_segment()
        return done

    def remove(self) -> None:
        """Leave nothing of the journal behind: everything is committed."""
        for path in self._folder.glob("*.journal"):
            path.unlink(missing_ok=True)

    @property
    def _segment(self) -> Path:
        return self._folder / f"{self._number:012d}.journal"

    def _open_segment(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        return os.open(self._segment, flags, 0o640)


def _entries(content: bytes) -> Iterator[JournalEntry]:
    at = 0
    while at + _HEAD.size <= len(content):
        length, checksum, kind = _HEAD.unpack_from(content, at)
        start = at + _HEAD.size
        payload = content[start : start + length]
        if len(payload) < length or zlib.crc32(payload) != checksum:
            return
        yield JournalEntry(EntryKind(kind), payload)
        at = start + length
