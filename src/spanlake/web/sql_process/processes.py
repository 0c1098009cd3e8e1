"""Processes that run one query each: started ahead, held to a time, killed when it is over."""

import asyncio
import io
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spanlake.config.object_store import object_store_variables
from spanlake.errors import OverloadedError
from spanlake.storage.files.object_path import is_object_url
from spanlake.storage.lake import Lake
from spanlake.storage.query import QueryError, view_columns
from spanlake.storage.results.formats import ResultFormat, write_result
from spanlake.storage.sandbox.jail import table_folders
from spanlake.web.lake_pool import LakePool

_PIECE = 1 << 16
_MAX_LINE = 16 << 20
_START_SECONDS = 30.0
_IDLE_SECONDS = 120.0
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "4"}


@dataclass(frozen=True, slots=True)
class SqlLimits:
    """What one query may have.

    memory: bytes. seconds: from its start to the last byte of its answer. at_once: how many
    queries run at the same time. page_rows, download_rows: the most rows of an answer.
    """

    memory: int = 1 << 30
    seconds: float = 30.0
    at_once: int = 2
    page_rows: int = 1_000
    download_rows: int = 1_000_000


@dataclass(frozen=True, slots=True)
class SqlPage:
    """The first rows of an answer as text; None for NULL. is_all: there are no further rows."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str | None, ...], ...]
    is_all: bool


class SqlProcesses:
    """Runs queries on the lake of a directory; for one event loop.

    lakes: answer for the catalog, which the processes themselves have no way to.
    """

    def __init__(self, root: Path, lakes: LakePool, limits: SqlLimits | None = None) -> None:
        self.limits = limits or SqlLimits()
        self._root = root.absolute()
        self._lakes = lakes
        self._told = {
            "root": str(self._root),
            "memory": self.limits.memory,
            "seconds": self.limits.seconds,
        }
        self._credentials = object_store_variables() if is_object_url(str(root)) else {}
        self._folders: list[Path] = []
        self._running = 0
        self._ready: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()

    async def prepare(self) -> None:
        """Have a process ready for the next query; it ends by itself when none comes."""
        async with self._starting:
            if self._ready is not None and self._ready.returncode is None:
                return
            process = await self._start()
            self._ready = process
        asyncio.get_running_loop().call_later(_IDLE_SECONDS, self._let_go, process)

    async def page(self, query: str, hidden: Collection[str] = ()) -> SqlPage:
        """The first rows of the answer. hidden: views of the catalog that may not be asked.

        QueryError, OverloadedError.
        """
        async with self._answering(query, "page", self.limits.page_rows, hidden) as process:
            assert process.stdout is not None  # noqa: S101  # it is a pipe
            body = await process.stdout.read()
            await self._check_end(process)
        found = json.loads(body)
        return SqlPage(
            columns=tuple(found["columns"]),
            types=tuple(found["types"]),
            numeric=tuple(found["numeric"]),
            rows=tuple(map(tuple, found["rows"])),
            is_all=found["is_all"],
        )

    @asynccontextmanager
    async def download(
        self, query: str, output_format: ResultFormat, hidden: Collection[str] = ()
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The whole answer, in pieces. QueryError, also at the end if the answer is not whole.

        hidden: views of the catalog that may not be asked.
        """
        most = self.limits.download_rows
        async with self._answering(query, output_format, most, hidden) as process:
            yield self._pieces(process)

    async def _pieces(self, process: asyncio.subprocess.Process) -> AsyncIterator[bytes]:
        assert process.stdout is not None  # noqa: S101  # it is a pipe
        while piece := await process.stdout.read(_PIECE):
            yield piece
        await self._check_end(process)

    @asynccontextmanager
    async def _answering(
        self, query: str, output_format: str, max_rows: int, hidden: Collection[str]
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        """A process whose answer has begun; it is gone afterwards, whatever happens."""
        if self._running >= self.limits.at_once:
            raise OverloadedError("other queries are running", retry_after=1.0)
        self._running += 1
        process: asyncio.subprocess.Process | None = None
        try:
            async with asyncio.timeout(_START_SECONDS):
                process = await self._take()
                await _read_line(process)  # it is ready
            async with asyncio.timeout(self.limits.seconds):
                await _send(
                    process, {"query": query, "format": output_format, "max_rows": max_rows}
                )
                await self._read_status(process, hidden)
                yield process
        except TimeoutError:
            raise QueryError(
                f"the query took more than {self.limits.seconds:g} s; ask for less, such as a"
                " shorter time"
            ) from None
        finally:
            self._running -= 1
            if process is not None:
                await _end(process)

    async def _take(self) -> asyncio.subprocess.Process:
        async with self._starting:
            process, self._ready = self._ready, None
        if process is not None and process.returncode is None:
            # It can read the folders that were there when it started.
            if table_folders(self._root) == self._folders:
                return process
            await _end(process)
        return await self._start()

    async def _start(self) -> asyncio.subprocess.Process:
        self._folders = table_folders(self._root)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-IB",
            "-m",
            "spanlake.storage.sandbox.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=tempfile.gettempdir(),
            env={**_ENVIRONMENT, **self._credentials},
            start_new_session=True,
            limit=_MAX_LINE,
        )
        await _send(process, self._told)
        return process

    async def _read_status(
        self, process: asyncio.subprocess.Process, hidden: Collection[str]
    ) -> None:
        """Tell what the process asks for. QueryError if there is no answer, with the reason."""
        status = await _read_line(process)
        if "needs" in status:
            needs: list[str] = status["needs"]
            for name in needs:
                if name in hidden:
                    raise QueryError(f"the view {name} is for administrators; ask one of them")
            await _send(process, await self._lakes.ask(lambda lake: _rows(lake, needs)))
            status = await _read_line(process)
        if not status["ok"]:
            raise QueryError(str(status["error"]))

    def _let_go(self, process: asyncio.subprocess.Process) -> None:
        if self._ready is process:
            self._ready = None
            if process.stdin is not None:
                process.stdin.close()  # it then ends by itself

    async def _check_end(self, process: asyncio.subprocess.Process) -> None:
        """QueryError if the process did not end well."""
        if await process.wait() != 0:
            raise QueryError("the query was stopped before its answer was whole; ask for less")


async def _send(process: asyncio.subprocess.Process, message: object) -> None:
    assert process.stdin is not None  # noqa: S101  # it is a pipe
    with suppress(ConnectionError):  # why it has gone, its answer says
        process.stdin.write(json.dumps(message).encode() + b"\n")
        await process.stdin.drain()


async def _read_line(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None  # noqa: S101  # it is a pipe
    line = await process.stdout.readline()
    if not line:
        raise QueryError("the query was stopped: it took more memory or time than one may have")
    message: dict[str, Any] = json.loads(line)
    return message


def _rows(lake: Lake, names: Sequence[str]) -> dict[str, str]:
    """The rows of views as JSON. names: the process says them, so they are checked."""
    known = view_columns(lake)
    found: dict[str, str] = {}
    for name in names:
        if name in known:
            sink = io.BytesIO()
            write_result(lake.sql(f'FROM "{name}"'), "json", sink)
            found[name] = sink.getvalue().decode()
    return found


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
    await process.wait()
    if process.stdin is not None:
        process.stdin.close()
