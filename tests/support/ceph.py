"""Ceph's object gateway over one monitor and one store in memory, all in a temporary directory."""

import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

import boto3
from object_stores import NUMBERS

from spanlake.storage.files.object_path import path_of

PROGRAMS = ("ceph-mon", "ceph-osd", "ceph", "radosgw", "radosgw-admin", "monmaptool")
_START_SECONDS = 120.0
_CONFIGURATION = """
[global]
fsid = {fsid}
mon host = v1:127.0.0.1:{monitor}
auth cluster required = none
auth service required = none
auth client required = none
osd objectstore = memstore
memstore device bytes = 1073741824
osd pool default size = 1
osd pool default min size = 1
osd crush chooseleaf type = 0
mon allow pool size one = true
run dir = {folder}
admin socket = {folder}/$name.asok
log file = {folder}/$name.log
keyring = {folder}/keyring
mon data = {folder}/mon
osd data = {folder}/osd
osd pool default pg num = 1
osd pool default pgp num = 1
rgw rados pool autoscale bias = 1
[client.rgw.a]
rgw frontends = beast endpoint=127.0.0.1:{gateway} tcp_nodelay=1
rgw data = {folder}/rgw
"""


def is_installed() -> bool:
    """Whether all of it is there: `just slow-tools`."""
    return all(map(shutil.which, PROGRAMS))


class CephServer:
    """Runs until the with statement ends, and leaves nothing behind. url: of the gateway."""

    key = "spanlake"

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="spanlake-ceph-", dir="/tmp"))
        self._running: list[subprocess.Popen[bytes]] = []
        gateway = _free_port()
        self.url = f"http://127.0.0.1:{gateway}"
        self._file = self._folder / "ceph.conf"
        self._fsid, self._monitor = str(uuid.uuid4()), _free_port()
        self._file.write_text(
            _CONFIGURATION.format(
                fsid=self._fsid, monitor=self._monitor, gateway=gateway, folder=self._folder
            ),
            encoding="ascii",
        )

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    def new_lake(self) -> Path:
        """A place in a bucket that nothing is in."""
        name = f"lakes-{next(NUMBERS)}"
        client = boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=self.key,
            aws_secret_access_key=self.key,
            region_name="us-east-1",
        )
        client.create_bucket(Bucket=name)
        client.close()
        return path_of(f"s3://{name}/team=a/lake")

    def _start(self) -> None:
        for name in ("mon", "osd", "rgw"):
            (self._folder / name).mkdir()
        (self._folder / "keyring").touch()
        monmap = str(self._folder / "monmap")
        address = f"[v1:127.0.0.1:{self._monitor}]"
        self._run("monmaptool", "--create", "--fsid", self._fsid, "--addv", "a", address, monmap)
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap)
        self._spawn("ceph-mon", "-i", "a", "-f")
        osd = str(uuid.uuid4())
        self._run("ceph", "osd", "new", osd)
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self._spawn("ceph-osd", "-i", "0", "-f")
        self._run("ceph", "osd", "crush", "add", "osd.0", "1.0", "host=localhost", "root=default")
        self._spawn("radosgw", "-n", "client.rgw.a", "-f")
        self._run(
            *("radosgw-admin", "-n", "client.rgw.a", "user", "create", "--uid=t"),
            *("--display-name=t", f"--access-key={self.key}", f"--secret-key={self.key}"),
        )
        deadline = time.monotonic() + _START_SECONDS
        port = int(self.url.rpartition(":")[2])
        while not _answers(port):
            assert time.monotonic() < deadline, self._logs()
            time.sleep(0.2)

    def _run(self, program: str, *arguments: str) -> None:
        command = [program, "-c", str(self._file), *arguments]
        if program == "monmaptool":
            command = [program, *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_START_SECONDS, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stderr}\n{self._logs()}"

    def _spawn(self, program: str, *arguments: str) -> None:
        with (self._folder / f"{program}.out").open("wb") as out:
            self._running.append(
                subprocess.Popen(
                    [program, "-c", str(self._file), *arguments], stdout=out, stderr=out
                )
            )

    def _logs(self) -> str:
        logs = [*self._folder.glob("*.log"), *self._folder.glob("*.out")]
        return "\n".join(f"{log.name}: {log.read_text(errors='replace')[-2000:]}" for log in logs)

    def _end(self) -> None:
        for process in reversed(self._running):
            process.kill()
            process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def _answers(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
