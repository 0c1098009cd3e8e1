"""Faults of the operating system, injected into the calls with which commits are made.

`strace` counts the calls that touch a table's folder and its next files, and lets some of them fail
or kill their process.
"""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from spanlake.storage.layout import Layout

TABLE = "spans"
CALLS = ("openat", "write", "fsync", "rename", "close")
"""The system calls of a commit."""

_FILES = 60


def strace(data: Path, log: Path, faults: Sequence[str]) -> list[str]:
    """The command that runs a program with faults, such as `fsync:error=EIO:when=2`.

    log: where to write down the calls that were counted.
    """
    command = [
        _strace(),
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


@contextmanager
def failing(pid: int, log: Path, fault: str) -> Iterator[None]:
    """Let calls of a running process fail, such as `fsync:error=EIO:when=1+3`: every third one.

    Each of its threads counts for itself, and whatever file a call is about.
    """
    call = fault.partition(":")[0]
    command = [_strace(), "-f", "-o", str(log), "-e", f"trace={call}", "-e", f"inject={fault}"]
    with subprocess.Popen([*command, "-p", str(pid)], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        if "attached" not in said:
            pytest.skip(f"strace may not attach here: {said.strip()}")
        try:
            yield
        finally:
            process.terminate()
            process.communicate(timeout=60)


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


def _strace() -> str:
    found = shutil.which("strace")
    if found is None:
        pytest.skip("strace is not installed: run `just slow-tools`")
    return found
