"""Servers of objects for tests: moto in a process of its own, and one that breaks its word."""

import http.client
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

from http_double import Handler, HttpDouble

from spanlake.storage.files.object_path import path_of

NUMBERS = count(1)
"""Of buckets, on whatever server: within a process a name stands for one bucket."""

_RUNNING = re.compile(r"Running on (?P<url>http://127\.0\.0\.1:\d+)")


class MotoServer:
    """S3 in memory, on a free port; it ends with the with statement. url: where it answers."""

    def __init__(self) -> None:
        # It loads what it does not need otherwise, with warnings that are not ours.
        command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1"]
        self._process = subprocess.Popen(
            [*command, "-p", "0"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        self.url = self._first_url()
        assert self._process.stderr is not None
        # It names every request, and must not wait for somebody who reads that.
        self._reading = threading.Thread(target=self._process.stderr.read, daemon=True)
        self._reading.start()

    def _first_url(self) -> str:
        assert self._process.stderr is not None
        said = []
        for line in self._process.stderr:
            if found := _RUNNING.search(line):
                return found["url"]
            said.append(line)
        raise AssertionError(f"moto does not start: {''.join(said)}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._reading.join()
        assert self._process.stderr is not None
        self._process.stderr.close()

    def new_lake(self) -> Path:
        """A place in a bucket that nothing is in."""
        name = f"lakes-{next(NUMBERS)}"
        host = self.url.removeprefix("http://")
        with closing(http.client.HTTPConnection(host, timeout=30)) as connection:
            connection.request("PUT", f"/{name}")
            assert connection.getresponse().status == 200
        return path_of(f"s3://{name}/team=a/lake")


def variables(url: str, state: Path, *, key: str = "any") -> Mapping[str, str]:
    """The environment in which a server is reached. state: where what is of this machine goes.

    key: the access key, and its secret.
    """
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": key,
        "AWS_REGION": "us-east-1",
        "XDG_STATE_HOME": str(state),
    }


class _Careless(Handler):
    """Objects in memory; whatever a request is conditional on, it is done."""

    protocol_version = "HTTP/1.1"
    objects: dict[str, bytes]

    def reply(self) -> None:
        """Do what is asked."""
        found: bytes | None = b""
        if self.command == "GET":
            found = self.objects.get(self.path)
        elif self.command == "PUT":
            self.objects[self.path] = self.body()
        else:
            self.body()
            found = b"<DeleteResult></DeleteResult>"
        headers = {"ETag": '"1"', "Last-Modified": self.date_time_string()}
        self.answer(404 if found is None else 200, found or b"", headers)


@contextmanager
def careless_server() -> Iterator[str]:
    """The URL of a server that ignores If-None-Match and If-Match."""
    with HttpDouble(_Careless, objects={}) as double:
        yield double.url


@contextmanager
def environment(told: Mapping[str, str]) -> Iterator[None]:
    """Have these variables for a while."""
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
