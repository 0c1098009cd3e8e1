"""A product that runs: started in an empty folder, measured with all its processes."""

import http.client
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from products import Product, environment_of

_START_SECONDS, _STOP_SECONDS = 600, 60


class Running:
    """One server and its children. started_seconds: until its health was 200."""

    def __init__(self, product: Product, venv: Path, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.product, self.folder = product, folder
        self.port, self.grpc_port = _free_port(), _free_port()
        replaced = {"port": str(self.port), "grpc": str(self.grpc_port), "folder": str(folder)}
        command = [each.format(**replaced) for each in product.command]
        command[0] = str(venv / command[0])
        self._log = (folder / "server.log").open("ab")
        began = time.monotonic()
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment_of(product, replaced),
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        self._wait()
        self.started_seconds = time.monotonic() - began

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Of its HTTP port."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """End it in order, or else by force."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        self._log.close()

    def kill(self) -> None:
        """End it and its children as a crash would."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def memory(self) -> int:
        """Bytes of all its processes; what they share is counted once (PSS)."""
        return sum(_pss(pid) for pid in _session(self.process.pid))

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._is_healthy():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                log = (self.folder / "server.log").read_text("utf-8", "replace")
                raise RuntimeError(f"{self.product.name} does not start:\n{log[-2000:]}")
            time.sleep(0.05)

    def _is_healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", self.product.health)
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _session(leader: int) -> list[int]:
    """The processes of a session."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == leader:
                found.append(int(folder.name))
    return found


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))
