"""Questions to the lake from an event loop: a few threads, each with a lake of its own."""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from spanlake.errors import OverloadedError, SpanlakeError
from spanlake.storage.catalog.location import Location
from spanlake.storage.lake import Lake

_T = TypeVar("_T")
_AGAIN_SECONDS = 0.05
# A question takes half the cores at most: who sends comes first.
_THREADS = max(1, (os.cpu_count() or 2) // 2)


class SlowQuestionError(SpanlakeError):
    """A question that had no answer in time, and was given up."""


class LakePool:
    """Answers questions one after another in each of its threads; for one event loop.

    size: threads, and lakes, at most. waiting: questions that may wait for one. seconds: how long
    a question may take, the wait included.
    """

    def __init__(
        self,
        root: Path,
        catalog: Location,
        *,
        size: int = 3,
        waiting: int = 64,
        seconds: float = 30.0,
    ) -> None:
        self._root = root
        self._catalog = catalog
        self._most = size + waiting
        self._seconds = seconds
        self._asked = 0
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="lake")
        self._lakes = threading.Lock()
        self._idle: list[Lake] = []
        self._busy: set[Lake] = set()
        self._is_closed = False

    async def ask(self, question: Callable[[Lake], _T], *, seconds: float | None = None) -> _T:
        """What the question returns or raises, run beside the event loop.

        seconds: how long it may take, if not as long as any other. Raises OverloadedError when too
        many wait already, and SlowQuestionError.
        """
        if self._asked >= self._most:
            raise OverloadedError("too many questions wait for the lake", retry_after=1.0)
        self._asked += 1
        try:
            return await self._answer(question, seconds or self._seconds)
        finally:
            self._asked -= 1

    def close(self) -> None:
        """Stop every question, and give the lakes free. Safe to call twice."""
        self._is_closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lakes:
            for lake in self._busy:
                lake.interrupt()
            for lake in self._idle:
                lake.close()
            self._idle.clear()

    async def _answer(self, question: Callable[[Lake], _T], seconds: float) -> _T:
        running = _Running()
        future = self._threads.submit(self._run, question, running)
        waited = asyncio.wrap_future(future)
        done, _ = await asyncio.wait([waited], timeout=seconds)
        if not done:
            await _end(future, waited, running)
            raise SlowQuestionError(
                f"the answer took more than {seconds:g} s; ask for less, such as a shorter time"
            )
        try:
            return waited.result()
        except Exception:
            if self._is_closed:
                raise OverloadedError("the server is stopping") from None
            raise

    def _run(self, question: Callable[[Lake], _T], running: "_Running") -> _T:
        lake = self._take()
        running.lake = lake
        try:
            return question(lake)
        finally:
            running.lake = None
            self._give_back(lake)

    def _take(self) -> Lake:
        with self._lakes:
            lake = self._idle.pop() if self._idle else None
        if lake is None:
            lake = Lake(self._root, self._catalog, threads=_THREADS)
        else:
            lake.trim()
        with self._lakes:
            self._busy.add(lake)
        return lake

    def _give_back(self, lake: Lake) -> None:
        with self._lakes:
            self._busy.discard(lake)
            if not self._is_closed:
                self._idle.append(lake)
                return
        lake.close()


class _Running:
    """The lake that works on a question, while one does."""

    lake: Lake | None = None


async def _end(future: "Future[_T]", waited: "asyncio.Future[_T]", running: _Running) -> None:
    """Interrupt a question; again, because one between two of its queries does not notice."""
    while not future.cancel():
        lake = running.lake
        if lake is not None:
            lake.interrupt()
        done, _ = await asyncio.wait([waited], timeout=_AGAIN_SECONDS)
        if done:
            waited.exception()  # which nobody else asks for
            return
