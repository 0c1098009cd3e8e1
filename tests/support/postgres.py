"""A PostgreSQL server of the tests' own: in a temporary directory, reached by a socket file."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

_USER = "spanlake"
_START_SECONDS = 30.0
# Whoever it is, as long as it is not root, which PostgreSQL refuses to run as.
_UNPRIVILEGED = ("postgres", "nobody")


def find_programs() -> Path | None:
    """The folder of initdb and postgres, of the newest version that is installed; None for none."""
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name)
    )
    on_path = shutil.which("initdb")
    if on_path is not None:
        versions.append(Path(on_path).resolve().parent)
    return next((path for path in reversed(versions) if (path / "postgres").exists()), None)


class PostgresServer:
    """Runs until the with statement ends, and leaves nothing behind."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        # Under /tmp: the path of a socket has 107 characters at most.
        self._folder = Path(tempfile.mkdtemp(prefix="spanlake-pg-", dir="/tmp"))
        self._user = _unprivileged_user()
        if self._user is not None:
            shutil.chown(self._folder, self._user)
        self._databases = 0

    def __enter__(self) -> Self:
        data = self._folder / "data"
        initdb = [self._programs / "initdb", "--no-sync", "--auth=trust", "--encoding=UTF8"]
        self._run([*map(str, initdb), "--locale=C", f"--username={_USER}", "-D", str(data)])
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._folder),
            "fsync": "off",
            "max_connections": "50",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("wb") as log:
            self._server = subprocess.Popen(
                [str(self._programs / "postgres"), "-D", str(data), *options],
                stdout=log,
                stderr=log,
                user=self._user,
                env=self._environment,
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._is_ready():
            assert self._server.poll() is None, (self._folder / "log").read_text()
            assert time.monotonic() < deadline, "PostgreSQL does not start"
            time.sleep(0.05)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait()
        shutil.rmtree(self._folder)

    def new_database(self) -> str:
        """Make an empty database; return its URL."""
        import psycopg

        self._databases += 1
        name = f"catalog_{self._databases}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self._url(name)

    def _url(self, database: str) -> str:
        return f"postgresql://{_USER}@/{database}?host={self._folder}"

    def _is_ready(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self._url("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, command: list[str]) -> None:
        subprocess.run(
            command, check=True, capture_output=True, user=self._user, env=self._environment
        )

    @property
    def _environment(self) -> Mapping[str, str]:
        return {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(self._folder)}


def _unprivileged_user() -> str | None:
    """Whom to be instead of root; None for who is not root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in _UNPRIVILEGED if name in known)
