"""Traces for scorers that want them, many at a time: a query costs as much for one as for many."""

import asyncio
from collections.abc import Callable, Sequence

from spanlake.entities import Trace

_MOST = 200

Load = Callable[[Sequence[str]], dict[str, Trace]]
"""Loads stored traces by their ids, in a thread of its own."""


class TraceLoader:
    """Waits for nothing: what is asked for while a query runs is the next one."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._waiting: dict[str, asyncio.Future[Trace | None]] = {}
        self._task: asyncio.Task[None] | None = None

    async def trace(self, trace_id: str) -> Trace | None:
        """The trace as it is stored now; None if it is not."""
        if trace_id not in self._waiting:
            self._waiting[trace_id] = asyncio.get_running_loop().create_future()
        answer = self._waiting[trace_id]
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return await asyncio.shield(answer)

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = {each: self._waiting.pop(each) for each in list(self._waiting)[:_MOST]}
                try:
                    found = await asyncio.to_thread(self._load, list(batch))
                except Exception as error:  # noqa: BLE001  # whoever waits for it raises it
                    for answer in batch.values():
                        answer.set_exception(error)
                    continue
                for trace_id, answer in batch.items():
                    answer.set_result(found.get(trace_id))
        finally:
            self._task = None
