"""A process that answers queries one after another, as the server talks with it."""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any, Self

from spanlake.storage.query import QueryError

_MAX_LINE = 16 << 20
_LENGTH_BYTES = 4
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    "MALLOC_ARENA_MAX": "4",
    "OPENBLAS_NUM_THREADS": "1",
}


class QueryProcess:
    """What `spanlake.storage.sandbox.worker` says and is told, in this order; for one event loop.

    `ready`, and for each query `ask`, `status` until there is no need, and `pieces` if it is well.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._is_ready = False
        self._takes_another = True

    @classmethod
    async def start(cls, told: Mapping[str, object], credentials: Mapping[str, str]) -> Self:
        """A process that makes itself ready. told: its first line. credentials: for a bucket."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-IB",
            "-m",
            "spanlake.storage.sandbox.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=tempfile.gettempdir(),
            env={**_ENVIRONMENT, **credentials},
            start_new_session=True,
            limit=_MAX_LINE,
        )
        started = cls(process)
        await started.tell(told)
        return started

    @property
    def takes_another(self) -> bool:
        """Whether it waits for a query, or soon will."""
        return self._takes_another and self._process.returncode is None

    async def ready(self) -> None:
        """Wait until it can take a query."""
        if not self._is_ready:
            await self._read_line()
            self._is_ready = True

    async def ask(self, query: str, output_format: str, *, max_rows: int) -> None:
        """Send a query."""
        # Until its answer is whole.
        self._takes_another = False
        await self.tell({"query": query, "format": output_format, "max_rows": max_rows})

    async def status(self) -> Mapping[str, Any]:
        """What it says of the query: what it needs, whether there is an answer or why not."""
        status = await self._read_line()
        if status.get("ok") is False:
            await self._read_again()
        return status

    async def tell(self, message: Mapping[str, object]) -> None:
        """Send a line."""
        assert self._process.stdin is not None  # noqa: S101  # it is a pipe
        with suppress(ConnectionError):  # why it has gone, its answer says
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            await self._process.stdin.drain()

    async def pieces(self) -> AsyncIterator[bytes]:
        """The answer. QueryError at its end if it is not whole."""
        assert self._process.stdout is not None  # noqa: S101  # it is a pipe
        output = self._process.stdout
        try:
            while length := int.from_bytes(await output.readexactly(_LENGTH_BYTES), "big"):
                yield await output.readexactly(length)
        except asyncio.IncompleteReadError:
            raise QueryError(
                "the query was stopped before its answer was whole; ask for less"
            ) from None
        await self._read_again()

    async def end(self) -> None:
        """Kill it. Safe to call twice."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
        await self._process.wait()
        self.let_go()

    def let_go(self) -> None:
        """Let it end by itself, as soon as it waits for a query."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    async def _read_again(self) -> None:
        self._takes_another = bool((await self._read_line())["again"])

    async def _read_line(self) -> Mapping[str, Any]:
        assert self._process.stdout is not None  # noqa: S101  # it is a pipe
        line = await self._process.stdout.readline()
        if not line:
            raise QueryError("the query was stopped: it took more memory or time than one may have")
        message: Mapping[str, Any] = json.loads(line)
        return message
