"""Processes that run queries: started ahead, held to a time, killed when it is over."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from spanlake.config.object_store import object_store_variables
from spanlake.errors import OverloadedError
from spanlake.storage.files.object_path import is_object_url
from spanlake.storage.lake import Lake
from spanlake.storage.query import QueryError, view_columns
from spanlake.storage.results.formats import ResultFormat, write_result
from spanlake.storage.sandbox.jail import table_folders
from spanlake.web.lake_pool import LakePool
from spanlake.web.sql_process.process import QueryProcess

_START_SECONDS = 30.0
_IDLE_SECONDS = 600.0


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
        self._idle: dict[QueryProcess, asyncio.TimerHandle] = {}
        self._starting = asyncio.Lock()

    async def prepare(self) -> None:
        """Have a process ready for the next query; it ends by itself when none comes."""
        async with self._starting:
            if not any(process.takes_another for process in self._idle):
                self._keep(await self._start())

    async def page(self, query: str, hidden: Collection[str] = ()) -> SqlPage:
        """The first rows of the answer. hidden: views of the catalog that may not be asked.

        QueryError, OverloadedError.
        """
        async with self._answering(query, "page", self.limits.page_rows, hidden) as process:
            body = b"".join([piece async for piece in process.pieces()])
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
            yield process.pieces()

    @asynccontextmanager
    async def _answering(
        self, query: str, output_format: str, max_rows: int, hidden: Collection[str]
    ) -> AsyncIterator[QueryProcess]:
        """A process whose answer has begun; it is gone afterwards, unless all of it was read."""
        if self._running >= self.limits.at_once:
            raise OverloadedError("other queries are running", retry_after=1.0)
        self._running += 1
        process: QueryProcess | None = None
        try:
            async with asyncio.timeout(_START_SECONDS):
                process = await self._take()
                await process.ready()
            async with asyncio.timeout(self.limits.seconds):
                await process.ask(query, output_format, max_rows=max_rows)
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
                if process.takes_another:
                    self._keep(process)
                else:
                    await process.end()

    async def _take(self) -> QueryProcess:
        # It can read the folders that were there when it started.
        is_able = table_folders(self._root) == self._folders
        while self._idle:
            process, timer = self._idle.popitem()
            timer.cancel()
            if is_able and process.takes_another:
                return process
            await process.end()
        async with self._starting:
            return await self._start()

    async def _start(self) -> QueryProcess:
        self._folders = table_folders(self._root)
        return await QueryProcess.start(self._told, self._credentials)

    async def _read_status(self, process: QueryProcess, hidden: Collection[str]) -> None:
        """Tell what the process asks for. QueryError if there is no answer, with the reason."""
        status = await process.status()
        if "needs" in status:
            needs: list[str] = status["needs"]
            for name in needs:
                if name in hidden:
                    raise QueryError(f"the view {name} is for administrators; ask one of them")
            await process.tell(await self._lakes.ask(lambda lake: _rows(lake, needs)))
            status = await process.status()
        if not status["ok"]:
            raise QueryError(str(status["error"]))

    def _keep(self, process: QueryProcess) -> None:
        loop = asyncio.get_running_loop()
        self._idle[process] = loop.call_later(_IDLE_SECONDS, self._let_go, process)

    def _let_go(self, process: QueryProcess) -> None:
        del self._idle[process]
        process.let_go()


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
