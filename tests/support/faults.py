"""Faults of the operating system, injected into the calls with which commits are made.

`strace` counts the calls that touch a table's folder and its next files, and lets some of them fail
or kill their process.
"""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from spanlake.storage.layout import Layout

TABLE = "spans"
CALLS = ("openat", "write", "fsync", "rename", "close")
"""The system calls of a commit."""

_FILES = 60


def strace(data: Path, log: Path, faults: Sequence[str]) -> list[str]:
    """The command that runs a program with faults, such as `fsync:error=EIO:when=2`.

    log: where to write down the calls that were counted.
    """
    found = shutil.which("strace")
    assert found is not None, "this test needs strace: run `just slow-tools`"
    command = [
        found,
        "-D",
        "-f",
        "-q",
        "-o",
        str(log),
        "-e",
        f"trace={','.join((*CALLS, 'unlink'))}",
    ]
    for fault in faults:
        command += ["-e", f"inject={fault}"]
    for path in _paths(Layout(data)):
        command += ["-P", str(path)]
    return command


def was_injected(log: Path) -> bool:
    """Whether any call failed, or was the last."""
    text = log.read_text(encoding="utf-8")
    return "(INJECTED)" in text or "killed by SIGKILL" in text


def _paths(layout: Layout) -> Iterator[Path]:
    yield layout.hot(TABLE, "0001")
    last = len(layout.hot_files(TABLE))
    for number in range(last + 1, last + _FILES):
        file = layout.hot_file(TABLE, "0001", number)
        yield file
        yield file.with_suffix(".tmp")
