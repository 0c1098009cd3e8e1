"""Group commit: everything that waits goes into one file, and is answered once that is durable."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Barrier
from typing import NamedTuple, Protocol

from spanlake.collector.group_file import GroupFile, group_file
from spanlake.collector.submission import Submission, Tabulate
from spanlake.collector.window import DedupWindow
from spanlake.entities import Receipt, Signal
from spanlake.errors import OverloadedError, RequestError, UnreadableError
from spanlake.storage.catalog.version import SeenVersion
from spanlake.storage.hot import CommitError, HotWriter

# While one group is being written the next is decoded; a third would only wait for a core.
_GROUPS_AT_ONCE = 2


class Observer(Protocol):
    """Told what became of requests; see `metrics`."""

    def committed(self, signal: Signal, *, items: int, size: int, seconds: float) -> None:
        """A file of `items` rows and `size` bytes became durable `seconds` after it was begun."""

    def sampled_out(self, signal: Signal, items: int) -> None:
        """Items were accepted and, being of traces that are not kept, not stored."""

    def failed(self, signal: Signal, reason: str) -> None:
        """A commit failed; its requests were told to come again."""


@dataclass(frozen=True, slots=True)
class CommitSettings:
    """max_bytes: of requests in one file. retry_after: seconds, told when a commit failed."""

    max_bytes: int
    compression_level: int
    retry_after: float


class _Waiting(NamedTuple):
    submission: Submission
    answer: asyncio.Future[Receipt]


class GroupCommit:
    """Stores the requests of one signal, many to a file. Lives in one event loop.

    saw: told the experiments and app versions of what has been stored; must wait for nothing.
    """

    def __init__(  # noqa: PLR0913  # the committer is where its parts meet
        self,
        signal: Signal,
        table: str,
        *,
        tabulate: Tabulate,
        writer: HotWriter,
        window: DedupWindow,
        settings: CommitSettings,
        observer: Observer,
        clock: Callable[[], float],
        saw: Callable[[Collection[str], Collection[SeenVersion]], None] | None = None,
    ) -> None:
        self._signal = signal
        self._table = table
        self._tabulate = tabulate
        self._writer = writer
        self._window = window
        self._settings = settings
        self._observer = observer
        self._clock = clock
        self._saw = saw or (lambda *_: None)
        self._queue: deque[_Waiting] = deque()
        self._in_flight: dict[str, asyncio.Future[Receipt]] = {}
        self._groups: set[asyncio.Task[None]] = set()
        self._publishing = asyncio.Lock()
        self._threads = _started(_GROUPS_AT_ONCE + 1, f"commit-{signal}")

    async def store(self, submission: Submission) -> Receipt:
        """Return once `submission` is durable and visible, or had been before.

        Raises MalformedError, or OverloadedError when it could not be made durable.
        """
        known = self._window.find(submission.digest)
        if known is not None:
            return replace(known, duplicate=True)
        twin = self._in_flight.get(submission.digest)
        if twin is not None:
            return replace(await asyncio.shield(twin), duplicate=True)
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._in_flight[submission.digest] = answer
        answer.add_done_callback(lambda _: self._in_flight.pop(submission.digest))
        self._queue.append(_Waiting(submission, answer))
        self._start_group()
        # A client that goes away does not take its request back: others may wait in its group.
        return await asyncio.shield(answer)

    async def drain(self) -> None:
        """Return when nothing waits any more."""
        while self._groups:
            await asyncio.wait(self._groups)
        self._threads.shutdown()

    def _start_group(self) -> None:
        if self._queue and len(self._groups) < _GROUPS_AT_ONCE:
            group = asyncio.create_task(self._commit(self._take_group()))
            self._groups.add(group)
            group.add_done_callback(self._end_group)

    def _end_group(self, group: asyncio.Task[None]) -> None:
        self._groups.discard(group)
        self._start_group()

    def _take_group(self) -> list[_Waiting]:
        group = [self._queue.popleft()]
        size = len(group[0].submission.payload)
        while self._queue and size + len(self._queue[0].submission.payload) <= (
            self._settings.max_bytes
        ):
            group.append(self._queue.popleft())
            size += len(group[-1].submission.payload)
        return group

    async def _commit(self, group: list[_Waiting]) -> None:
        try:
            file = await self._stored(group)
        except (RequestError, MemoryError) as error:
            await self._commit_apart(group, error)
        except Exception as error:  # noqa: BLE001  # whatever it was, nobody is left waiting
            self._fail(group, error)
        else:
            for waiting, answer in zip(group, file.answers, strict=True):
                if isinstance(answer, RequestError):
                    _refuse(waiting, answer)
                else:
                    waiting.answer.set_result(answer)

    async def _commit_apart(self, group: list[_Waiting], error: RequestError | MemoryError) -> None:
        """Commit a group that cannot be one file as two, until what spoils it is alone."""
        if len(group) == 1:
            self._fail(group, error)
            return
        middle = len(group) // 2
        await self._commit(group[:middle])
        await self._commit(group[middle:])

    async def _stored(self, group: list[_Waiting]) -> GroupFile:
        loop = asyncio.get_running_loop()
        began = self._clock()
        file = await loop.run_in_executor(
            self._threads, self._group_file, [waiting.submission for waiting in group]
        )
        if file.content is not None:
            async with self._publishing:
                await loop.run_in_executor(
                    self._threads, self._writer.commit, self._table, file.content
                )
            self._saw(file.experiments, file.versions)
            self._observer.committed(
                self._signal,
                items=file.items,
                size=file.content.size,
                seconds=self._clock() - began,
            )
        self._window.add(file.stored)
        if file.sampled_out:
            self._observer.sampled_out(self._signal, file.sampled_out)
        return file

    def _group_file(self, submissions: list[Submission]) -> GroupFile:
        return group_file(
            self._signal,
            submissions,
            self._tabulate,
            compression_level=self._settings.compression_level,
        )

    def _fail(self, group: list[_Waiting], error: Exception) -> None:
        """Refuse a whole group: for good for what its request is, else until later."""
        if isinstance(error, UnreadableError) or not isinstance(error, RequestError):
            fault = error.__cause__ or error
            self._observer.failed(self._signal, f"{type(fault).__name__}: {fault}")
        if not isinstance(error, RequestError):
            known = isinstance(error, CommitError | MemoryError | OSError)
            error = OverloadedError(
                f"could not be stored: {error if known else 'internal error'}",
                retry_after=self._settings.retry_after,
            )
        for waiting in group:
            _refuse(waiting, error)


def _started(threads: int, name: str) -> ThreadPoolExecutor:
    """A pool that has all its threads. RuntimeError when there cannot be so many.

    One that cannot be started later leaves what it was to do in the queue: a commit that was
    refused, and is made all the same.
    """
    pool, together = ThreadPoolExecutor(threads, name), Barrier(threads + 1)
    try:
        for _ in range(threads):
            pool.submit(together.wait)
    except RuntimeError:
        together.abort()
        raise
    together.wait()
    return pool


def _refuse(waiting: _Waiting, error: RequestError) -> None:
    waiting.answer.set_exception(error)
    waiting.answer.exception()  # a client that went away does not ask for it
