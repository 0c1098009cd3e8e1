"""A Spanlake server in a process of its own, for tests that reach it over real sockets."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from prometheus_client.parser import text_string_to_metric_families

from spanlake.testing.otlp_conformance.endpoint import Endpoint

_OURS = "SPANLAKE_"


class RunningServer:
    """`spanlake serve` on free ports of 127.0.0.1; once made, it takes requests.

    data: the lake. config: the text of an otel-config.yaml. arguments: further flags. under: the
    command of a program that runs the server in its place. home: its working directory, beside the
    lake if that is a directory.
    grpc, http: HOST:PORT of each protocol, as the server's ready line has them.
    """

    def __init__(
        self,
        data: Path,
        *,
        config: str | None = None,
        arguments: Sequence[str] = (),
        under: Sequence[str] = (),
        home: Path | None = None,
    ) -> None:
        self.data = data
        self._home = home or data.with_name(f"{data.name}-server")
        self._home.mkdir(exist_ok=True)
        self._log = self._home / "stderr.log"
        command = [*under, sys.executable, "-m", "spanlake", "serve", "--grpc-port", "0"]
        command += ["--http-port", "0", "--data", str(data), *arguments]
        if config is not None:
            file = self._home / "otel-config.yaml"
            file.write_text(config, encoding="utf-8")
            command += ["--config", str(file)]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=self._home,
                env={k: v for k, v in os.environ.items() if not k.startswith(_OURS)},
            )
        line = self._first_line()
        where = dict(part.split("=", 1) for part in line.split()[1:])
        if not line.startswith("ready ") or where.keys() != {"grpc", "http", "data"}:
            self.kill()
            raise AssertionError(f"no ready line but {line!r}; its log:\n{self.log()}")
        self.grpc, self.http = where["grpc"], where["http"]

    def _first_line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.process.poll() is not None:
            self._close()
            return
        if error is None:
            self.stop()
        else:
            self.kill()

    def stop(self, *, timeout: float = 120) -> None:
        """Ask it to end; it has to end well, and without having logged a fault of its own."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout)
        self._close()
        assert status == 0, f"ended with {status}; its log:\n{self.log()}"
        assert "Traceback" not in self.log(), self.log()

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()
        self._close()

    def _close(self) -> None:
        assert self.process.stdout is not None
        self.process.stdout.close()

    def log(self) -> str:
        """What it has written to stderr."""
        return self._log.read_text(encoding="utf-8")

    @property
    def endpoint(self) -> Endpoint:
        """The server as the conformance suite sees it."""
        return Endpoint(grpc=self.grpc, http=f"http://{self.http}")

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of HTTP."""
        host, _, port = self.http.rpartition(":")
        return host, int(port)

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of a GET."""
        with self.connection() as connection:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()

    @contextmanager
    def connection(self) -> Iterator[http.client.HTTPConnection]:
        """An HTTP connection, closed at the end."""
        connection = http.client.HTTPConnection(*self.address, timeout=30)
        try:
            yield connection
        finally:
            connection.close()

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples that have these labels; 0 for none."""
        _, text = self.get("/metrics")
        return sum(
            sample.value
            for family in text_string_to_metric_families(text.decode())
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def cpu_seconds(self) -> float:
        """The processor time it has used so far."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii")
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def forget_peak_memory(self) -> None:
        """Let its peak be what it has in memory now."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5", encoding="ascii")

    def peak_memory(self) -> int:
        """The most bytes it has had in memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024


def wait_until(condition: Callable[[], bool], *, seconds: float = 10) -> None:
    """Return once a condition holds; AssertionError when it still does not after this time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"still not so after {seconds} s"
        time.sleep(0.02)


@contextmanager
def missing(path: Path) -> Iterator[None]:
    """Take a directory away, and give it back."""
    away = path.with_name(f"{path.name}-away")
    path.rename(away)
    try:
        yield
    finally:
        away.rename(path)
