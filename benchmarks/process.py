"""A server under measurement: its endpoints, processor time and memory, read from /proc."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

_TICK = os.sysconf("SC_CLK_TCK")
_SAMPLE_SECONDS = 0.2


class Server:
    """A subprocess that prints `ready name=host:port ...` when it can be used."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE)
        assert self._process.stdout is not None  # noqa: S101  # for the type checker
        line = self._process.stdout.readline().decode()
        self.endpoints = dict(re.findall(r"(\w+)=(\S+)", line))
        self.memory: list[int] = []
        self._stopped = threading.Event()
        self._sampler = threading.Thread(target=self._sample)

    def __enter__(self) -> Self:
        self._sampler.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopped.set()
        self._sampler.join()
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)

    @property
    def cpu_seconds(self) -> float:
        """User and system time so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICK

    def _sample(self) -> None:
        status = Path(f"/proc/{self._process.pid}/status")
        while not self._stopped.wait(_SAMPLE_SECONDS):
            match = re.search(r"VmRSS:\s+(\d+)", status.read_text())
            if match:
                self.memory.append(int(match[1]) << 10)


def folder_bytes(path: Path) -> int:
    """The bytes of all Parquet files below `path`."""
    return sum(file.stat().st_size for file in path.rglob("*.parquet"))


def settle() -> None:
    """Let writeback of the previous measurement end before the next."""
    os.sync()
    time.sleep(1)
